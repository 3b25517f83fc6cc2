/** Schema version 4. Never edited once released: a change is a new file. @module */

export const sql = `
-- Programs that an operator made known, so that people can give them access. redirect_uris: a list in JSON.
create table client (
  seq integer primary key,
  scope integer not null,
  id text not null,
  name text not null,
  redirect_uris text not null,
  created_by text not null,
  created_at integer not null,
  deleted_at integer,
  unique (scope, id)
) strict;

-- What a person lets a program do for them. environment: where, whatever environment the row is in.
create table access_grant (
  seq integer primary key,
  scope integer not null,
  id text not null,
  person text not null,
  client text not null,
  client_name text not null,
  redirect_uri text not null,
  resource text not null,
  scopes text not null,
  environment text not null,
  created_at integer not null,
  revoked_at integer,
  unique (scope, id)
) strict;
create unique index access_grant_open on access_grant
  (scope, person, client, redirect_uri, resource, scopes, environment) where revoked_at is null;

-- Of a session that a grant began: which one, and what its code is bound to (JSON).
alter table session add column access_grant text;
alter table session add column bound text;
create index session_grant on session (scope, access_grant) where access_grant is not null;
`;
