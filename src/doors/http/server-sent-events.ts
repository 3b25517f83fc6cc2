/**
 * A stream of rows as server-sent events (HTML Living Standard, section 9.2): `id` is the place of the row, which a
 * client that was cut off sends back as Last-Event-ID.
 *
 * Nothing piles up here: the next row is asked for when the client has taken the last. Who takes nothing for a while is
 * cut off, and a stream ends after a quarter of an hour, so that a key that was revoked is asked for again.
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
/** How long a browser waits before it comes back, in milliseconds. */
const RETRY = 'retry: 2000\n\n';

type Next = { kind: 'row'; text: string } | { kind: 'silence' } | { kind: 'end' };

/** The open streams of a process. */
export class EventStreams {
  readonly #clock: Clock;
  #open = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws AppError `overloaded` when there are too many already */
  admit(): void {
    if (this.#open >= STREAMS_MAX)
      throw new AppError('overloaded', { problem: `There are ${STREAMS_MAX} open streams already.` });
  }

  answer(
    rows: TextStream,
    placeOf: NonNullable<Operation['resumes']>,
    headers: Record<string, string>,
    abort: AbortController,
  ): Response {
    this.#open += 1;
    const pieces = new EventPieces(this.#clock, rows, placeOf);
    let cancelWatch = (): void => {};
    const close = (): void => {
      cancelWatch();
      if (!pieces.isOver) this.#open -= 1;
      pieces.end();
      abort.abort();
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
  readonly #placeOf: NonNullable<Operation['resumes']>;
  readonly #endAtMs: number;
  /** Asked for and not here yet: it outlives a heartbeat. */
  #awaited: Promise<Next> | undefined;
  #begun = false;
  isOver = false;

  constructor(clock: Clock, rows: TextStream, placeOf: NonNullable<Operation['resumes']>) {
    this.#clock = clock;
    this.#rows = rows[Symbol.asyncIterator]();
    this.#placeOf = placeOf;
    this.#endAtMs = clock.monotonicMs() + STREAM_MS;
    // What happens from now on is in it, whenever the client begins to read.
    this.#awaited = this.#asked();
  }

  /** `undefined` at the end. */
  async next(): Promise<string | undefined> {
    if (!this.#begun) {
      this.#begun = true;
      return RETRY;
    }
    if (this.isOver || this.#clock.monotonicMs() >= this.#endAtMs) return undefined;
    const next = await this.#rowOrSilence();
    if (next.kind === 'end') return undefined;
    return next.kind === 'silence' ? ': still here\n\n' : this.#eventsIn(next.text);
  }

  end(): void {
    this.isOver = true;
    void this.#rows.return?.();
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
        return `id: ${this.#placeOf(row)}\ndata: ${line}\n\n`;
      })
      .join('');
  }
}
