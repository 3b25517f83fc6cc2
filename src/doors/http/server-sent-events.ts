/**
 * A stream of rows as server-sent events (HTML Living Standard, section 9.2): `id` is the place of the row, which a
 * client that was cut off sends back as Last-Event-ID.
 *
 * Nothing piles up here: the next row is asked for when the client has taken the last. Who takes nothing for a while is
 * cut off. Whether the credential is still good is asked again every quarter of a minute, and a stream ends after a
 * quarter of an hour.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import type { TextStream } from '../../core/operation.js';
import type { Clock } from '../../core/ports.js';
import type { Operation } from '../../operations/index.js';

const HEARTBEAT_MS = 15_000;
/** How long a client may leave a piece untaken. */
const SLOW_MS = 30_000;
const STREAM_MS = 15 * 60_000;
const STREAMS_MAX = 256;
/** Of one principal, so that it leaves room for others. */
const STREAMS_EACH_MAX = 32;
/** How long a browser waits before it comes back, in milliseconds. */
const RETRY = 'retry: 2000\n';

type Next = { kind: 'row'; text: string } | { kind: 'silence' } | { kind: 'end' };

/** What a stream is made of. */
export interface StreamParts {
  rows: TextStream;
  placeOf: NonNullable<Operation['resumes']>;
  /** Throws when the credential is not good any more. */
  isStillAllowed: () => Promise<unknown>;
  /** Gives the place back that was taken, and ends what is behind the stream. */
  end: () => void;
}

/** The open streams of a process. */
export class EventStreams {
  readonly #clock: Clock;
  readonly #open = new Map<string, number>();
  #all = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes a place among them.
   *
   * @param holder whose stream it is
   * @returns what gives the place back, once
   * @throws AppError `overloaded` when there are too many already
   */
  admit(holder: string): () => void {
    const own = this.#open.get(holder) ?? 0;
    if (own >= STREAMS_EACH_MAX || this.#all >= STREAMS_MAX) {
      const problem =
        own >= STREAMS_EACH_MAX
          ? `This key has ${own} open streams already.`
          : `There are ${this.#all} open streams already.`;
      throw new AppError('overloaded', { problem });
    }
    this.#all += 1;
    this.#open.set(holder, own + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#all -= 1;
      const left = this.#open.get(holder)! - 1;
      if (left === 0) this.#open.delete(holder);
      else this.#open.set(holder, left);
    };
  }

  answer(parts: StreamParts, headers: Record<string, string>): Response {
    const pieces = new EventPieces(this.#clock, parts);
    let cancelWatch = (): void => {};
    const close = (): void => {
      cancelWatch();
      pieces.end();
      parts.end();
    };
    const encoder = new TextEncoder();
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          cancelWatch();
          const text = await pieces.next().catch((error: unknown) => {
            close();
            throw error;
          });
          if (text === undefined) {
            close();
            return controller.close();
          }
          controller.enqueue(encoder.encode(text));
          cancelWatch = this.#clock.after(SLOW_MS, () => {
            close();
            controller.error(new AppError('timeout', { operation: 'stream', limitMs: SLOW_MS }));
          });
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    );
    const own = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
    return new Response(stream, { headers: { ...headers, ...own } });
  }
}

/** What is sent, piece by piece: how long to wait before coming back, then rows, and a comment after each silence. */
class EventPieces {
  readonly #clock: Clock;
  readonly #rows: AsyncIterator<string>;
  readonly #parts: StreamParts;
  readonly #endAtMs: number;
  #askAtMs: number;
  /** Asked for and not here yet: it outlives a heartbeat. */
  #awaited: Promise<Next> | undefined;
  #begun = false;
  isOver = false;

  constructor(clock: Clock, parts: StreamParts) {
    this.#clock = clock;
    this.#parts = parts;
    this.#rows = parts.rows[Symbol.asyncIterator]();
    const nowMs = clock.monotonicMs();
    this.#endAtMs = nowMs + STREAM_MS;
    this.#askAtMs = nowMs + HEARTBEAT_MS;
    // What happens from now on is in it, whenever the client begins to read.
    this.#awaited = this.#asked();
  }

  /** `undefined` at the end. */
  async next(): Promise<string | undefined> {
    if (!this.#begun) {
      this.#begun = true;
      const { begins } = this.#parts.rows;
      return begins === undefined ? `${RETRY}\n` : `${RETRY}id: ${begins}\n\n`;
    }
    if (this.isOver || this.#clock.monotonicMs() >= this.#endAtMs) return undefined;
    const next = await this.#rowOrSilence();
    if (!(await this.#isStillAllowed())) return undefined;
    if (next.kind === 'end') return undefined;
    return next.kind === 'silence' ? ': still here\n\n' : this.#eventsIn(next.text);
  }

  end(): void {
    this.isOver = true;
    void this.#rows.return?.();
  }

  /** Asked before anything is said, not at every row. Whoever may not read any more finds that out when they come back. */
  async #isStillAllowed(): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#askAtMs) return true;
    this.#askAtMs = nowMs + HEARTBEAT_MS;
    return await this.#parts.isStillAllowed().then(
      () => true,
      () => false,
    );
  }

  async #rowOrSilence(): Promise<Next> {
    const awaited = (this.#awaited ??= this.#asked());
    const awake = new AbortController();
    const silence = this.#clock.sleep(HEARTBEAT_MS, awake.signal).then((): Next => ({ kind: 'silence' }));
    const next = await Promise.race([awaited, silence]);
    awake.abort();
    if (next.kind !== 'silence') this.#awaited = undefined;
    return next;
  }

  #asked(): Promise<Next> {
    const asked = this.#rows
      .next()
      .then(({ done, value }): Next => (done === true ? { kind: 'end' } : { kind: 'row', text: value }));
    // Whoever waits for it hears of it; until then it is nobody's.
    asked.catch(() => undefined);
    return asked;
  }

  #eventsIn(text: string): string {
    const lines = text.split('\n').filter((line) => line !== '');
    return lines
      .map((line) => {
        const row = JSON.parse(line) as Record<string, unknown>;
        return `id: ${this.#parts.placeOf(row)}\ndata: ${line}\n\n`;
      })
      .join('');
  }
}
