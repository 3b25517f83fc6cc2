/** Schema version 3. Never edited once released: a change is a new file. @module */

export const sql = `
-- The epoch of the owner that sent last; null in rows of earlier versions.
alter table call add column sender integer;
-- The process that serves. At most one row: it owns the file.
create table node (
  id text primary key,
  role text not null,
  version text not null,
  started_at integer not null
) strict, without rowid;
-- What is handed out once and comes back once: the hash of it, and a sealed body.
create table ticket (
  kind text not null,
  hash blob not null,
  scope integer not null,
  body blob not null,
  created_at integer not null,
  expires_at integer not null,
  primary key (kind, hash)
) strict, without rowid;
create index ticket_expiry on ticket (expires_at);

-- The renewal of a connection's credential: who may do it until when (0: nobody), when it is due, the last problem.
create table renewal (
  scope integer not null,
  connection text not null,
  fence integer not null,
  until integer not null,
  failures integer not null,
  due_at integer,
  problem text,
  primary key (scope, connection)
) strict, without rowid;
create index renewal_due on renewal (due_at) where due_at is not null;

-- Keys of our own, as hashes. facts: JSON of what may be shown.
create table api_key (
  seq integer primary key,
  scope integer not null,
  id text not null,
  hash blob not null unique,
  facts text not null,
  created_by text not null,
  created_at integer not null,
  expires_at integer,
  revoked_at integer,
  used_at integer,
  unique (scope, id)
) strict;

-- Calls that a person has to agree to. current: the newest under its key. request: JSON of exactly what is sent.
create table approval (
  seq integer primary key,
  scope integer not null,
  id text not null unique,
  call text not null,
  key text not null,
  current integer not null,
  operation text not null,
  input_hash blob not null,
  state text not null,
  request text not null,
  requested_by text not null,
  requested_at integer not null,
  expires_at integer not null,
  decision text,
  decided_at integer,
  outcome text,
  lease_until integer
) strict;
create unique index approval_key on approval (scope, key) where current = 1;
create index approval_call on approval (scope, call);
create index approval_open on approval (state) where state in ('pending', 'approved');

-- People who sign in. email: lower case; of those who hold it verified, there is one.
create table person (
  seq integer primary key,
  scope integer not null,
  id text not null,
  email text,
  verified integer not null,
  role text,
  facts text not null,
  created_at integer not null,
  unique (scope, id)
) strict;
create unique index person_verified on person (scope, email) where verified = 1;
create index person_email on person (scope, email) where email is not null;

-- Who a person is at a provider.
create table identity (
  scope integer not null,
  iss text not null,
  sub text not null,
  person text not null,
  provider text not null,
  email text,
  created_at integer not null,
  primary key (scope, iss, sub)
) strict, without rowid;
create index identity_person on identity (scope, person);

create table session (
  scope integer not null,
  id text not null,
  person text not null,
  kind text not null,
  created_at integer not null,
  expires_at integer not null,
  idle_ms integer not null,
  idle_at integer not null,
  ended_at integer,
  primary key (scope, id)
) strict, without rowid;
create index session_person on session (scope, person);
create index session_expiry on session (expires_at);

-- Tokens of sessions, as hashes; those that were used up stay, so that a copy shows.
create table session_token (
  hash blob primary key,
  scope integer not null,
  session text not null,
  spent integer not null
) strict, without rowid;
create index session_token_session on session_token (scope, session);

create table tenant (
  name text primary key,
  created_by text not null,
  created_at integer not null,
  deleted_at integer
) strict, without rowid;

-- Amounts that were let through, by counter; key: of the call.
create table spend (
  scope integer not null,
  counter text not null,
  key text not null,
  at integer not null,
  minor integer not null,
  primary key (scope, counter, key)
) strict, without rowid;
create index spend_at on spend (scope, counter, at);
`;
