/**
 * One webhook: verify the exact bytes, name the event, store it with its dedupe keys, jobs and audit leaf, answer.
 *
 * No code path here answers 2xx before `events.accept` has resolved, and nothing unverified reaches it, save through a
 * source whose operator wrote down a reason.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { ReceiptColumns } from '../core/audit.js';
import { newId } from '../core/ids.js';
import { isAppError } from '../core/errors.js';
import type { NewEvent, NewJob } from '../core/event.js';
import type { Clock, Log, Random } from '../core/ports.js';
import type { Store } from '../core/store.js';
import type { Delivery, EventIdentity } from '../core/webhook.js';
import { acknowledged, refused, unavailable, type IntakeAnswer } from './answer.js';
import type { Refusals } from './refusals.js';
import type { ReadySource } from './source-table.js';

/** The jobs an event of this provider and type gives rise to; none means it is kept as `unhandled`. */
export type RouteEvent = (provider: string, identity: EventIdentity) => Omit<NewJob, 'id'>[];

/** Seals the body of a source whose deliveries carry secrets. */
export type SealBody = (source: ReadySource, eventId: string, body: Uint8Array) => Uint8Array;

export interface IntakeParts {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  route: RouteEvent;
  sealBody: SealBody;
  receiptLeaf: (columns: ReceiptColumns) => Uint8Array;
  /** Keeps the secret a handshake handed over. */
  keepSecret: (source: ReadySource, secret: string) => Promise<void>;
  /** Leaves the trace of a delivery that was known already. */
  noteDuplicate: (source: ReadySource, identity: EventIdentity, eventId: string) => Promise<void>;
  refusals: Refusals;
  /** Told after a commit that brought jobs, so that a worker need not wait for its poll. */
  onJobs: () => void;
}

/** Longer keys are cut for show; the dedupe hash covers the whole. */
const KEY_MAX = 256;
const SHOWN_MAX = 256;
const RETRY_AFTER_SECONDS = 5;

/** The intake over values: headers and exact bytes in, an answer out. Never throws. */
export class Intake {
  constructor(private readonly parts: IntakeParts) {}

  async receive(source: ReadySource, delivery: Delivery, url?: string): Promise<IntakeAnswer> {
    const nowMs = this.parts.clock.nowMs();
    const verdict = this.#verify(source, delivery, nowMs, url);
    const handshake = source.webhooks.handshake?.({
      ...delivery,
      secrets: source.secrets,
      nowMs,
      pairing: (source.row.pairingUntilMs ?? 0) > nowMs,
      verified: verdict.ok,
      ...(verdict.ok && verdict.secretIndex !== undefined ? { secretIndex: verdict.secretIndex } : {}),
    });
    if (handshake !== undefined) {
      if (handshake.newSecret !== undefined) await this.parts.keepSecret(source, handshake.newSecret);
      if (!handshake.keep || !verdict.ok) return handshake;
    }
    if (!verdict.ok) {
      this.parts.refusals.count(source, verdict.reason);
      return refused(source.refusalStatus, verdict.reason);
    }
    const answer = await this.#store(source, delivery, nowMs, source.secretIds[verdict.secretIndex ?? -1]);
    return handshake !== undefined && answer.status < 300 ? handshake : answer;
  }

  #verify(
    source: ReadySource,
    delivery: Delivery,
    nowMs: number,
    url: string | undefined,
  ): { ok: true; secretIndex: number | undefined } | { ok: false; reason: string } {
    if (source.row.unsignedReason !== undefined) return { ok: true, secretIndex: undefined };
    return source.verify({
      headers: delivery.headers,
      body: delivery.body,
      secrets: source.secrets,
      nowMs,
      method: 'POST',
      ...(url === undefined ? {} : { url }),
      ...(source.row.toleranceSeconds === undefined ? {} : { toleranceSeconds: source.row.toleranceSeconds }),
    });
  }

  async #store(
    source: ReadySource,
    delivery: Delivery,
    nowMs: number,
    secretId: string | undefined,
  ): Promise<IntakeAnswer> {
    const deliveries = source.webhooks.split?.(delivery) ?? [delivery];
    const events: { event: NewEvent; identity: EventIdentity }[] = [];
    for (const part of deliveries) {
      const identity = bounded(source.webhooks.identify(part) ?? fallbackIdentity(part));
      events.push({ event: this.#event(source, part, identity, nowMs, secretId), identity });
    }
    try {
      const stored = await Promise.all(events.map(({ event, identity }) => this.#accept(source, event, identity)));
      if (events.some(({ event }) => event.jobs.length > 0)) this.parts.onJobs();
      return acknowledged(source.webhooks.ackStatus, stored.some(Boolean) || stored.length === 0);
    } catch (error) {
      this.parts.log('error', 'an event could not be stored', {
        source: source.row.id,
        problem: isAppError(error) ? error.message : String(error),
      });
      return unavailable('store_unavailable', RETRY_AFTER_SECONDS);
    }
  }

  /** @returns whether the event is new. */
  async #accept(source: ReadySource, event: NewEvent, identity: EventIdentity): Promise<boolean> {
    const acceptance = await this.parts.store.events.accept(source.scope, event);
    if (acceptance.kind === 'stored') return true;
    await this.parts.noteDuplicate(source, identity, acceptance.eventId);
    return false;
  }

  #event(
    source: ReadySource,
    delivery: Delivery,
    identity: EventIdentity,
    receivedAtMs: number,
    secretId: string | undefined,
  ): NewEvent {
    const { clock, random, route, sealBody, receiptLeaf } = this.parts;
    const id = newId('event', clock, random);
    const bodySha256 = sha256(delivery.body);
    const sealed = source.webhooks.secretFields !== undefined && source.webhooks.secretFields.length > 0;
    const columns: ReceiptColumns = {
      eventId: id,
      sourceId: source.row.id,
      provider: source.row.provider,
      type: identity.type,
      key: identity.key.slice(0, KEY_MAX),
      receivedAtMs,
      bodySha256,
      bodyBytes: delivery.body.byteLength,
      tenant: source.scope.tenant,
      environment: source.scope.environment,
      ...(secretId === undefined ? {} : { secretId }),
    };
    return {
      ...identity,
      key: identity.key.slice(0, KEY_MAX),
      id,
      sourceId: source.row.id,
      provider: source.row.provider,
      dedupeKey: shortHash(`key:${identity.key}`),
      ...(identity.keyIsSigned ? {} : { bodyKey: secondKey(identity, bodySha256) }),
      receivedAtMs,
      headers: keptHeaders(delivery.headers, source.webhooks.storedHeaders),
      body: sealed ? sealBody(source, id, delivery.body) : delivery.body,
      bodySha256,
      sealed,
      ...(secretId === undefined ? {} : { secretId }),
      jobs: route(source.row.provider, identity).map((job) => ({ ...job, id: newId('job', clock, random) })),
      leaf: receiptLeaf(columns),
    };
  }
}

/** What the signature covers in place of the delivery id: the body, or the one thing that is signed. */
function secondKey({ signedKey }: EventIdentity, bodySha256: Uint8Array): Uint8Array {
  return signedKey === undefined ? shortHash('body:', bodySha256) : shortHash(`signed:${signedKey}`);
}

/** A verified body that is not what the connector expects is still an event: kept under the hash of its bytes. */
function fallbackIdentity(delivery: Delivery): EventIdentity {
  return { key: Buffer.from(sha256(delivery.body)).toString('hex'), keyIsSigned: true, type: 'unrecognised' };
}

/** What is shown and indexed is cut; the dedupe key is taken from the whole text before. */
function bounded(identity: EventIdentity): EventIdentity {
  const { type, account, subject } = identity;
  return {
    ...identity,
    type: type.slice(0, SHOWN_MAX),
    ...(account === undefined ? {} : { account: account.slice(0, SHOWN_MAX) }),
    ...(subject === undefined ? {} : { subject: subject.slice(0, SHOWN_MAX) }),
  };
}

function keptHeaders(headers: Readonly<Record<string, string>>, names: readonly string[]): string {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) kept[name] = value;
  }
  return JSON.stringify(kept);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function shortHash(label: string, bytes?: Uint8Array): Uint8Array {
  const hash = createHash('sha256').update(label);
  if (bytes !== undefined) hash.update(bytes);
  return hash.digest().subarray(0, 16);
}
