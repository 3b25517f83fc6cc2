/**
 * The composition: the only file that names a driver, the host and the list of connectors, and puts them together.
 *
 * What the first webhook does not need is loaded when it is first needed (ADR 0007).
 *
 * @module
 */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { dirname, basename, join } from 'node:path';
import { auditEntry, LateEntries, Projection, receiptLeaf, Sequencer, type RecorderParts } from './audit/index.js';
import { ApiKeys, approvalPath, Approvers, Attempts } from './auth/index.js';
import { ApprovalRound } from './compose/approval-round.js';
import { Leadership } from './compose/leadership.js';
import { Membership } from './compose/membership.js';
import { paced } from './compose/paced.js';
import { composeOutbound } from './compose/outbound.js';
import { OwnEvents } from './compose/own-events.js';
import { RenewalClock } from './compose/renewals.js';
import { RetentionClock } from './compose/retention.js';
import type { SecretPlaces } from './compose/secret-places.js';
import { Trail } from './compose/trail.js';
import { composeVault } from './compose/vault.js';
import { WEBHOOKS } from './connectors/webhooks.generated.js';
import { newId } from './core/ids.js';
import { hasDuty } from './core/node.js';
import type { ApprovalRow } from './core/approval.js';
import { once } from './core/once.js';
import type { KeySource } from './core/ports.js';
import { redactText } from './core/redact.js';
import { declaredSources } from './declared-sources.js';
import { HandlerTable, JobRunner, ThreadPool, type RunJob } from './jobs/index.js';
import type { SpecEntry } from './core/spec.js';
import type { WebhookDefinition } from './core/webhook.js';
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
  /** Takes no new work, ends what runs, writes what is counted, and leaves the other nodes. */
  drain(): Promise<void>;
  /** Leaves the other nodes, even where something still runs: what it holds is theirs at once. */
  leave(): Promise<void>;
  /** Deliveries can be taken by a node that the others do not hear; work would be theirs. */
  isFit(): boolean;
}

const RUNS_PER_THREAD = 64;
const POLL_MS = 1_000;
/** How often new events make us look into a queue that is behind a network; in between one look is for all of them. */
const WAKE_MS = 5;
/** How often other nodes are told of new jobs, at most. */
const TELL_MS = 20;
/** A node that runs the jobs of others and hears of none looks again this soon after it found some. */
const LOOK_FIRST_MS = 50;
/** How long a source that another process has changed stays as it was here. */
const SOURCES_POLL_MS = 1_000;

export async function composeFairlead(parts: Parts): Promise<Fairlead> {
  const { config, clock, random, log, store, secrets } = parts;
  const { kept, places, keeping } = await composeVault(parts);
  const recorder: RecorderParts = { clock, random, sealer: places.personal, secrets };
  const lateEntries = new LateEntries(store.audit);
  const trail = new Trail(store, recorder, log);
  const attempts = new Attempts({ clock, limits: store.limits });
  const membership = composeMembership(parts, () => runner.wake());
  const wake = composeWake(parts, membership, () => runner.wake());
  const handlers = new HandlerTable(config.handlers, config.jobs.maxAttempts);
  const { door, sources, refusals, stopAccepting } = composeIntake(parts, places, trail, handlers, wake);
  // Where several processes write, the file is the leader's alone; the others give order when asked, and no more.
  const duties = { sequencer: composeSequencer(parts) };
  const events = new OwnEvents(parts, handlers, wake);
  const loadOutbound = once(() =>
    composeOutbound(parts, recorder, { kept, vault: keeping.vault, events }, membership, lateEntries, (row) =>
      approvalLink(parts, row),
    ),
  );
  const gateway: Gateway = {
    ...knownToAll(parts, recorder),
    handlers,
    sources,
    door,
    wake,
    ...keeping,
    ...callsOut(loadOutbound),
    login: once(async () => {
      const { composeLogin } = await import('./compose/login.js');
      return composeLogin(parts, { kept, vault: keeping.vault }, await loadOutbound(), recorder);
    }),
    approvers: new Approvers({ kept, attempts, random, cost: parts.passphraseCost }),
    attempts,
    async sequenceAudit() {
      await lateEntries.flush();
      await duties.sequencer.run();
    },
    ...systemView(parts, {
      node: () => membership.id,
      refusals: () => refusals.total,
      held: () => runner.held,
      waiting: () => door.waiting,
      fileProblem: () => duties.sequencer.fileProblem,
    }),
  };

  const pool = composePool(parts);
  const runner = composeRunner(parts, trail, membership, (job) => runJob(gateway, job, pool));
  const renewals = (): RenewalClock => new RenewalClock(parts, gateway.connections);
  const leadership = composeLeadership(parts, recorder, membership.id, duties, renewals);
  const watch = watchSources(parts, sources);
  const approvals = composeApprovals(parts, gateway);
  await sources.refresh();
  const working = {
    membership,
    leadership,
    duties,
    runner,
    pool,
    watch,
    approvals,
    refusals,
    lateEntries,
    stopAccepting,
  };
  return { gateway, door, ...lifeOf(parts, working) };
}

/** What needs nothing but the parts and what makes entries of the audit log. */
function knownToAll(parts: Parts, recorder: RecorderParts) {
  const { config, clock, random, log, store, keys } = parts;
  return {
    version: parts.version,
    store,
    clock,
    random,
    log,
    files: parts.files(config.dataDir),
    dataDir: config.dataDir,
    specs: () => allSpecs(config),
    webhooks: allWebhooks(config),
    samples: async () => (await import('./connectors/samples.generated.js')).SAMPLES,
    address: parts.address,
    apiKeys: new ApiKeys({ verbs: store.apiKeys, system: store.system, clock, random, log }),
    trustedProxies: config.trustedProxies,
    knownFindings: config.knownFindings,
    policy: config.policy,
    entry: ({ scope, principal, callId, cause }, draft) =>
      auditEntry(recorder, scope, { ...draft, actor: principal, callId, ...(cause === undefined ? {} : { cause }) }),
    auditPublicKey: (environment) => publicKey(keys, environment).export({ type: 'spki', format: 'pem' }).toString(),
    installationId: () => installationId(keys),
    recorder,
  } satisfies Partial<Gateway>;
}

/** Loaded when something first calls out. */
function callsOut(
  load: () => ReturnType<typeof composeOutbound>,
): Pick<Gateway, 'connectors' | 'connections' | 'connecting' | 'carryOut' | 'callAction' | 'limits'> {
  let outbound: Awaited<ReturnType<typeof composeOutbound>>['outbound'] | undefined;
  const firstCall: Gateway['callAction'] = async (call) => (outbound = (await load()).outbound).call(call);
  return {
    connectors: async () => (await load()).connectors,
    connections: async () => (await load()).connections,
    connecting: async () => (await load()).connecting,
    carryOut: async (row, approval) => (await load()).outbound.carryOut(row, approval),
    callAction: (call) => outbound?.call(call) ?? firstCall(call),
    limits: async (scope) => (await load()).outbound.limits(scope),
  };
}

/** Those of the folders, and those of the connectors in the configuration, which have names of their own. */
function allWebhooks({ connectors }: Parts['config']): Readonly<Record<string, WebhookDefinition>> {
  const own = connectors.flatMap(({ provider, webhooks }) => (webhooks === undefined ? [] : [[provider, webhooks]]));
  return own.length === 0 ? WEBHOOKS : { ...WEBHOOKS, ...(Object.fromEntries(own) as typeof WEBHOOKS) };
}

/** Those of the folders are an index made at build time; those of the configuration are read from what it says. */
async function allSpecs({ connectors }: Parts['config']): Promise<readonly SpecEntry[]> {
  const { SPECS } = await import('./connectors/specs.generated.js');
  if (connectors.length === 0) return SPECS;
  const { specEntriesOf } = await import('./operations/spec-entries.js');
  return [...SPECS, ...connectors.flatMap((connector) => specEntriesOf(connector))];
}

/** Loaded when something is due: connectors take their time. */
function composeApprovals({ clock, log, store }: Parts, gateway: Gateway): ApprovalRound {
  return new ApprovalRound(clock, log, async () => {
    if ((await store.system.approvalsDue(1)).length === 0) return 0;
    const { settleApprovals } = await import('./operations/approval-desk.js');
    return await settleApprovals(gateway);
  });
}

interface Working {
  membership: Membership;
  leadership: Leadership;
  duties: { sequencer: Sequencer };
  runner: JobRunner;
  pool: ThreadPool | undefined;
  watch: { start(): void; stop(): void };
  approvals: ApprovalRound;
  refusals: Refusals;
  lateEntries: LateEntries;
  stopAccepting: () => void;
}

/** How what works by itself begins and ends. */
function lifeOf(
  { config, store }: Parts,
  { membership, leadership, duties, runner, pool, watch, approvals, refusals, lateEntries, stopAccepting }: Working,
): Pick<Fairlead, 'start' | 'drain' | 'leave' | 'isFit'> {
  let stopListening: (() => Promise<void>) | undefined;
  const leave = once(async () => {
    await stopListening?.();
    // Before the last turn of the sequencer, which is to have them.
    await lateEntries.flush().catch(() => {});
    // Whoever leads puts the last entries in order; a process that never led has to ask for it.
    if (!(await leadership.stop())) await duties.sequencer.stop();
    await membership.stop();
  });
  return {
    async start() {
      const heard = membership.start();
      // Where one process owns the store, nobody has to hear it before it works.
      if (store.capabilities.concurrentWriters) await heard;
      if (hasDuty(config.role, 'keeps')) await leadership.start();
      if (hasDuty(config.role, 'works')) {
        runner.start();
        stopListening = store.hints?.listen?.(() => runner.wake());
        approvals.start();
      }
      watch.start();
    },
    async drain() {
      stopAccepting();
      watch.stop();
      await approvals.stop();
      await runner.drain();
      await pool?.close();
      await refusals.flush().catch(() => {});
      await leave();
    },
    leave,
    isFit: () => hasDuty(config.role, 'receives') || membership.standing() !== undefined,
  };
}

/** This process among the nodes. With `onHeard` it looks for jobs as soon as what it claims would be its own. */
function composeMembership({ config, version, store, clock, random, log }: Parts, onHeard: () => void): Membership {
  const works = hasDuty(config.role, 'works');
  const node = {
    id: newId('node', clock, random),
    role: config.role,
    version,
    startedAtMs: clock.nowMs(),
    listens: works && store.hints?.listen !== undefined,
  };
  return new Membership({ store, clock, log, node, ...(works && { onHeard }) });
}

/** What new jobs set off: a look of our own, and a hint to those who listen. */
function composeWake({ config, store, clock }: Parts, membership: Membership, look: () => void): () => void {
  const works = hasDuty(config.role, 'works');
  const { hints } = store;
  if (hints === undefined) return look;
  const lookPaced = paced(clock, WAKE_MS, look);
  const tell = paced(clock, TELL_MS, () => void hints.tell().catch(() => undefined));
  return () => {
    if (works) lookPaced();
    if (membership.othersListen) tell();
  };
}

/** Where a person can decide. */
function approvalLink({ address, keys }: Parts, { id, environment }: ApprovalRow): string {
  return address() + approvalPath(id, keys.auditKeyPem(environment));
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
  const webhooks = allWebhooks(config);
  const sources = new SourceTable(
    store,
    declaredSources(config, webhooks),
    (provider) => (Object.hasOwn(webhooks, provider) ? webhooks[provider] : undefined),
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
  let accepting = hasDuty(config.role, 'receives');
  const { limits, publicUrl } = config;
  const door = new IntakeDoor({ intake, sources, limits, publicUrl, accepting: () => accepting });
  return { door, sources, refusals, stopAccepting: () => (accepting = false) };
}

function composeRunner(
  { config, store, clock, random, log, secrets }: Parts,
  trail: Trail,
  membership: Membership,
  run: RunJob,
): JobRunner {
  const clean = (text: string): string => redactText(text, secrets);
  const isTold = hasDuty(config.role, 'receives') || store.hints?.listen !== undefined;
  return new JobRunner(
    {
      store,
      clock,
      random,
      log,
      run,
      clean,
      standing: () => membership.standing(),
      onDead: (job, error) => trail.dead(job, error),
    },
    { ...config.jobs, pollMs: POLL_MS, ...(isTold ? {} : { pollFirstMs: LOOK_FIRST_MS }), owner: membership.id },
  );
}

/** What one process does for all: put the log in order and write it to the file, and delete what is old. */
function composeLeadership(
  parts: Parts,
  recorder: RecorderParts,
  owner: string,
  duties: { sequencer: Sequencer },
  renewals: () => RenewalClock,
): Leadership {
  const { store, clock, log } = parts;
  let retention: RetentionClock | undefined;
  let renewing: RenewalClock | undefined;
  return new Leadership({
    store,
    clock,
    log,
    owner,
    onGained() {
      duties.sequencer = composeSequencer(parts, { writesFile: true });
      duties.sequencer.start();
      retention = new RetentionClock(parts, recorder);
      retention.start();
      renewing = renewals();
      renewing.start();
    },
    async onLost() {
      retention?.stop();
      renewing?.stop();
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
  const { jobs, filePath, fileCode = new Map<string, string>() } = parts.config;
  if (jobs.isolation !== 'threads' || filePath === undefined) return undefined;
  const { threads, heapMb } = jobs;
  const start = { configPath: filePath, made: fileCode };
  return new ThreadPool(parts, { threads, heapMb, runsPerThread: RUNS_PER_THREAD, start });
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
