/** A small audited world for tests: clock, keys, entries, receipts, a sequencer over a log in memory. @module */
import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  auditEntry,
  Projection,
  Sequencer,
  type AuditDraft,
  type RecorderParts,
  type Sealer,
} from '../../src/audit/index.js';
import type { ReceiptColumns } from '../../src/core/audit.js';
import { checkpointOrigin, publicKeyOf } from '../../src/core/checkpoint.js';
import type { Clock, Random } from '../../src/core/ports.js';
import type { Environment, Scope } from '../../src/core/scope.js';
import { MemoryFiles } from './memory-files.js';
import { MemoryLog } from './memory-log.js';

export const INSTALLATION = 'test';
export const SANDBOX: Scope = { tenant: 'default', environment: 'sandbox' };
export const LIVE: Scope = { tenant: 'default', environment: 'live' };
export const LOG_PATH = 'logs/saas-audit.ndjson';
export const START_MS = 1_767_225_600_000;

/** A clock that moves when told, running what falls due on the way. */
export class SteppedClock implements Clock {
  #nowMs = START_MS;
  #due: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - START_MS;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, run };
    this.#due.push(timer);
    return () => (this.#due = this.#due.filter((one) => one !== timer));
  }

  get timers(): number {
    return this.#due.length;
  }

  /** Moves on by `ms` at once. Only while no timer is set. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves on by `ms`, letting promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settle();
      const [next] = this.#due.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#due = this.#due.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** mulberry32: small, seeded, the same everywhere. */
export function seededRandom(seed: number): Random & { below(limit: number): number } {
  let state = seed >>> 0;
  const float = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    float,
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(float() * 256)),
    below: (limit) => Math.floor(float() * limit),
  };
}

/** Binds without hiding. */
export const PLAIN_SEALER: Sealer = {
  seal: (plain, binding) => Buffer.concat([Buffer.from(`${binding}\n`), plain]),
  open(sealed, binding) {
    const text = Buffer.from(sealed).toString();
    if (!text.startsWith(`${binding}\n`)) throw new Error(`sealed for another place than ${binding}`);
    return Buffer.from(text.slice(binding.length + 1));
  },
};

export class Setting {
  readonly clock = new SteppedClock();
  readonly random;
  readonly log = new MemoryLog();
  readonly files = new MemoryFiles();
  readonly logged: string[] = [];
  readonly keyPem = newKeyPem();
  readonly recorder: RecorderParts;
  sequencer: Sequencer;
  #receipts = 0;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
    this.recorder = { clock: this.clock, random: this.random, sealer: PLAIN_SEALER };
    this.sequencer = this.restarted();
  }

  /** The log as the verbs of a store. */
  get store(): { audit: MemoryLog['audit']; system: MemoryLog } {
    return { audit: this.log.audit, system: this.log };
  }

  get publicKey(): string {
    return publicKeyOf(this.keyPem);
  }

  /** A sequencer that remembers nothing, as after a crash. */
  restarted(): Sequencer {
    const log = (_level: string, message: string): void => void this.logged.push(message);
    const projection = new Projection({ store: this.log, files: this.files, path: LOG_PATH, log });
    this.sequencer = new Sequencer({
      store: this.log,
      clock: this.clock,
      log,
      keys: { auditKeyPem: () => this.keyPem },
      installationId: INSTALLATION,
      projection,
    });
    return this.sequencer;
  }

  /** Commits entries, as an effect would. */
  write(count: number, scope: Scope = SANDBOX, draft: Partial<AuditDraft> = {}): void {
    for (let i = 0; i < count; i++) {
      this.log.append(scope, [auditEntry(this.recorder, scope, { ...sampleDraft(i), ...draft })]);
    }
  }

  /** Commits a receipt with a body. */
  accept(scope: Scope = SANDBOX): ReceiptColumns {
    const i = this.#receipts++;
    const body = Buffer.from(`{"n":${i}}`);
    const columns: ReceiptColumns = {
      eventId: `evt_${String(i).padStart(26, '0')}`,
      sourceId: 'src_1',
      provider: 'shop',
      type: 'order.paid',
      key: `delivery-${i}`,
      receivedAtMs: this.clock.nowMs(),
      bodySha256: createHash('sha256').update(body).digest(),
      bodyBytes: body.length,
      secretId: 'sec_1',
      ...scope,
    };
    this.log.accept(columns, body);
    return columns;
  }

  origin(environment: Environment = 'sandbox'): string {
    return checkpointOrigin(INSTALLATION, environment);
  }
}

export function newKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function sampleDraft(i: number): AuditDraft {
  return {
    phase: 'outcome',
    status: i % 7 === 0 ? 'failed' : 'succeeded',
    actor: { type: i % 3 === 0 ? 'agent' : 'person', id: `prn_${i % 5}`, name: `Name ${i}`, via: 'mcp' },
    action: 'chat.sendMessage',
    effect: 'send',
    provider: i % 2 === 0 ? 'chat' : 'mail',
    target: { type: 'channel', id: `C${i % 4}` },
    idempotencyKey: `key-${i}`,
    callId: `call_${i}`,
    durationMs: i,
  };
}
