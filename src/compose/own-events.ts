/** What Fairlead itself tells handlers: events like all others, of the provider `fairlead`. @module */
import { createHash } from 'node:crypto';
import { receiptLeaf } from '../audit/index.js';
import { newId } from '../core/ids.js';
import type { Scope } from '../core/scope.js';
import type { HandlerTable } from '../jobs/index.js';
import type { Parts } from '../parts.js';

/** Provider and source of these events. */
export const OWN = 'fairlead';

export interface OwnEvent {
  /** E.g. `connection.needs_reconnect`. */
  type: string;
  /** The same key is the same event. */
  key: string;
  /** What it is about: events of one subject can run in order. */
  subject: string;
  /** Shown to whoever may read events: no secret. */
  body: Readonly<Record<string, unknown>>;
}

export class OwnEvents {
  constructor(
    private readonly parts: Pick<Parts, 'store' | 'clock' | 'random'>,
    private readonly handlers: HandlerTable,
    private readonly wake: () => void,
  ) {}

  /** Stores it with the jobs of its handlers, in one commit. */
  async publish(scope: Scope, { type, key, subject, body: content }: OwnEvent): Promise<void> {
    const { store, clock, random } = this.parts;
    const id = newId('event', clock, random);
    const receivedAtMs = clock.nowMs();
    const body = new TextEncoder().encode(JSON.stringify(content));
    const bodySha256 = new Uint8Array(createHash('sha256').update(body).digest());
    const named = { sourceId: OWN, provider: OWN, type, key, receivedAtMs, bodySha256 };
    const jobs = this.handlers
      .jobsFor(OWN, { key, keyIsSigned: true, type, subject })
      .map((job) => ({ ...job, id: newId('job', clock, random) }));
    const accepted = await store.events.accept(scope, {
      id,
      ...named,
      dedupeKey: new Uint8Array(createHash('sha256').update(`key:${key}`).digest().subarray(0, 16)),
      occurredAtMs: receivedAtMs,
      subject,
      headers: '{"content-type":"application/json"}',
      body,
      sealed: false,
      jobs,
      leaf: receiptLeaf({ ...scope, ...named, eventId: id, bodyBytes: body.byteLength }),
    });
    if (accepted.kind === 'stored' && jobs.length > 0) this.wake();
  }
}
