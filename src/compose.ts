/**
 * The composition: the only file that names a driver, the host and the list of connectors, and puts them together.
 *
 * What the first webhook does not need is loaded when it is first needed (ADR 0007).
 *
 * @module
 */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { dirname, basename, join } from 'node:path';
import { auditEntry, Projection, receiptLeaf, Sequencer, type RecorderParts } from './audit/index.js';
import { Leadership } from './compose/leadership.js';
import { paced } from './compose/paced.js';
import { composeOutbound } from './compose/outbound.js';
import { RetentionClock } from './compose/retention.js';
import type { SecretPlaces } from './compose/secret-places.js';
import { Trail } from './compose/trail.js';
import { composeVault } from './compose/vault.js';
import { WEBHOOKS } from './connectors/webhooks.generated.js';
import type { KeySource } from './core/ports.js';
import { redactText } from './core/redact.js';
import { declaredSources } from './declared-sources.js';
import { HandlerTable, JobRunner, ThreadPool, type RunJob } from './jobs/index.js';
import type { Gateway } from './operations/index.js';
import { runJob } from './operations/steps.js';
import type { Parts } from './parts.js';
import { Intake, IntakeDoor, Refusals, SourceTable, type ReadySource } from './receive/index.js';
import { systemView } from './system-view.js';

export interface Fairlead {
  gateway: Gateway;
  door: IntakeDoor;
  /** Starts workers and the sequencer. The door serves from the moment of composition. */
  start(): Promise<void>;
  /** Takes no new work, ends what runs, writes what is counted. */
  drain(): Promise<void>;
}

const RUNS_PER_THREAD = 64;
const POLL_MS = 1_000;
/** How often new events make us look into a queue that is behind a network; in between one look is for all of them. */
const WAKE_MS = 5;
/** How long a source that another process has changed stays as it was here. */
const SOURCES_POLL_MS = 1_000;

export async function composeFairlead(parts: Parts): Promise<Fairlead> {
  const { config, clock, random, log, store, keys, secrets } = parts;
  const { kept, places, keeping } = await composeVault(parts);
  const recorder: RecorderParts = { clock, random, sealer: places.personal, secrets };
  const trail = new Trail(store, recorder, log);
  const wake = store.leader === undefined ? () => runner.wake() : paced(clock, WAKE_MS, () => runner.wake());
  const handlers = new HandlerTable(config.handlers, config.jobs.maxAttempts);
  const { door, sources, refusals, stopAccepting } = composeIntake(parts, places, trail, handlers, wake);
  // Where several processes write, the file is the leader's alone; the others give order when asked, and no more.
  const duties = { sequencer: composeSequencer(parts) };
  const loadOutbound = once(() => composeOutbound(parts, recorder, kept));
  const gateway: Gateway = {
    version: parts.version,
    store,
    clock,
    random,
    log,
    files: parts.files(config.dataDir),
    dataDir: config.dataDir,
    connectors: async () => (await loadOutbound()).connectors,
    webhooks: WEBHOOKS,
    samples: async () => (await import('./connectors/samples.generated.js')).SAMPLES,
    handlers,
    sources,
    door,
    address: parts.address,
    wake: () => runner.wake(),
    ...keeping,
    connections: async () => (await loadOutbound()).connections,
    entry: ({ scope, principal, callId, cause }, draft) =>
      auditEntry(recorder, scope, { ...draft, actor: principal, callId, ...(cause === undefined ? {} : { cause }) }),
    callAction: async (call) => (await loadOutbound()).outbound.call(call),
    limits: async (scope) => (await loadOutbound()).outbound.limits(scope),
    sequenceAudit: () => duties.sequencer.run(),
    auditPublicKey: (environment) => publicKey(keys, environment).export({ type: 'spki', format: 'pem' }).toString(),
    installationId: () => installationId(keys),
    recorder,
    ...systemView(parts, {
      refusals: () => refusals.total,
      held: () => runner.held,
      waiting: () => door.waiting,
      fileProblem: () => duties.sequencer.fileProblem,
    }),
  };

  const pool = composePool(parts);
  const runner = composeRunner(parts, trail, (job) => runJob(gateway, job, pool));
  const leadership = composeLeadership(parts, recorder, duties);
  const watch = watchSources(parts, sources);

  await sources.refresh();
  return {
    gateway,
    door,
    async start() {
      await leadership.start();
      runner.start();
      watch.start();
    },
    async drain() {
      stopAccepting();
      watch.stop();
      await runner.drain();
      await pool?.close();
      await refusals.flush().catch(() => {});
      // Whoever leads puts the last entries in order; a process that never led has to ask for it.
      if (!(await leadership.stop())) await duties.sequencer.stop();
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

interface ComposedIntake {
  door: IntakeDoor;
  sources: SourceTable;
  refusals: Refusals;
  stopAccepting: () => void;
}

function composeIntake(
  { config, store, clock, random, log }: Parts,
  places: SecretPlaces,
  trail: Trail,
  handlers: HandlerTable,
  onJobs: () => void,
): ComposedIntake {
  const sources = new SourceTable(
    store,
    declaredSources(config, WEBHOOKS),
    (provider) => (Object.hasOwn(WEBHOOKS, provider) ? WEBHOOKS[provider] : undefined),
    (row, secret) => places.openSourceSecret(row, secret),
    clock,
    log,
  );
  const keepSecret = async ({ scope, row }: ReadySource, text: string): Promise<void> => {
    const id = `sec_${Buffer.from(random.bytes(16)).toString('hex')}`;
    const sealed = places.sealSourceSecret(scope, row.id, id, text);
    await store.sources.rotateSecret(
      scope,
      row.id,
      { id, sealed, createdAtMs: clock.nowMs(), createdBy: row.provider },
      0,
    );
    await sources.refresh();
  };
  const refusals = new Refusals(clock, (counted) => trail.refused(counted));
  const intake = new Intake({
    store,
    clock,
    random,
    log,
    route: (provider, identity) => handlers.jobsFor(provider, identity),
    sealBody: ({ scope }, eventId, body) => places.sealBody(scope, eventId, body),
    receiptLeaf,
    keepSecret,
    noteDuplicate: (source, identity, eventId) => trail.duplicate(source, identity, eventId),
    refusals,
    onJobs,
  });
  let accepting = true;
  const { limits, publicUrl } = config;
  const door = new IntakeDoor({ intake, sources, limits, publicUrl, accepting: () => accepting });
  return { door, sources, refusals, stopAccepting: () => (accepting = false) };
}

function composeRunner({ config, store, clock, random, log, secrets }: Parts, trail: Trail, run: RunJob): JobRunner {
  const clean = (text: string): string => redactText(text, secrets);
  const owner = Buffer.from(random.bytes(6)).toString('hex');
  return new JobRunner(
    { store, clock, random, log, run, clean, onDead: (job, error) => trail.dead(job, error) },
    { ...config.jobs, pollMs: POLL_MS, owner },
  );
}

/** What one process does for all: put the log in order and write it to the file, and delete what is old. */
function composeLeadership(parts: Parts, recorder: RecorderParts, duties: { sequencer: Sequencer }): Leadership {
  const { store, clock, random, log } = parts;
  let retention: RetentionClock | undefined;
  return new Leadership({
    store,
    clock,
    log,
    owner: Buffer.from(random.bytes(8)).toString('hex'),
    onGained() {
      duties.sequencer = composeSequencer(parts, { writesFile: true });
      duties.sequencer.start();
      retention = new RetentionClock(parts, recorder);
      retention.start();
    },
    async onLost() {
      retention?.stop();
      const { sequencer } = duties;
      duties.sequencer = composeSequencer(parts);
      await sequencer.stop();
    },
  });
}

/** Where other processes write, too, their changes of sources are looked for. */
function watchSources({ store, clock, log }: Parts, sources: SourceTable): { start(): void; stop(): void } {
  let cancel: (() => void) | undefined;
  let isStopped = false;
  const start = (): void => {
    if (isStopped || !store.capabilities.concurrentWriters) return;
    cancel = clock.after(SOURCES_POLL_MS, () => {
      void sources
        .refresh()
        .catch((error: unknown) => log('warn', 'changes of sources could not be read', { problem: String(error) }))
        .finally(start);
    });
  };
  return {
    start,
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}

function composeSequencer(
  { config, store, clock, log, keys, files }: Parts,
  { writesFile } = { writesFile: store.leader === undefined },
): Sequencer {
  const projection = new Projection({
    store: store.system,
    files: files(dirname(config.auditLogPath)),
    path: basename(config.auditLogPath),
    log,
  });
  let known: string | undefined;
  return new Sequencer({
    store: store.system,
    clock,
    log,
    keys,
    ...(writesFile ? { projection } : {}),
    // The keys of the audit log are read when there is something to sign.
    get installationId() {
      return (known ??= installationId(keys));
    },
  });
}

/** Handlers of a configuration file run in threads; handlers given as functions can only run here. */
function composePool(parts: Parts): ThreadPool | undefined {
  const { jobs, filePath } = parts.config;
  if (jobs.isolation !== 'threads' || filePath === undefined) return undefined;
  const { threads, heapMb } = jobs;
  return new ThreadPool(parts, { threads, heapMb, runsPerThread: RUNS_PER_THREAD, configPath: filePath });
}

function publicKey(keys: KeySource, environment: string): KeyObject {
  return createPublicKey(keys.auditKeyPem(environment));
}

/** Names this installation in checkpoints: a fingerprint of the key that signs them, which no database holds. */
function installationId(keys: KeySource): string {
  const der = publicKey(keys, 'live').export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

export const DATABASE_FILE = 'fairlead.db';
export const databasePath = (dataDir: string): string => join(dataDir, DATABASE_FILE);
