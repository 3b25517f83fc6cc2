/**
 * What a simulated provider tells its subscribers: signed when it happens, kept to be looked at, sent over whatever
 * {@link Net} there is.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import type { Net } from '../../core/ports.js';
import { signDelivery, type SchemeRow } from '../../core/signature/index.js';

export interface WebhookSubscription {
  id: string;
  url: string;
  /** Absent means unsigned deliveries, as where a provider allows that. */
  secret?: string;
  /** Types, `*` for all. */
  events: readonly string[];
  /** Takes deliveries in place of the network: a connection that the subscriber holds open. */
  carry?: (delivery: OutgoingWebhook) => void;
}

/** One event on its way to one subscriber. */
export interface OutgoingWebhook {
  id: string;
  type: string;
  subscription: WebhookSubscription;
  headers: Record<string, string>;
  body: Uint8Array;
  createdAtMs: number;
  /** Statuses of the tries so far; 0 when there was no answer. */
  tries: { atMs: number; status: number }[];
}

/** How a provider writes and signs. */
export interface WebhookForm {
  /** Its own row, not the connector's: one must be able to judge the other. */
  scheme: SchemeRow;
  /** The body and the headers beside the signature; `id` names the delivery or the event. */
  compose(event: { type: string; payload: unknown; id: string; nowMs: number; subscription: WebhookSubscription }): {
    headers: Record<string, string>;
    body: string;
  };
  /** Names a delivery. Default: `whd_1`, `whd_2`, ... */
  idOf?(number: number): string;
}

const KEPT_MAX = 10_000;
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024;

export class WebhookOutbox {
  readonly #form: WebhookForm | undefined;
  #subscriptions: WebhookSubscription[] = [];
  readonly #deliveries: OutgoingWebhook[] = [];
  #waiting: OutgoingWebhook[] = [];
  #count = 0;

  constructor(form: WebhookForm | undefined) {
    this.#form = form;
  }

  get subscriptions(): readonly WebhookSubscription[] {
    return this.#subscriptions;
  }

  /** Everything there was to tell, oldest first. */
  get deliveries(): readonly OutgoingWebhook[] {
    return this.#deliveries;
  }

  subscribe({
    id = `sub_${this.#subscriptions.length + 1}`,
    events = ['*'],
    ...rest
  }: Partial<WebhookSubscription> & { url: string }): WebhookSubscription {
    const subscription = { id, events, ...rest };
    this.#subscriptions = [...this.#subscriptions.filter((one) => one.id !== id), subscription];
    return subscription;
  }

  /** @returns whether there was one */
  unsubscribe(id: string): boolean {
    const before = this.#subscriptions.length;
    this.#subscriptions = this.#subscriptions.filter((one) => one.id !== id);
    return this.#subscriptions.length < before;
  }

  /** Composes and signs one delivery for everybody who asked for this type. */
  publish(type: string, payload: unknown, nowMs: number): OutgoingWebhook[] {
    const wanting = this.#subscriptions.filter(({ events }) => events.includes('*') || events.includes(type));
    return wanting.map((subscription) => this.publishTo(subscription, type, payload, nowMs));
  }

  /** The same for one subscriber, whatever it asked for. */
  publishTo(subscription: WebhookSubscription, type: string, payload: unknown, nowMs: number): OutgoingWebhook {
    const id = this.#form?.idOf?.(++this.#count) ?? `whd_${this.#count}`;
    const { headers, body } = this.#written({ type, payload, id, nowMs, subscription });
    return this.#enqueue({ id, type, subscription, headers, body, createdAtMs: nowMs, tries: [] });
  }

  /** Sends a delivery again, as it was; only the signature is of now. */
  redeliver(id: string, nowMs: number): OutgoingWebhook | undefined {
    const known = this.#deliveries.find((one) => one.id === id);
    if (known === undefined) return undefined;
    const headers = {
      ...known.headers,
      ...this.#signed(known.subscription, known.body, known.headers, known.id, nowMs).headers,
    };
    this.#waiting.push(Object.assign(known, { headers }));
    return known;
  }

  /** What has not been sent, which from now on counts as sent. For tests that hand it over themselves. */
  take(): OutgoingWebhook[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Sends what waits, each once. Failures are noted on the delivery. */
  async send(net: Net, nowMs: number): Promise<void> {
    await Promise.all(this.take().map((delivery) => sendOne(net, delivery, nowMs)));
  }

  #written(event: { type: string; payload: unknown; id: string; nowMs: number; subscription: WebhookSubscription }): {
    headers: Record<string, string>;
    body: Uint8Array;
  } {
    const { headers, body } = this.#form?.compose(event) ?? {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event.payload),
    };
    const signed = this.#signed(event.subscription, Buffer.from(body), headers, event.id, event.nowMs);
    return { headers: { ...headers, ...signed.headers }, body: signed.body };
  }

  #signed(
    { secret, url }: WebhookSubscription,
    body: Uint8Array,
    headers: Record<string, string>,
    id: string,
    nowMs: number,
  ): { headers: Record<string, string>; body: Uint8Array } {
    if (secret === undefined || this.#form === undefined) return { headers: {}, body };
    const signed = signDelivery(this.#form.scheme, { body, secret, nowMs, id, url, headers });
    if (!signed.ok) throw new AppError('invalid_argument', { argument: 'secret', problem: signed.reason });
    return signed;
  }

  #enqueue(delivery: OutgoingWebhook): OutgoingWebhook {
    this.#deliveries.push(delivery);
    if (this.#deliveries.length > KEPT_MAX) this.#deliveries.shift();
    const { carry } = delivery.subscription;
    if (carry === undefined) this.#waiting.push(delivery);
    else carry(delivery);
    return delivery;
  }
}

async function sendOne(net: Net, delivery: OutgoingWebhook, nowMs: number): Promise<void> {
  const { subscription, headers, body } = delivery;
  const result = await net.send({
    method: 'POST',
    url: subscription.url,
    headers,
    body,
    timeoutMs: TIMEOUT_MS,
    maxAnswerBytes: ANSWER_BYTES_MAX,
  });
  delivery.tries.push({ atMs: nowMs, status: result.ok ? result.answer.status : 0 });
}
