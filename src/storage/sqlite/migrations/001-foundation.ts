/**
 * Schema version 1. Never edited once released: a change is a new file.
 *
 * Names that repeat in every row (tenant and environment, source, queue) are integers here. Times are Unix
 * milliseconds. `stored_at` never decreases in commit order, whatever the clock did.
 *
 * @module
 */

/** States of a job as stored. The partial indexes name the numbers. */
export const sql = `
create table meta (name text primary key, value integer not null) strict, without rowid;

create table scope (
  id integer primary key,
  tenant text not null,
  environment text not null,
  paused integer not null default 0,
  unique (tenant, environment)
) strict;

create table source (
  seq integer primary key,
  scope integer not null,
  id text not null,
  provider text not null,
  path text not null,
  scheme text,
  unsigned_reason text,
  refusal_status integer,
  body_limit_bytes integer,
  tolerance_seconds integer,
  public_url text,
  pairing_until integer,
  created_at integer not null,
  created_by text not null,
  deleted_at integer,
  unique (scope, id)
) strict;
create unique index source_path on source (path) where deleted_at is null;

create table source_secret (
  source integer not null,
  ordinal integer not null,
  id text not null,
  sealed blob,
  reference text,
  created_at integer not null,
  created_by text not null,
  expires_at integer,
  primary key (source, ordinal)
) strict, without rowid;

-- Sources that events came from; those declared by the environment are in no other table.
create table origin (
  id integer primary key,
  scope integer not null,
  name text not null,
  unique (scope, name)
) strict;

create table event (
  seq integer primary key,
  id text not null,
  scope integer not null,
  origin integer not null,
  provider text not null,
  type text not null,
  key text not null,
  dedupe_key blob not null,
  body_key blob,
  occurred_at integer,
  received_at integer not null,
  stored_at integer not null,
  account text,
  subject text,
  segment integer not null,
  body_start integer not null,
  headers_bytes integer not null,
  body_bytes integer not null,
  body_sha256 blob not null,
  sealed integer not null,
  secret text,
  leaf integer not null,
  duplicates integer not null default 0,
  jobs integer not null
) strict;
create unique index event_id on event (scope, id);
create index event_scope on event (scope);
create index event_unhandled on event (scope) where jobs = 0;

-- Two spaces a source: 2n for delivery keys, 2n + 1 for body keys. The keys of events after the one that keys_moved
-- (meta) names are not here yet; their events have them.
create table dedupe (
  space integer not null,
  key blob not null,
  event integer not null,
  primary key (space, key)
) strict, without rowid;

-- Headers, body and its hash of neighbouring events, one after the other.
create table segment (
  id integer primary key,
  first_event integer not null,
  last_event integer not null,
  stored_at integer not null,
  crc integer not null,
  bytes blob not null
) strict;

create table queue (
  id integer primary key,
  scope integer not null,
  name text not null,
  paused integer not null default 0,
  ready integer not null default 0,
  blocked integer not null default 0,
  running integer not null default 0,
  parked integer not null default 0,
  completed integer not null default 0,
  dead integer not null default 0,
  unique (scope, name)
) strict;

-- seq is 1024 times the event's, plus the place among its jobs. States: 0 ready, 1 blocked, 2 running, 3 parked,
-- 4 completed, 5 dead.
create table job (
  seq integer primary key,
  id text not null,
  queue integer not null,
  state integer not null,
  attempts integer not null default 0,
  max_attempts integer not null,
  generation integer not null default 0,
  fence integer not null default 0,
  due_at integer not null,
  updated_at integer not null,
  lease integer,
  order_key text,
  order_limit integer not null default 1,
  hold integer not null default 0,
  parked_on text,
  error text
) strict;
create unique index job_id on job (id);
create index job_ready on job (queue, due_at) where state = 0;
create index job_blocked on job (queue, order_key) where state = 1;
create index job_parked on job (parked_on) where state = 3;
create index job_dead on job (queue) where state = 5;

create table attempt (
  job integer not null,
  fence integer not null,
  attempt integer not null,
  ended_at integer not null,
  error text not null,
  primary key (job, fence)
) strict, without rowid;
create index attempt_ended on attempt (ended_at);

-- Order keys that have open jobs. heads hold a slot: ready, running, parked, or dead and held.
create table ordering (
  queue integer not null,
  key text not null,
  slots integer not null,
  heads integer not null,
  blocked integer not null,
  primary key (queue, key)
) strict, without rowid;

-- One row per claim: the jobs it took, as JSON.
create table lease (
  id integer primary key,
  until integer not null,
  owner text not null,
  jobs text not null
) strict;

create table call (
  seq integer primary key,
  scope integer not null,
  id text not null,
  key text not null,
  current integer not null,
  operation text not null,
  input_hash blob not null,
  state text not null,
  fence integer not null,
  attempts integer not null,
  sending_at integer,
  lease_until integer,
  key_ttl integer not null,
  started_at integer not null,
  ended_at integer,
  forget_at integer,
  duration_ms integer,
  result text,
  unique (scope, id)
) strict;
create unique index call_key on call (scope, key) where current = 1;
create index call_scope on call (scope);
create index call_open on call (scope, state) where state in ('running', 'unknown');
create index call_forget on call (forget_at) where forget_at is not null;

create table entity (
  scope integer not null,
  entity text not null,
  state text not null,
  data text not null,
  version integer not null,
  updated_at integer not null,
  occurred_at integer,
  primary key (scope, entity)
) strict, without rowid;

-- Transitions that were applied: the row as it was after them, as JSON.
create table transition (
  scope integer not null,
  key text not null,
  outcome text not null,
  forget_at integer not null,
  primary key (scope, key)
) strict, without rowid;
create index transition_forget on transition (forget_at);

create table secret (
  seq integer primary key,
  scope integer not null,
  kind text not null,
  name text not null,
  id text not null,
  version integer not null,
  sealed blob not null,
  facts text not null,
  created_at integer not null,
  updated_at integer not null,
  unique (scope, kind, name)
) strict;

create table connection (
  seq integer primary key,
  scope integer not null,
  id text not null,
  provider text not null,
  user text,
  state text not null,
  facts text not null,
  version integer not null,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  unique (scope, id)
) strict;
create index connection_provider on connection (scope, provider);

create table audit (
  seq integer primary key,
  scope integer not null,
  id text not null,
  at integer not null,
  stored_at integer not null,
  action text not null,
  status text not null,
  actor text not null,
  provider text,
  target text,
  call text,
  event text,
  leaf integer not null,
  record text not null,
  personal blob,
  unique (scope, id)
) strict;
create index audit_scope on audit (scope);
create index audit_action on audit (scope, action);
create index audit_actor on audit (scope, actor);
create index audit_status on audit (scope, status) where status not in ('started', 'succeeded');
create index audit_provider on audit (scope, provider) where provider is not null;
create index audit_target on audit (scope, target) where target is not null;
create index audit_call on audit (scope, call) where call is not null;
create index audit_event on audit (scope, event) where event is not null;

-- The tree of each environment: leaf n is index n - 1. ref is the audit entry, or minus the event of a receipt.
create table leaf_sandbox (
  n integer primary key,
  hash blob not null,
  scope integer not null,
  ref integer not null
) strict;
create table leaf_live (
  n integer primary key,
  hash blob not null,
  scope integer not null,
  ref integer not null
) strict;

create table tree (environment text primary key, sequenced integer not null) strict, without rowid;

create table tile (
  environment text not null,
  level integer not null,
  idx integer not null,
  hashes blob not null,
  primary key (environment, level, idx)
) strict, without rowid;

create table checkpoint (
  environment text not null,
  size integer not null,
  root blob not null,
  at integer not null,
  note text not null,
  primary key (environment, size)
) strict, without rowid;
`;
