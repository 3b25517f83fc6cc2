/**
 * One process owns a data directory; every other one asks it. A command takes the ownership where nobody has it, and
 * gives it back when it is done, after whoever attached meanwhile has been answered.
 *
 * @module
 */
import { isApiKey, principalOfKey } from '../../core/api-key.js';
import { AppError } from '../../core/errors.js';
import { DEFAULT_TENANT, type Environment, type Scope } from '../../core/scope.js';
import type { TextStream } from '../../core/operation.js';
import type { Principal } from '../../core/principal.js';
import { runOperation, type Operation, type Gateway } from '../../operations/index.js';
import type { OwnerLock, StandbyParts } from './await-ownership.js';
import { askOwner, type CallOptions, type SendLocal } from './attached.js';
import type { ServerFile } from './server-file.js';

/** A composed Fairlead with its socket open for others. */
export interface Owned {
  gateway: Gateway;
  /** Stops accepting, answers what is in flight, closes the store and releases the lock. */
  close(): Promise<void>;
}

export interface OwnershipParts extends StandbyParts {
  dataDir: string;
  /** Takes over the lock: releases it when it fails and when it is closed. */
  open(lock: OwnerLock): Promise<Owned>;
  send: SendLocal;
  /** The bearer token this process presents; `undefined` while there is none to present. */
  token(): Promise<string | undefined>;
  principal: Principal;
}

/** How long an owner may neither answer nor let go. The lock of a dead one is free at once; a start takes its time. */
export const PATIENCE_MS = 10_000;
const POLL_MS = 25;
/**
 * How long a command leaves the directory to a server that stands by. Without this, commands that come one after the
 * other could keep it among themselves while the server that everybody waits for never gets its turn.
 */
const STANDBY_FIRST_MS = 2_000;

/** Calls operations wherever the data is. Keeps what it opened until {@link close}. */
export class OwnOrAttach {
  #owned: Owned | undefined;
  /** The last owner that answered. */
  server: ServerFile | undefined;

  constructor(private readonly parts: OwnershipParts) {}

  /**
   * Runs one operation, here or at the owner. Of an operation that streams, the text goes to `onText`, and what is
   * given back is its companion.
   *
   * When the owner dies in between, a read is simply asked again of whoever owns next, and so is a call with a key,
   * because the ledger knows the key. Any other write throws `owner_lost`, unless it provably had not begun.
   *
   * @throws AppError what the operation throws; `store_locked` when the owner stays silent for {@link PATIENCE_MS}.
   */
  async call(
    operation: Operation,
    input: Readonly<Record<string, unknown>>,
    options: CallOptions,
    principal = this.parts.principal,
  ): Promise<unknown> {
    const { clock } = this.parts;
    let giveUpAtMs = clock.monotonicMs() + PATIENCE_MS;
    const mayOwnAtMs = clock.monotonicMs() + STANDBY_FIRST_MS;
    for (;;) {
      const attachOnly = options.attachOnly === true;
      const owned = attachOnly ? undefined : await this.#own(clock.monotonicMs() >= mayOwnAtMs);
      if (owned !== undefined) return await this.#run(owned, operation, input, options, principal);
      const outcome = await this.#ask(operation, input, options, principal);
      if (outcome.kind === 'answered') return outcome.output;
      if (outcome.kind === 'failed') throw outcome.error;
      if (options.signal?.aborted === true) throw new AppError('cancelled', { operation: operation.name });
      if (outcome.kind === 'lost') {
        if (outcome.begun || !isRepeatable(operation, options, principal))
          throw new AppError('owner_lost', { operation: operation.name });
        giveUpAtMs = clock.monotonicMs() + PATIENCE_MS;
      }
      if (clock.monotonicMs() >= giveUpAtMs && !attachOnly)
        throw new AppError('store_locked', { path: this.parts.dataDir });
      await clock.sleep(POLL_MS, options.signal);
    }
  }

  /** Whether this process owns the data directory now. */
  get owns(): boolean {
    return this.#owned !== undefined;
  }

  async close(): Promise<void> {
    const owned = this.#owned;
    this.#owned = undefined;
    await owned?.close();
  }

  async #own(beforeStandby: boolean): Promise<Owned | undefined> {
    if (this.#owned !== undefined) return this.#owned;
    if (!beforeStandby && (await this.#somebodyStandsBy())) return undefined;
    const lock = await this.parts.acquireLock();
    if (lock !== undefined) this.#owned = await this.parts.open(lock);
    return this.#owned;
  }

  async #somebodyStandsBy(): Promise<boolean> {
    const free = await this.parts.acquireStandby();
    await free?.release();
    return free === undefined;
  }

  async #run(
    { gateway }: Owned,
    operation: Operation,
    input: Readonly<Record<string, unknown>>,
    { environment, onText, attachOnly: _attachOnly, ...rest }: CallOptions,
    principal: Principal,
  ): Promise<unknown> {
    const caller = { ...(await this.#identity(gateway, environment, principal)), ...rest };
    const output = await runOperation(gateway, operation, caller, input);
    if (operation.streams === undefined) return output;
    const stream = output as TextStream;
    for await (const text of stream) await onText?.(text);
    return stream.companion;
  }

  /** With a key of the store this process is who the key says, as it would be at another owner. */
  async #identity(
    { apiKeys }: Gateway,
    environment: Environment,
    principal: Principal,
  ): Promise<{ scope: Scope; principal: Principal }> {
    const token = await this.parts.token();
    if (token === undefined || !isApiKey(token)) return { scope: { tenant: DEFAULT_TENANT, environment }, principal };
    const key = await apiKeys.identify(token);
    if (key.environment !== environment) {
      throw new AppError('invalid_argument', { argument: 'env', problem: `the key is for ${key.environment}` });
    }
    const { type, via, agent = {}, onBehalfOf } = principal;
    const facts = { ...agent, ...(onBehalfOf && { onBehalfOf: onBehalfOf.id }) };
    return { scope: { tenant: key.tenant, environment }, principal: principalOfKey(key, type, via, facts) };
  }

  async #ask(
    operation: Operation,
    input: Readonly<Record<string, unknown>>,
    options: CallOptions,
    principal: Principal,
  ): ReturnType<typeof askOwner> {
    const { parts } = this;
    const server = await parts.readServer();
    const token = await parts.token();
    if (server === undefined || token === undefined) return { kind: 'not_run' };
    const caller = { token, principal };
    const outcome = await askOwner(parts.send, server.socket, caller, operation, input, options);
    if (outcome.kind === 'answered' || outcome.kind === 'failed') this.server = server;
    return outcome;
  }
}

function isRepeatable(operation: Operation, options: CallOptions, { via }: Principal): boolean {
  if (operation.effect === 'read') return true;
  // A write of a tool has a key in any case: its own, or the one that every owner derives in the same way.
  return (
    operation.audit === 'call' && (options.idempotencyKey !== undefined || (via === 'mcp' && options.repeat !== true))
  );
}
