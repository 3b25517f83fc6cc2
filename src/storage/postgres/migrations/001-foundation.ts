/**
 * Schema version 1. Never edited once released: a change is a new file.
 *
 * The number of a row (`seq`) is its transaction's number times 4096 plus its place among what that transaction wrote:
 * numbers follow the order in which transactions began to write, and no two transactions share a counter. Times are
 * Unix milliseconds, days are Unix days. Every table lies in the schema `fairlead`, and is always named with it: a
 * session behind a pooler has no search path of its own.
 *
 * @module
 */
export const sql = `
create table fairlead.meta (name text primary key, value bigint not null);
-- What is added to the transaction numbers of this server: a restored dump meets a server that counts from elsewhere.
insert into fairlead.meta (name, value) values ('tx_base', 0);

create table fairlead.scope (
  id integer generated always as identity primary key,
  tenant text not null,
  environment text not null,
  paused boolean not null default false,
  unique (tenant, environment)
);

create table fairlead.source (
  seq bigint generated always as identity primary key,
  scope integer not null,
  id text not null,
  provider text not null,
  path text not null,
  scheme text,
  unsigned_reason text,
  refusal_status integer,
  body_limit_bytes bigint,
  tolerance_seconds bigint,
  public_url text,
  pairing_until bigint,
  created_at bigint not null,
  created_by text not null,
  deleted_at bigint,
  unique (scope, id)
);
create unique index source_path on fairlead.source (path) where deleted_at is null;

create table fairlead.source_secret (
  source bigint not null,
  ordinal integer not null,
  id text not null,
  sealed bytea,
  reference text,
  created_at bigint not null,
  created_by text not null,
  expires_at bigint,
  primary key (source, ordinal)
);

-- Sources that events came from; those declared by the environment are in no other table.
create table fairlead.origin (
  id integer generated always as identity primary key,
  scope integer not null,
  name text not null,
  unique (scope, name)
);

create table fairlead.event (
  scope integer not null,
  seq bigint not null,
  id text not null,
  origin integer not null,
  provider text not null,
  type text not null,
  key text not null,
  dedupe_key bytea not null,
  body_key bytea,
  occurred_at bigint,
  received_at bigint not null,
  stored_at bigint not null,
  account text,
  subject text,
  body_start integer not null,
  headers_bytes integer not null,
  body_bytes integer not null,
  body_sha256 bytea not null,
  sealed boolean not null,
  secret text,
  leaf smallint not null,
  duplicates integer not null default 0,
  jobs smallint not null,
  primary key (scope, seq)
);
create unique index event_id on fairlead.event (scope, id);
create index event_unhandled on fairlead.event (scope, seq) where jobs = 0;

-- How many events there are: the sum over all slots.
create table fairlead.event_count (slot smallint primary key, events bigint not null) with (fillfactor = 50);

-- Two spaces a source: 2n for delivery keys, 2n + 1 for body keys.
create table fairlead.dedupe (
  space integer not null,
  key bytea not null,
  event bigint not null,
  primary key (key, space)
) partition by hash (key);

-- Headers and bodies of all events of one transaction, one after the other.
create table fairlead.segment (
  day integer not null,
  tx bigint not null,
  events integer not null,
  bytes bytea not null,
  primary key (tx, day)
) partition by range (day);
alter table fairlead.segment alter column bytes set storage external;
create table fairlead.segment_rest partition of fairlead.segment default;

create table fairlead.queue (
  id integer generated always as identity primary key,
  scope integer not null,
  name text not null,
  paused boolean not null default false,
  unique (scope, name)
);

-- The depth of a queue is the sum over all slots; one row for all writers would make them wait for each other.
create table fairlead.queue_count (
  queue integer not null,
  slot smallint not null,
  ready bigint not null default 0,
  blocked bigint not null default 0,
  running bigint not null default 0,
  parked bigint not null default 0,
  completed bigint not null default 0,
  dead bigint not null default 0,
  primary key (queue, slot)
) with (fillfactor = 50);

-- States: 0 ready, 1 blocked, 2 running, 3 parked, 4 completed, 5 dead. line: the place in the line of its order key.
create table fairlead.job (
  event bigint not null,
  place smallint not null,
  state smallint not null,
  hold boolean not null default false,
  scope integer not null,
  queue integer not null,
  attempts integer not null default 0,
  max_attempts integer not null,
  generation integer not null default 0,
  fence integer not null default 0,
  order_limit integer not null default 1,
  due_at bigint not null,
  updated_at bigint not null,
  lease_until bigint,
  line bigint,
  id text not null,
  order_key text,
  parked_on text,
  error text,
  primary key (event, place)
) with (fillfactor = 85);
create unique index job_id on fairlead.job (id);
create index job_ready on fairlead.job (queue, due_at, event, place) where state = 0;
create index job_blocked on fairlead.job (queue, order_key, line) where state = 1;
create index job_running on fairlead.job (lease_until) where state = 2;
create index job_parked on fairlead.job (parked_on) where state = 3;
create index job_dead on fairlead.job (queue, event, place) where state = 5;
-- Drawn while the order key is locked, so that lines are in the order of the commits.
create sequence fairlead.line;

create table fairlead.attempt (
  day integer not null,
  event bigint not null,
  place smallint not null,
  fence integer not null,
  attempt integer not null,
  ended_at bigint not null,
  error text not null,
  primary key (event, place, fence, day)
) partition by range (day);
create table fairlead.attempt_rest partition of fairlead.attempt default;

-- Order keys that have open jobs. heads hold a slot: ready, running, parked, or dead and held.
create table fairlead.ordering (
  queue integer not null,
  key text not null,
  slots integer not null,
  heads integer not null,
  blocked integer not null,
  primary key (queue, key)
) with (fillfactor = 70);

create table fairlead.call (
  scope integer not null,
  seq bigint not null,
  id text not null,
  key text not null,
  current boolean not null,
  operation text not null,
  input_hash bytea not null,
  state text not null,
  fence integer not null,
  attempts integer not null,
  sending_at bigint,
  lease_until bigint,
  key_ttl bigint not null,
  started_at bigint not null,
  ended_at bigint,
  forget_at bigint,
  duration_ms bigint,
  result text,
  primary key (scope, seq, key)
) partition by hash (key);
create unique index call_key on fairlead.call (scope, key) where current;
create index call_id on fairlead.call (id);
create index call_open on fairlead.call (scope, state, seq) where state in ('running', 'unknown');
create index call_forget on fairlead.call (forget_at) where forget_at is not null;

create table fairlead.entity (
  scope integer not null,
  entity text not null,
  state text not null,
  data text not null,
  version bigint not null,
  updated_at bigint not null,
  occurred_at bigint,
  primary key (scope, entity)
);

-- Transitions that were applied: the row as it was after them, as JSON.
create table fairlead.transition (
  scope integer not null,
  key text not null,
  outcome text not null,
  forget_at bigint not null,
  primary key (scope, key)
);
create index transition_forget on fairlead.transition (forget_at);

create table fairlead.secret (
  seq bigint generated always as identity primary key,
  scope integer not null,
  kind text not null,
  name text not null,
  id text not null,
  version integer not null,
  sealed bytea not null,
  facts text not null,
  created_at bigint not null,
  updated_at bigint not null,
  unique (scope, kind, name)
);

create table fairlead.connection (
  seq bigint generated always as identity primary key,
  scope integer not null,
  id text not null,
  provider text not null,
  person text,
  state text not null,
  facts text not null,
  version integer not null,
  created_at bigint not null,
  created_by text not null,
  updated_at bigint not null,
  unique (scope, id)
);
create index connection_provider on fairlead.connection (scope, provider);

create table fairlead.audit (
  day integer not null,
  scope integer not null,
  seq bigint not null,
  leaf smallint not null,
  id text not null,
  at bigint not null,
  stored_at bigint not null,
  action text not null,
  status text not null,
  actor text not null,
  provider text,
  target text,
  call text,
  event text,
  record text not null,
  personal bytea,
  primary key (scope, seq, day)
) partition by range (day);
create index audit_id on fairlead.audit (id);
create index audit_action on fairlead.audit (scope, action, seq);
create index audit_actor on fairlead.audit (scope, actor, seq);
create index audit_status on fairlead.audit (scope, status, seq) where status not in ('started', 'succeeded');
create index audit_provider on fairlead.audit (scope, provider, seq) where provider is not null;
create index audit_target on fairlead.audit (scope, target, seq) where target is not null;
create index audit_call on fairlead.audit (scope, call, seq) where call is not null;
create index audit_event on fairlead.audit (scope, event, seq) where event is not null;
create table fairlead.audit_rest partition of fairlead.audit default;

-- The leaves of one transaction, one after the other: of entries (kind 1) or of receipts (kind 0). places are those of
-- their rows, scopes theirs, or the one that all have. first is the index of the first in the tree, once it has one.
create table fairlead.leaves (
  environment text not null,
  tx bigint not null,
  first bigint,
  stored_at bigint not null,
  count integer not null,
  kind smallint not null,
  scopes integer[] not null,
  places smallint[] not null,
  hashes bytea not null,
  primary key (environment, tx)
) with (fillfactor = 80);
alter table fairlead.leaves alter column hashes set storage external;
create unique index leaves_first on fairlead.leaves (environment, first) where first is not null;
create index leaves_new on fairlead.leaves (environment, tx) where first is null;
create index leaves_stored on fairlead.leaves (stored_at);

-- sequenced is the size of the tree; the transactions up to assigned have their places already.
create table fairlead.tree (
  environment text primary key,
  sequenced bigint not null,
  assigned bigint not null
);
insert into fairlead.tree values ('sandbox', 0, 0), ('live', 0, 0);

create table fairlead.tile (
  environment text not null,
  level integer not null,
  idx bigint not null,
  hashes bytea not null,
  primary key (environment, level, idx)
);
alter table fairlead.tile alter column hashes set storage external;

create table fairlead.checkpoint (
  environment text not null,
  size bigint not null,
  root bytea not null,
  at bigint not null,
  note text not null,
  primary key (environment, size)
);

-- Who leads in what, until when. The epoch counts the changes of leader.
create table fairlead.leader (
  role text primary key,
  owner text not null,
  epoch bigint not null,
  until bigint not null
);

do $$
begin
  for n in 0..7 loop
    execute format('create table fairlead.dedupe_%s partition of fairlead.dedupe
      for values with (modulus 8, remainder %s)', n, n);
    execute format('create table fairlead.call_%s partition of fairlead.call
      for values with (modulus 8, remainder %s)', n, n);
  end loop;
end $$;
`;
