/**
 * Keeps the tokens of connections valid. One renewal at a time, over all processes: who renews holds a fenced lease that
 * is longer than its request, and a new token is stored, for the version it replaces, before anybody uses it.
 *
 * - ahead of its end, callers go on with the token that is still good, and one renewal runs beside them;
 * - after its end, callers wait for that renewal, wherever it runs;
 * - a permanent refusal is `needs_reconnect`, anything else keeps the token and backs off.
 *
 * A process that is killed between the provider's answer and the commit leaves its lease to run out. Who comes next asks
 * with the old refresh token: a provider that still takes it gives another, one that does not ends the grant, and the
 * connection says that it has to be connected again. It never goes on with a dead token in silence.
 *
 * @module
 */
import type { ConnectorDefinition } from '../../core/connector.js';
import { AppError, isAppError } from '../../core/errors.js';
import type { Clock, Log, Random } from '../../core/ports.js';
import type { RenewalSettlement, RenewalVerbs } from '../../core/renewal.js';
import type { Scope } from '../../core/scope.js';
import type { SecretRow } from '../../core/secret.js';
import type { KeptSecrets } from '../kept-secrets.js';
import type { OAuthApps } from './apps.js';
import {
  credentialOf,
  isRenewable,
  parseCredential,
  renewAtMs,
  shownFacts,
  type OAuthCredential,
} from './credential.js';
import { hasAuth, type ConnectorWithAuth } from './endpoints.js';
import { newToken } from './new-token.js';
import type { TokenClient } from './token-client.js';
import type { TokenOutcome } from './token-outcome.js';

/** A connection, as far as its token is concerned. */
export interface Renewable {
  scope: Scope;
  id: string;
  provider: string;
  /** Where requests of this connection go. */
  baseUrl: string;
}

/** What came of a renewal, for the audit log and for who listens. */
export interface RenewalReport {
  scope: Scope;
  id: string;
  provider: string;
  outcome: 'renewed' | 'needs_reconnect' | 'failed';
  /** In words, of what did not work. */
  problem?: string;
  error?: string;
}

export interface RenewerParts {
  renewals: RenewalVerbs;
  kept: KeptSecrets;
  apps: OAuthApps;
  tokens: TokenClient;
  connectors: readonly ConnectorDefinition[];
  clock: Clock;
  random: Random;
  log: Log;
  /** Writes it down. Awaited; what it throws is logged. */
  report: (report: RenewalReport) => Promise<void>;
}

/** What is shown of a renewal that failed. */
export interface RenewalProblem {
  error: string;
  says: string;
  atMs: number;
  /** The renewal before had been cut off. */
  interrupted?: true;
}

const BACKOFF_BASE_MS = 5_000;
const BACKOFF_CAP_MS = 15 * 60_000;
/** A token that was made just now and is refused all the same is not made again: that would not end. */
const FRESH_MS = 60_000;
const POLL_MS = 100;
const POLL_CAP_MS = 1_000;
/** How often a new token is offered to a store that does not answer. */
const STORE_TRIES = 8;
/** Spreads out what was made together. */
const JITTER = 0.05;

export class Renewer {
  readonly #parts: RenewerParts;
  readonly #running = new Map<string, Promise<OAuthCredential>>();
  readonly #parsed = new Map<string, { text: string; credential: OAuthCredential }>();

  constructor(parts: RenewerParts) {
    this.#parts = parts;
  }

  /** Longer than any request under it, so that who holds it has an answer before another begins. */
  get leaseMs(): number {
    return Math.ceil(this.#parts.tokens.parts.timeoutMs * 1.5);
  }

  /**
   * A token that is good now.
   *
   * @param text the credential as it is kept
   * @throws AppError `needs_reconnect`, `provider_unavailable`, `config_invalid`, and what the vault throws
   */
  async token(connection: Renewable, text: string): Promise<string> {
    const credential = this.#parse(connection.id, text);
    if (credential === undefined) throw new AppError('vault_tampered', { what: `credential of ${connection.id}` });
    const nowMs = this.#parts.clock.nowMs();
    const dueAtMs = renewAtMs(credential);
    if (dueAtMs === undefined || nowMs < dueAtMs) return credential.access_token;
    const { auth } = this.#connector(connection);
    if (nowMs < credential.expiresAtMs!) {
      if (isRenewable(credential, auth.refresh)) this.#beside(connection);
      return credential.access_token;
    }
    const renewed = await this.#renewed(connection, (known) => isGood(known, this.#parts.clock.nowMs()));
    return renewed.access_token;
  }

  /**
   * A token that the provider has just refused: another one if there is one or can be had.
   *
   * @returns whether a call makes sense again
   * @throws AppError as {@link token}
   */
  async refused(connection: Renewable, token: string): Promise<boolean> {
    const { kept, clock } = this.#parts;
    kept.forget(connection.scope, 'connection', connection.id);
    const row = await kept.row(connection.scope, 'connection', connection.id);
    const credential = parseCredential(kept.open(connection.scope, row));
    if (credential === undefined) return false;
    // Somebody has renewed it since it was read.
    if (credential.access_token !== token) return true;
    if (clock.nowMs() - credential.obtainedAtMs < FRESH_MS) return false;
    const { auth } = this.#connector(connection);
    if (!isRenewable(credential, auth.refresh)) {
      await this.#end(connection, { error: 'token_refused', says: 'it does not accept this access any more' });
      return false;
    }
    const renewed = await this.#renewed(connection, (known) => known.access_token !== token);
    return renewed.access_token !== token;
  }

  /** For one that is due by schedule. Nothing is thrown: what came of it is written down. */
  async renewIdle(connection: Renewable): Promise<void> {
    const isFresh = (known: OAuthCredential): boolean => (renewAtMs(known) ?? Infinity) > this.#parts.clock.nowMs();
    await this.#renewed(connection, isFresh).catch((error: unknown) => this.#note(connection, error));
  }

  /** In how long the next renewal is due, a little earlier than it must be; `undefined` for never. */
  dueInMs(credential: OAuthCredential, connector: ConnectorDefinition): number | undefined {
    const { clock, random } = this.#parts;
    const dueAtMs = renewAtMs(credential);
    if (dueAtMs === undefined || !hasAuth(connector) || !isRenewable(credential, connector.auth.refresh)) {
      return undefined;
    }
    const early = (dueAtMs - credential.obtainedAtMs) * JITTER * random.float();
    return Math.max(0, Math.round(dueAtMs - early - clock.nowMs()));
  }

  #beside(connection: Renewable): void {
    void this.renewIdle(connection);
  }

  #note({ id }: Renewable, error: unknown): void {
    const { log } = this.#parts;
    if (isAppError(error)) log('debug', 'a token was not renewed', { connection: id, code: error.code });
    else log('error', 'a token could not be renewed', { connection: id, cause: error });
  }

  /** One at a time in this process; all who come meanwhile get what it comes to. */
  async #renewed(connection: Renewable, isDone: (known: OAuthCredential) => boolean): Promise<OAuthCredential> {
    const key = `${connection.scope.environment} ${connection.scope.tenant} ${connection.id}`;
    const running = this.#running.get(key);
    if (running !== undefined) return await running;
    const renewal = this.#renew(connection, isDone).finally(() => this.#running.delete(key));
    this.#running.set(key, renewal);
    return await renewal;
  }

  /** Takes the lease, or waits for what its holder stores. */
  async #renew(connection: Renewable, isDone: (known: OAuthCredential) => boolean): Promise<OAuthCredential> {
    const { renewals, clock } = this.#parts;
    const { scope, id } = connection;
    for (let waitMs = POLL_MS; ; waitMs = Math.min(waitMs * 1.5, POLL_CAP_MS)) {
      const { credential: known } = await this.#current(connection);
      if (isDone(known)) return known;
      await this.#refuseEarly(connection);
      const begun = await renewals.begin(scope, id, this.leaseMs);
      if (begun.kind === 'begun') return await this.#underLease(connection, isDone, begun);
      await clock.sleep(Math.min(waitMs, begun.remainingMs));
    }
  }

  /** What failed a moment ago is not tried again by every caller. */
  async #refuseEarly(connection: Renewable): Promise<void> {
    const { renewals, clock } = this.#parts;
    const row = await renewals.get(connection.scope, connection.id);
    const problem = parseProblem(row?.problem);
    if (row === undefined || problem === undefined) return;
    if (row.dueAtMs === undefined) throw this.#mustReconnect(connection, problem.says);
    const waitMs = row.dueAtMs - clock.nowMs();
    if (waitMs > 0) throw this.#unavailable(connection, problem.says, waitMs);
  }

  async #underLease(
    connection: Renewable,
    isDone: (known: OAuthCredential) => boolean,
    { fence, failures, interrupted }: { fence: number; failures: number; interrupted: boolean },
  ): Promise<OAuthCredential> {
    const { renewals, kept } = this.#parts;
    const { scope, id } = connection;
    try {
      // Read again: what others stored before we had the lease is there now.
      const { row, credential } = await this.#current(connection);
      const connector = this.#connector(connection);
      if (isDone(credential)) {
        const dueInMs = this.dueInMs(credential, connector);
        await renewals.settle(scope, id, { fence, ...(dueInMs !== undefined && { dueInMs }) });
        return credential;
      }
      const outcome = await this.#ask(connection, connector, credential);
      if (outcome.kind === 'granted') return await this.#store(connection, connector, row, credential, outcome, fence);
      return await this.#fail(connection, row, outcome, { fence, failures, interrupted });
    } catch (error) {
      // Nothing was asked for, or nothing came of it: the next one need not wait for the lease to end.
      if (!isAppError(error, 'needs_reconnect') && !isAppError(error, 'provider_unavailable')) {
        const problem = JSON.stringify({
          error: 'internal',
          says: 'it could not be asked for',
          atMs: this.#parts.clock.nowMs(),
        });
        const settlement = { fence, failed: true as const, problem, dueInMs: this.#backoffMs(failures) };
        await renewals.settle(scope, id, settlement).catch(() => undefined);
      }
      throw error;
    } finally {
      kept.forget(scope, 'connection', id);
    }
  }

  async #ask(connection: Renewable, connector: ConnectorWithAuth, credential: OAuthCredential): Promise<TokenOutcome> {
    const { apps, tokens } = this.#parts;
    const needsClient =
      credential.grant.type === 'authorization_code' || credential.grant.type === 'client_credentials';
    const client = needsClient
      ? await apps.of(connection.scope, connector)
      : { client_id: connector.provider, client_secret: '' };
    return await newToken(tokens, { connector, baseUrl: connection.baseUrl, client }, credential);
  }

  /** On the disk first; only then is it anybody's to use. */
  async #store(
    connection: Renewable,
    connector: ConnectorWithAuth,
    row: SecretRow,
    before: OAuthCredential,
    { token }: Extract<TokenOutcome, { kind: 'granted' }>,
    fence: number,
  ): Promise<OAuthCredential> {
    const { kept, clock } = this.#parts;
    const { scope, id } = connection;
    const { refresh } = connector.auth;
    const after = credentialOf(before.grant, token, refresh, clock.nowMs(), before);
    kept.handedOut(after.access_token, after.refresh_token);
    const facts = { oauth: shownFacts(after, refresh) };
    const credential = kept.next(scope, row, JSON.stringify(after), facts);
    const dueInMs = this.dueInMs(after, connector);
    const settlement = { fence, credential, state: 'connected' as const, ...(dueInMs !== undefined && { dueInMs }) };
    const settled = await this.#settle(connection, settlement);
    if (settled === 'conflict') return (await this.#current(connection)).credential;
    kept.forget(scope, 'connection', id);
    await this.#report(connection, { outcome: 'renewed' });
    return after;
  }

  /** A token that is lost here may be lost for good, so a store that does not answer is asked again. */
  async #settle({ scope, id }: Renewable, settlement: RenewalSettlement): Promise<'settled' | 'conflict'> {
    const { renewals, clock } = this.#parts;
    for (let tries = 1; ; tries++) {
      try {
        return await renewals.settle(scope, id, settlement);
      } catch (error) {
        if (!isAppError(error, 'store_unavailable') || tries === STORE_TRIES) throw error;
        await clock.sleep(Math.min(50 * 2 ** tries, 5_000));
      }
    }
  }

  async #fail(
    connection: Renewable,
    asked: SecretRow,
    outcome: Exclude<TokenOutcome, { kind: 'granted' }>,
    { fence, failures, interrupted }: { fence: number; failures: number; interrupted: boolean },
  ): Promise<OAuthCredential> {
    const { renewals, clock } = this.#parts;
    const { scope, id } = connection;
    const { row, credential } = await this.#current(connection);
    // Another one came first, and its token is good: ours was refused because the old one had been used.
    if (row.version !== asked.version) {
      const dueInMs = this.dueInMs(credential, this.#connector(connection));
      await renewals.settle(scope, id, { fence, ...(dueInMs !== undefined && { dueInMs }) });
      return credential;
    }
    const isEnded = outcome.kind === 'refused' && outcome.why === 'ended';
    const cut = interrupted && isEnded ? { interrupted: true as const } : {};
    const problem: RenewalProblem = {
      error: outcome.error,
      says: words(outcome.says, cut),
      atMs: clock.nowMs(),
      ...cut,
    };
    const base = { fence, failed: true as const, problem: JSON.stringify(problem) };
    if (isEnded) {
      await this.#settle(connection, { ...base, state: 'needs_reconnect' });
      await this.#report(connection, { outcome: 'needs_reconnect', problem: problem.says, error: problem.error });
      throw this.#mustReconnect(connection, problem.says);
    }
    const asksMs = outcome.kind === 'failed' ? (outcome.waitMs ?? 0) : 0;
    const dueInMs = Math.max(asksMs, this.#backoffMs(failures));
    await this.#settle(connection, { ...base, dueInMs });
    await this.#report(connection, { outcome: 'failed', problem: problem.says, error: problem.error });
    if (isGood(credential, clock.nowMs())) return credential;
    throw this.#unavailable(connection, problem.says, dueInMs);
  }

  /** The provider does not take this token any more, and nobody can renew it. */
  async #end(connection: Renewable, { error, says }: { error: string; says: string }): Promise<void> {
    const { renewals, clock } = this.#parts;
    const problem = JSON.stringify({ error, says, atMs: clock.nowMs() } satisfies RenewalProblem);
    const settlement = { failed: true as const, problem, state: 'needs_reconnect' as const };
    await renewals.settle(connection.scope, connection.id, settlement);
    await this.#report(connection, { outcome: 'needs_reconnect', problem: says, error });
  }

  async #report(connection: Renewable, what: Pick<RenewalReport, 'outcome' | 'problem' | 'error'>): Promise<void> {
    const { scope, id, provider } = connection;
    const { report, log } = this.#parts;
    await report({ scope, id, provider, ...what }).catch((cause: unknown) =>
      log('error', 'a renewal could not be written down', { connection: id, cause }),
    );
  }

  /** As it is in the store now. */
  async #current({ scope, id }: Renewable): Promise<{ row: SecretRow; credential: OAuthCredential }> {
    const { kept } = this.#parts;
    const row = await kept.row(scope, 'connection', id).catch((error: unknown) => {
      if (isAppError(error, 'not_found')) throw new AppError('secret_destroyed', { what: `connection ${id}` });
      throw error;
    });
    const credential = parseCredential(kept.open(scope, row));
    if (credential === undefined) throw new AppError('vault_tampered', { what: `credential of ${id}` });
    kept.handedOut(credential.access_token, credential.refresh_token);
    return { row, credential };
  }

  #parse(id: string, text: string): OAuthCredential | undefined {
    const known = this.#parsed.get(id);
    if (known?.text === text) return known.credential;
    const credential = parseCredential(text);
    if (credential === undefined) return undefined;
    this.#parts.kept.handedOut(credential.access_token, credential.refresh_token);
    if (this.#parsed.size >= 10_000) this.#parsed.delete(this.#parsed.keys().next().value!);
    this.#parsed.set(id, { text, credential });
    return credential;
  }

  #connector({ provider }: Renewable): ConnectorWithAuth {
    const found = this.#parts.connectors.find((one) => one.provider === provider);
    if (found !== undefined && hasAuth(found)) return found;
    throw new AppError('config_invalid', { where: provider, problem: 'its connector knows no OAuth any more' });
  }

  #backoffMs(failures: number): number {
    const ms = Math.min(BACKOFF_BASE_MS * 2 ** Math.min(failures, 20), BACKOFF_CAP_MS);
    return Math.round(ms * (1 + 0.2 * this.#parts.random.float()));
  }

  #mustReconnect({ id, provider }: Renewable, says: string): AppError {
    const problem = `${says}. Connect it again: fairlead connection connect ${provider} --reconnect ${id}`;
    return new AppError('needs_reconnect', { connection: id, provider: this.#title(provider), problem });
  }

  #unavailable({ provider }: Renewable, problem: string, retryAfterMs: number): AppError {
    const full = `the access has ended and could not be renewed: ${problem}`;
    return new AppError('provider_unavailable', { provider: this.#title(provider), problem: full, retryAfterMs });
  }

  #title(provider: string): string {
    return this.#parts.connectors.find((one) => one.provider === provider)?.title ?? provider;
  }
}

function isGood({ expiresAtMs }: OAuthCredential, nowMs: number): boolean {
  return expiresAtMs === undefined || nowMs < expiresAtMs;
}

function words(says: string, { interrupted }: { interrupted?: true }): string {
  return interrupted === true ? `${says}; a renewal before had been cut off` : says;
}

export function parseProblem(text: string | undefined): RenewalProblem | undefined {
  if (text === undefined) return undefined;
  return JSON.parse(text) as RenewalProblem;
}
