/** Schema version 3. Never edited once released: a change is a new file. @module */

export const sql = `
-- Processes that serve, heard of last at seen_at, and taken to live until "until".
create table fairlead.node (
  number integer generated always as identity primary key,
  id text not null unique,
  role text not null,
  version text not null,
  schema_version integer not null,
  listens boolean not null,
  started_at bigint not null,
  seen_at bigint not null,
  until bigint not null
) with (fillfactor = 50);
-- When any node was heard of last, and since when there was no gap. One row.
create table fairlead.pulse (one boolean primary key, last bigint not null, since bigint not null) with (fillfactor = 50);
-- The number of the node that holds a claimed job. A program of version 2 leaves what is there, see nodes.ts.
alter table fairlead.job add column node integer;
-- Rate limits that nodes draw from: when all that was taken would have conformed, Unix milliseconds.
create table fairlead.rate (key bytea primary key, theoretical double precision not null) with (fillfactor = 50);
-- What is handed out once and comes back once: the hash of it, and a sealed body.
create table fairlead.ticket (
  kind text not null,
  hash bytea not null,
  scope integer not null,
  body bytea not null,
  created_at bigint not null,
  expires_at bigint not null,
  primary key (kind, hash)
);
create index ticket_expiry on fairlead.ticket (expires_at);

-- The renewal of a connection's credential: who may do it until when (0: nobody), when it is due, the last problem.
create table fairlead.renewal (
  scope integer not null,
  connection text not null,
  fence integer not null,
  until bigint not null,
  interrupted boolean not null,
  failures integer not null,
  due_at bigint,
  problem text,
  primary key (scope, connection)
);
create index renewal_due on fairlead.renewal (due_at) where due_at is not null;

-- Keys of our own, as hashes. facts: JSON of what may be shown.
create table fairlead.api_key (
  seq bigint generated always as identity primary key,
  scope integer not null,
  id text not null,
  hash bytea not null unique,
  facts text not null,
  created_by text not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  used_at bigint,
  unique (scope, id)
);

-- Calls that a person has to agree to. current: the newest under its key. request: JSON of exactly what is sent.
create table fairlead.approval (
  seq bigint generated always as identity primary key,
  scope integer not null,
  id text not null unique,
  call text not null,
  key text not null,
  current boolean not null,
  operation text not null,
  input_hash bytea not null,
  state text not null,
  request text not null,
  requested_by text not null,
  requested_at bigint not null,
  expires_at bigint not null,
  decision text,
  decided_at bigint,
  outcome text,
  lease_until bigint
);
create unique index approval_key on fairlead.approval (scope, key) where current;
create index approval_call on fairlead.approval (scope, call);
create index approval_open on fairlead.approval (state) where state in ('pending', 'approved');

-- People who sign in. email: lower case; of those who hold it verified, there is one.
create table fairlead.person (
  seq bigint generated always as identity primary key,
  scope integer not null,
  id text not null,
  email text,
  verified boolean not null,
  role text,
  facts text not null,
  created_at bigint not null,
  unique (scope, id)
);
create unique index person_verified on fairlead.person (scope, email) where verified;
create index person_email on fairlead.person (scope, email) where email is not null;

-- Who a person is at a provider.
create table fairlead.identity (
  scope integer not null,
  iss text not null,
  sub text not null,
  person text not null,
  provider text not null,
  email text,
  created_at bigint not null,
  primary key (scope, iss, sub)
);
create index identity_person on fairlead.identity (scope, person);

create table fairlead.session (
  scope integer not null,
  id text not null,
  person text not null,
  kind text not null,
  created_at bigint not null,
  expires_at bigint not null,
  idle_ms bigint not null,
  idle_at bigint not null,
  ended_at bigint,
  primary key (scope, id)
);
create index session_person on fairlead.session (scope, person);
create index session_expiry on fairlead.session (expires_at);

-- Tokens of sessions, as hashes; those that were used up stay, so that a copy shows.
create table fairlead.session_token (
  hash bytea primary key,
  scope integer not null,
  session text not null,
  spent boolean not null
);
create index session_token_session on fairlead.session_token (scope, session);

create table fairlead.tenant (
  name text primary key,
  created_by text not null,
  created_at bigint not null,
  deleted_at bigint
);

-- Amounts that were let through, by counter; key: of the call.
create table fairlead.spend (
  scope integer not null,
  counter text not null,
  key text not null,
  at bigint not null,
  minor bigint not null,
  primary key (scope, counter, key)
);
create index spend_at on fairlead.spend (scope, counter, at);
`;
