/**
 * One webhook: verify the exact bytes, name the event, store it with its dedupe keys, jobs and audit leaf, answer.
 *
 * No code path here answers 2xx before `events.accept` has resolved, and nothing unverified reaches it, save through a
 * source whose operator wrote down a reason.
 *
 * @module
 */
import { hash } from 'node:crypto';
import type { ReceiptColumns } from '../core/audit.js';
import { newId } from '../core/ids.js';
import { isAppError } from '../core/errors.js';
import { jsonText } from '../core/json.js';
import type { NewEvent, NewJob } from '../core/event.js';
import type { Clock, Log, Random } from '../core/ports.js';
import type { Store } from '../core/store.js';
import type { Delivery, EventIdentity, HandshakeAnswer } from '../core/webhook.js';
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

  receive(source: ReadySource, delivery: Delivery, url?: string): Promise<IntakeAnswer> {
    try {
      const nowMs = this.parts.clock.nowMs();
      const verdict = this.#verify(source, delivery, nowMs, url);
      const handshake = handshakeOf(source, delivery, nowMs, verdict);
      if (handshake !== undefined) {
        const shaken = this.#shakeHands(source, delivery, nowMs, verdict, handshake);
        return shaken.catch((error: unknown) => this.#failed(source, error));
      }
      return verdict.ok
        ? this.#store(source, delivery, nowMs, verdict)
        : Promise.resolve(this.#refuse(source, verdict));
    } catch (error) {
      return Promise.resolve(this.#failed(source, error));
    }
  }

  async #shakeHands(
    source: ReadySource,
    delivery: Delivery,
    nowMs: number,
    verdict: Verified | Refused,
    handshake: HandshakeAnswer,
  ): Promise<IntakeAnswer> {
    if (handshake.newSecret !== undefined) await this.parts.keepSecret(source, handshake.newSecret);
    if (!handshake.keep || !verdict.ok) return handshake;
    const answer = await this.#store(source, delivery, nowMs, verdict);
    return answer.status < 300 ? handshake : answer;
  }

  #refuse(source: ReadySource, { reason }: Refused): IntakeAnswer {
    this.parts.refusals.count(source, reason);
    return refused(source.refusalStatus, reason);
  }

  #failed(source: ReadySource, error: unknown): IntakeAnswer {
    this.parts.log('error', 'an event could not be stored', {
      source: source.row.id,
      problem: isAppError(error) ? error.message : String(error),
    });
    return unavailable('store_unavailable', RETRY_AFTER_SECONDS);
  }

  #verify(source: ReadySource, delivery: Delivery, nowMs: number, url: string | undefined): Verified | Refused {
    if (source.row.unsignedReason !== undefined) return { ok: true, secretIndex: undefined };
    return source.verify({
      headers: delivery.headers,
      body: delivery.body,
      secrets: source.secrets,
      nowMs,
      method: 'POST',
      url,
      toleranceSeconds: source.row.toleranceSeconds,
    });
  }

  /** Rejects never, throws what a connector throws. */
  #store(source: ReadySource, delivery: Delivery, nowMs: number, { secretIndex }: Verified): Promise<IntakeAnswer> {
    const secretId = source.secretIds[secretIndex ?? -1];
    const parts = source.webhooks.split?.(delivery);
    const stored =
      parts === undefined
        ? this.#accept(source, delivery, nowMs, secretId)
        : Promise.all(parts.map(async (part) => this.#accept(source, part, nowMs, secretId))).then(hasNew);
    return stored.then(
      (isNew) => acknowledged(source.webhooks.ackStatus, isNew),
      (error: unknown) => this.#failed(source, error),
    );
  }

  /** @returns whether the event is new. */
  #accept(source: ReadySource, part: Delivery, nowMs: number, secretId: string | undefined): Promise<boolean> {
    const identity = source.webhooks.identify(part) ?? fallbackIdentity(part);
    const event = this.#event(source, part, identity, nowMs, secretId);
    const hasJobs = event.jobs.length > 0;
    return this.parts.store.events.accept(source.scope, event).then((acceptance) => {
      if (acceptance.kind === 'stored') {
        if (hasJobs) this.parts.onJobs();
        return true;
      }
      return this.parts.noteDuplicate(source, identity, acceptance.eventId).then(() => false);
    });
  }

  #event(
    source: ReadySource,
    delivery: Delivery,
    identity: EventIdentity,
    receivedAtMs: number,
    secretId: string | undefined,
  ): NewEvent {
    const { clock, random, route, sealBody, receiptLeaf } = this.parts;
    const { id: sourceId, provider } = source.row;
    const { tenant, environment } = source.scope;
    const { secretFields, storedHeaders } = source.webhooks;
    const eventId = newId('event', clock, random);
    const bodySha256 = sha256(delivery.body);
    const bodyBytes = delivery.body.byteLength;
    const sealed = secretFields !== undefined && secretFields.length > 0;
    const type = shown(identity.type);
    const key = identity.key.slice(0, KEY_MAX);
    const names = type === identity.type ? identity : { ...identity, type };
    const jobs = route(provider, names).map((job) => named(job, newId('job', clock, random)));
    // Every member by its name, present or not: an object of one shape costs a tenth of one put together by spreads.
    const receipt = {
      eventId,
      sourceId,
      provider,
      type,
      key,
      receivedAtMs,
      bodySha256,
      bodyBytes,
      tenant,
      environment,
      secretId,
    };
    return {
      id: eventId,
      sourceId,
      provider,
      type,
      key,
      dedupeKey: shortHash(`key:${identity.key}`),
      bodyKey: identity.keyIsSigned ? undefined : secondKey(identity, bodySha256),
      occurredAtMs: identity.occurredAtMs,
      receivedAtMs,
      account: identity.account === undefined ? undefined : shown(identity.account),
      subject: identity.subject === undefined ? undefined : shown(identity.subject),
      headers: keptHeaders(delivery.headers, storedHeaders),
      body: sealed ? sealBody(source, eventId, delivery.body) : delivery.body,
      bodySha256,
      sealed,
      secretId,
      jobs,
      leaf: receiptLeaf(receipt),
    };
  }
}

/** The job itself, which was made for this event: a copy costs more than all else about it. */
function named(job: Omit<NewJob, 'id'>, id: string): NewJob {
  return Object.assign(job, { id });
}

type Verified = { ok: true; secretIndex: number | undefined };
type Refused = { ok: false; reason: string };

function handshakeOf(
  { webhooks, secrets, row }: ReadySource,
  { headers, body }: Delivery,
  nowMs: number,
  verdict: Verified | Refused,
): HandshakeAnswer | undefined {
  return webhooks.handshake?.({
    headers,
    body,
    secrets,
    nowMs,
    pairing: (row.pairingUntilMs ?? 0) > nowMs,
    verified: verdict.ok,
    secretIndex: verdict.ok ? verdict.secretIndex : undefined,
  });
}

/** Whether a delivery of several events brought a new one; one of none is taken for new. */
function hasNew(stored: readonly boolean[]): boolean {
  return stored.some(Boolean) || stored.length === 0;
}

/** What the signature covers in place of the delivery id: the body, or the one thing that is signed. */
function secondKey({ signedKey }: EventIdentity, bodySha256: Uint8Array): Uint8Array {
  return signedKey === undefined ? bodyKey(bodySha256) : shortHash(`signed:${signedKey}`);
}

/** A verified body that is not what the connector expects is still an event: kept under the hash of its bytes. */
function fallbackIdentity(delivery: Delivery): EventIdentity {
  return { key: hash('sha256', delivery.body, 'hex'), keyIsSigned: true, type: 'unrecognised' };
}

/** What is shown and indexed is cut; the dedupe key is taken from the whole text before. */
function shown(text: string): string {
  return text.length > SHOWN_MAX ? text.slice(0, SHOWN_MAX) : text;
}

/** JSON of the headers that are kept. */
function keptHeaders(headers: Readonly<Record<string, string>>, names: readonly string[]): string {
  let text = '{';
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) text += `${text === '{' ? '"' : ',"'}${name}":${jsonText(value)}`;
  }
  return text + '}';
}

function bodyKey(bodySha256: Uint8Array): Uint8Array {
  LABELLED.set(bodySha256, BODY_LABEL.length);
  return shortHash(LABELLED);
}

const BODY_LABEL = 'body:';
/** Scratch: the label, then the place of the hash. */
const LABELLED = Buffer.from(BODY_LABEL.padEnd(BODY_LABEL.length + 32));

function shortHash(content: string | Uint8Array): Uint8Array {
  return sha256(content).subarray(0, 16);
}

/** By way of a text into a shared buffer: one of its own for 32 bytes costs twice as much, and the collector again. */
function sha256(content: string | Uint8Array): Uint8Array {
  return Buffer.from(hash('sha256', content, 'binary'), 'latin1');
}
