/** The answer to a raw read that goes to its caller as it comes: what is passed on so, how much, and for how long. @module */
import type { AnswerPieces, HttpAnswer } from '../core/ports.js';
import type { AnswerSink } from '../core/raw-request.js';
import { passedOn } from './raw-answer.js';

/** Deadline of an exchange with a body that goes through in pieces. */
export const STREAM_TIMEOUT_MS = 15 * 60_000;
const STREAM_BYTES_MAX = 4 * 1024 * 1024 * 1024;

/** What connectors read to find errors in it, and what is searched for secrets. */
const UNDERSTOOD = /^(?:text\/|application\/(?:[\w.+-]+\+)?(?:json|xml)\b|application\/x-www-form-urlencoded)/i;

export class Streaming {
  /** Whether the caller has the head of an answer. */
  begun = false;
  readonly #sink: AnswerSink | undefined;
  readonly #base: string;

  constructor(sink: AnswerSink | undefined, base: string) {
    this.#sink = sink;
    this.#base = base;
  }

  /** Takes successful answers that nobody has to understand: files, images. */
  onHead({ status, headers }: Pick<HttpAnswer, 'status' | 'headers'>): AnswerPieces | undefined {
    const type = headers['content-type'] ?? '';
    const sink = this.#sink;
    if (sink === undefined || status < 200 || status > 206 || type === '' || UNDERSTOOD.test(type)) return undefined;
    this.begun = true;
    const length = headers['content-length'];
    sink.begin({
      status,
      headers: { ...passedOn(headers), ...(length !== undefined && { 'content-length': length }) },
      base: this.#base,
    });
    return { write: (piece) => sink.write(piece), maxBytes: STREAM_BYTES_MAX, timeoutMs: STREAM_TIMEOUT_MS };
  }
}
