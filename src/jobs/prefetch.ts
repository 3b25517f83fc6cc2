/**
 * How many jobs to hold: as many as the handlers get through in a moment, at the pace they have.
 *
 * A turn of the queue costs a commit whatever it settles and claims, so fast handlers want many jobs ahead: 1,024 do
 * three times the work of 64, and 2,048 a fifth more than that. Jobs ahead of slow ones would only keep others from
 * their turn.
 *
 * @module
 */
import { CLAIM_BYTES_MAX } from '../core/job.js';

const LEAST = 64;
const MOST = 2_048;
const AHEAD_MS = 50;
/** Where the disk is slow, a moment is as long as this many turns take. */
const AHEAD_TURNS = 4;
/** Bodies held, beyond which nothing more is claimed. */
const BYTES_MAX = 16 * 1024 * 1024;

export class Prefetch {
  readonly #least: number;
  readonly #most: number;
  #size: number;
  #notedAtMs: number;

  /** @param concurrency how many jobs run at a time */
  constructor(concurrency: number, nowMs: number) {
    this.#least = Math.max(LEAST, concurrency * 4);
    this.#most = Math.max(MOST, this.#least);
    this.#size = this.#least;
    this.#notedAtMs = nowMs;
  }

  /** `ended` jobs have ended since this was last told; the last turn took `turnMs`; `nowMs` is monotonic. */
  note(ended: number, turnMs: number, nowMs: number): void {
    const elapsedMs = Math.max(1, nowMs - this.#notedAtMs);
    this.#notedAtMs = nowMs;
    const paced = Math.ceil((ended / elapsedMs) * Math.max(AHEAD_MS, turnMs * AHEAD_TURNS));
    this.#size = Math.min(this.#most, Math.max(this.#least, paced, this.#size >> 1));
  }

  /** How many more to claim, where so many with so many bytes of bodies are held, and `claiming` are asked for. */
  room(held: number, bytes: number, claiming: number): number {
    const coming = claiming > 0 ? CLAIM_BYTES_MAX : 0;
    return bytes + coming >= BYTES_MAX ? 0 : Math.max(0, this.#size - held - claiming);
  }

  /** So many ended jobs are worth a turn of their own while another is under way. */
  get worthTurn(): number {
    return Math.max(LEAST, this.#size >> 2);
  }
}
