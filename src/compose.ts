/**
 * The composition: the only file that names a driver, the host and the list of connectors, and puts them together.
 *
 * What the first webhook does not need is loaded when it is first needed (ADR 0007).
 *
 * @module
 */
import { createHash, createPublicKey } from 'node:crypto';
import { dirname, basename, join } from 'node:path';
import { EnvironmentConnections, fetchReference, FetchedSecrets, Vault, type SecretBinding } from './auth/index.js';
import {
  announcePruning,
  auditEntry,
  Projection,
  receiptLeaf,
  Sequencer,
  type RecorderParts,
  type Sealer,
} from './audit/index.js';
import { WEBHOOKS } from './connectors/webhooks.generated.js';
import type { ConnectorDefinition } from './core/connector.js';
import type { KeySource, SecretSources } from './core/ports.js';
import { SYSTEM } from './core/principal.js';
import { ENVIRONMENTS, type Environment, type Scope } from './core/scope.js';
import type { SourceRow, SourceSecret } from './core/source.js';
import type { Store } from './core/store.js';
import type { WebhookDefinition } from './core/webhook.js';
import { HandlerTable, JobRunner, ThreadPool } from './jobs/index.js';
import type { Gateway } from './operations/index.js';
import { runJob } from './operations/steps.js';
import type { Outbound } from './outbound/index.js';
import { Intake, IntakeDoor, Refusals, SourceTable, type ReadySource, type Refusal } from './receive/index.js';
import { declaredSources } from './declared-sources.js';
import type { Parts } from './parts.js';
import { systemView } from './system-view.js';

export interface Fairlead {
  gateway: Gateway;
  door: IntakeDoor;
  /** Starts workers and the sequencer. The door serves from the moment of composition. */
  start(): Promise<void>;
  /** Takes no new work, ends what runs, writes what is counted. */
  drain(): Promise<void>;
}

const PRUNE_EVERY_MS = 60_000;
const PRUNE_ROWS = 2_000;
const RUNS_PER_THREAD = 64;

export async function composeFairlead(parts: Parts): Promise<Fairlead> {
  const { config, clock, random, log, store, keys, secrets } = parts;
  const vault = new Vault(keys, random);
  const sealer = personalSealer(vault);
  const recorder: RecorderParts = { clock, random, sealer, secrets };
  const entry: Gateway['entry'] = (context, draft) =>
    auditEntry(recorder, context.scope, {
      ...draft,
      actor: context.principal,
      callId: context.callId,
      ...(context.cause === undefined ? {} : { cause: context.cause }),
    });

  const webhooksOf = (provider: string): WebhookDefinition | undefined =>
    Object.hasOwn(WEBHOOKS, provider) ? WEBHOOKS[provider] : undefined;
  const openSecret = async (row: SourceRow, secret: SourceSecret): Promise<string> => {
    const text = await secretText(vault, parts.secretSources, row, secret);
    secrets.add(text);
    return text;
  };
  const sources = new SourceTable(store, declaredSources(config, WEBHOOKS), webhooksOf, openSecret, clock, log);
  const handlers = new HandlerTable(config.handlers, config.jobs.maxAttempts);

  let accepting = true;
  const refusals = new Refusals(clock, (counted) => writeRefusals(store, entry, counted));
  const wake = (): void => runner.wake();
  const intake = new Intake({
    store,
    clock,
    random,
    log,
    route: (provider, identity) => handlers.jobsFor(provider, identity),
    sealBody: (source, eventId, body) => vault.seal(body, bodyBinding(source.scope, eventId)),
    receiptLeaf,
    keepSecret: (source, text) => keepHandshakeSecret(source, text),
    noteDuplicate: (source, identity, eventId) =>
      store.audit.append(source.scope, [
        entry(systemContext(source.scope), {
          phase: 'receipt',
          action: 'webhook.receive',
          status: 'duplicate',
          provider: source.row.provider,
          target: { type: 'source', id: source.row.id },
          idempotencyKey: identity.key,
          eventId,
        }),
      ]),
    refusals,
    onJobs: wake,
  });
  const door = new IntakeDoor({
    intake,
    sources,
    limits: config.limits,
    publicUrl: config.publicUrl,
    accepting: () => accepting,
  });

  async function keepHandshakeSecret(source: ReadySource, text: string): Promise<void> {
    const id = `sec_${Buffer.from(random.bytes(16)).toString('hex')}`;
    const sealed = vault.seal(new TextEncoder().encode(text), sourceBinding(source.scope, source.row.id, id));
    const secret = { id, sealed, createdAtMs: clock.nowMs(), createdBy: source.row.provider };
    await store.sources.rotateSecret(source.scope, source.row.id, secret, 0);
    await sources.refresh();
  }

  let outboundPromise: Promise<{ outbound: Outbound; connectors: readonly ConnectorDefinition[] }> | undefined;
  const outbound = () => (outboundPromise ??= composeOutbound(parts, recorder));

  const auditKeys = (environment: Environment) => createPublicKey(keys.auditKeyPem(environment));
  const sequencer = new Sequencer({
    store: store.system,
    clock,
    log,
    keys,
    installationId: installationId(keys),
    projection: new Projection({
      store: store.system,
      files: parts.files(dirname(config.auditLogPath)),
      path: basename(config.auditLogPath),
      log,
    }),
  });

  const gateway: Gateway = {
    version: parts.version,
    store,
    clock,
    random,
    log,
    files: parts.files(config.dataDir),
    dataDir: config.dataDir,
    connectors: async () => (await outbound()).connectors,
    webhooks: WEBHOOKS,
    samples: async () => (await import('./connectors/samples.generated.js')).SAMPLES,
    handlers,
    sources,
    door,
    address: parts.address,
    wake,
    sealSecret: (scope, sourceId, secretId, text) => {
      secrets.add(text);
      return vault.seal(new TextEncoder().encode(text), sourceBinding(scope, sourceId, secretId));
    },
    secretsOf: (row) => Promise.all(row.secrets.map((secret) => openSecret(row, secret))),
    entry,
    callAction: async (call) => (await outbound()).outbound.call(call),
    sequenceAudit: () => sequencer.run(),
    auditPublicKey: (environment) => auditKeys(environment).export({ type: 'spki', format: 'pem' }).toString(),
    installationId: () => installationId(keys),
    recorder,
    openBody: (scope, eventId, body) => vault.open(body, bodyBinding(scope, eventId)),
    sealer,
    keyId: () => keys.currentKekId(),
    ...systemView(parts, {
      refusals: () => refusals.total,
      held: () => runner.held,
      waiting: () => door.waiting,
      sequencer,
    }),
  };

  const pool =
    config.jobs.isolation === 'threads' && config.filePath !== undefined
      ? new ThreadPool(parts, {
          threads: config.jobs.threads,
          heapMb: config.jobs.heapMb,
          runsPerThread: RUNS_PER_THREAD,
          configPath: config.filePath,
        })
      : undefined;
  const runner = new JobRunner(
    { store, clock, random, log, run: (job) => runJob(gateway, job, pool), onDead: noteDead },
    {
      concurrency: config.jobs.concurrency,
      leaseMs: config.jobs.leaseMs,
      pollMs: 1_000,
      owner: Buffer.from(random.bytes(6)).toString('hex'),
    },
  );

  function noteDead(job: Parameters<typeof runJob>[1], error: string): void {
    const dead = entry(systemContext(job.scope), {
      phase: 'system',
      action: 'job.dead',
      status: 'failed',
      target: { type: 'job', id: job.id },
      eventId: job.event.id,
      error: { code: 'dead', message: error },
    });
    store.audit.append(job.scope, [dead]).catch((problem: unknown) => {
      log('error', 'a dead letter could not be written to the audit log', { job: job.id, problem: String(problem) });
    });
  }

  /** The log says what is to go before it goes; otherwise a record that is gone is one that somebody took. */
  async function retain(): Promise<void> {
    for (const environment of ENVIRONMENTS) {
      await announcePruning(store, recorder, environment, config.retention.auditMs);
    }
    await store.system.prune(config.retention, PRUNE_ROWS);
  }

  let cancelPrune: (() => void) | undefined;
  const prune = (): void => {
    cancelPrune = clock.after(PRUNE_EVERY_MS, () => {
      void retain()
        .catch((error: unknown) => log('warn', 'retention could not run', { problem: String(error) }))
        .finally(() => accepting && prune());
    });
  };

  await sources.refresh();
  return {
    gateway,
    door,
    async start() {
      sequencer.start();
      runner.start();
      // Handlers will act; and Node never loads again what it once could not load (no file descriptors left).
      if (config.handlers.length > 0) {
        outbound().catch((cause: unknown) => log('error', 'the outbound part could not be loaded', { cause }));
      }
      prune();
    },
    async drain() {
      accepting = false;
      cancelPrune?.();
      await runner.drain();
      await pool?.close();
      await refusals.flush().catch(() => {});
      await sequencer.stop();
    },
  };
}

async function composeOutbound(
  parts: Parts,
  recorder: RecorderParts,
): Promise<{ outbound: Outbound; connectors: readonly ConnectorDefinition[] }> {
  const [{ Outbound }, { CONNECTORS }] = await Promise.all([
    import('./outbound/index.js'),
    import('./connectors/index.js'),
  ]);
  const connectors = [...CONNECTORS, ...parts.config.connectors];
  const outbound = new Outbound({
    connectors,
    connections: new EnvironmentConnections(
      parts.config,
      connectors,
      new FetchedSecrets({ sources: parts.secretSources, clock: parts.clock, secrets: parts.secrets }),
    ),
    calls: parts.store.calls,
    audit: parts.store.audit,
    entry: (scope, draft) => auditEntry(recorder, scope, draft),
    net: parts.net,
    clock: parts.clock,
    random: parts.random,
    log: parts.log,
    secrets: parts.secrets,
  });
  return { outbound, connectors };
}

async function secretText(vault: Vault, sources: SecretSources, row: SourceRow, secret: SourceSecret): Promise<string> {
  if (secret.sealed !== undefined) {
    const scope = { tenant: row.tenant, environment: row.environment as Environment };
    return new TextDecoder().decode(vault.open(secret.sealed, sourceBinding(scope, row.id, secret.id)));
  }
  return await fetchReference(sources, secret.reference ?? '');
}

function writeRefusals(store: Store, entry: Gateway['entry'], counted: Refusal[]): Promise<void> {
  const writes = counted.map(({ source, reason, count }) =>
    store.audit.append(source.scope, [
      entry(systemContext(source.scope), {
        phase: 'receipt',
        action: 'webhook.receive',
        status: 'denied',
        provider: source.row.provider,
        target: { type: 'source', id: source.row.id },
        error: { code: 'webhook_refused', message: reason },
        count,
      }),
    ]),
  );
  return Promise.all(writes).then(() => {});
}

function systemContext(scope: Scope): Parameters<Gateway['entry']>[0] {
  return { scope, principal: SYSTEM, callId: '', dryRun: false };
}

function sourceBinding(scope: Scope, sourceId: string, secretId: string): SecretBinding {
  return { ...scope, kind: 'source', id: sourceId, field: secretId };
}

function bodyBinding(scope: Scope, eventId: string): SecretBinding {
  return { ...scope, kind: 'event', id: eventId, field: 'body' };
}

/** Personal values of audit entries are sealed like secrets, bound to their entry. */
function personalSealer(vault: Vault): Sealer {
  const bound = (binding: string): SecretBinding => ({
    tenant: '',
    environment: 'sandbox',
    kind: 'audit',
    id: binding,
    field: 'personal',
  });
  return {
    seal: (plain, binding) => vault.seal(plain, bound(binding)),
    open: (sealed, binding) => vault.open(sealed, bound(binding)),
  };
}

/** Names this installation in checkpoints: a fingerprint of the key that signs them, which no database holds. */
function installationId(keys: KeySource): string {
  const der = createPublicKey(keys.auditKeyPem('live')).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

export const DATABASE_FILE = 'fairlead.db';
export const databasePath = (dataDir: string): string => join(dataDir, DATABASE_FILE);
