/**
 * Connections on which requests arrive whole, one at a time: read, handed to whoever takes them, answered, without the
 * streams of node:http (ADR 0014). The first request that is anything else takes its connection over to node:http, for
 * good, and so does one that nobody takes.
 *
 * @module
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { readWhole, type WholeRequest } from './whole-request.js';

export interface WholeAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/**
 * Takes a request, and calls `answer` once, later; or returns false, having done nothing, when it is not for it. Does
 * not throw.
 */
export type TakeWhole = (request: WholeRequest, answer: (answer: WholeAnswer) => void) => boolean;

export interface ShortLimits {
  /** How long a connection may stay without its first request ... */
  headersTimeoutMs: number;
  /** ... and between two. */
  keepAliveTimeoutMs: number;
}

export class ShortConnections {
  readonly #open = new Set<ShortConnection>();

  /** @param handOver gives a connection to node:http; what was read of it has been put back. */
  constructor(
    readonly take: TakeWhole,
    readonly limits: ShortLimits,
    readonly handOver: (socket: Socket) => void,
  ) {}

  add(socket: Socket): void {
    const connection = new ShortConnection(socket, this, () => this.#open.delete(connection));
    this.#open.add(connection);
  }

  closeIdle(): void {
    for (const { isBusy, socket } of this.#open) if (!isBusy) socket.destroy();
  }

  closeAll(): void {
    for (const { socket } of this.#open) socket.destroy();
  }
}

class ShortConnection {
  isBusy = false;
  #hasAnswered = false;
  #hasEnded = false;
  /** Came while a request was under way. */
  #early: Buffer | undefined;

  constructor(
    readonly socket: Socket,
    readonly owner: ShortConnections,
    readonly onGone: () => void,
  ) {
    socket.setTimeout(owner.limits.headersTimeoutMs);
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('timeout', this.#onTimeout);
    socket.on('error', this.#onError);
    socket.on('close', onGone);
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.isBusy) {
      // Whoever does not wait for an answer is asked to.
      this.socket.pause();
      this.#early = this.#early === undefined ? bytes : Buffer.concat([this.#early, bytes]);
      return;
    }
    const request = readWhole(bytes);
    this.isBusy = true;
    if (request === undefined || !this.owner.take(request, this.#answer)) this.#leave(bytes);
  };

  readonly #answer = (answer: WholeAnswer): void => {
    const { socket } = this;
    this.isBusy = false;
    if (socket.destroyed) return;
    if (!this.#hasAnswered) {
      this.#hasAnswered = true;
      socket.setTimeout(this.owner.limits.keepAliveTimeoutMs);
    }
    const { text, isLatin1, isLast } = spelled(answer, this.owner.limits.keepAliveTimeoutMs);
    const isTaken = socket.write(text, isLatin1 ? 'latin1' : 'utf8');
    if (this.#hasEnded || isLast) socket.end();
    else if (this.#early !== undefined) this.#leave(this.#early);
    else if (!isTaken) socket.pause();
  };

  readonly #onDrain = (): void => void this.socket.resume();

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (!this.isBusy) this.socket.end();
  };

  readonly #onTimeout = (): void => {
    if (!this.isBusy) this.socket.destroy();
  };

  /** It closes by itself. */
  readonly #onError = (): void => {};

  #leave(bytes: Buffer): void {
    const { socket } = this;
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('timeout', this.#onTimeout);
    socket.off('close', this.onGone);
    socket.setTimeout(0);
    this.onGone();
    socket.pause();
    socket.unshift(bytes);
    this.owner.handOver(socket);
    socket.off('error', this.#onError);
    socket.resume();
  }
}

interface Spelled {
  text: string;
  isLatin1: boolean;
  /** The connection ends with it. */
  isLast: boolean;
}

/** Nearly all answers of a second are the same. */
let last: { answer?: WholeAnswer; atS: number; spelled: Spelled } | undefined;

function spelled(answer: WholeAnswer, keepAliveMs: number): Spelled {
  const atS = Math.floor(Date.now() / 1_000);
  if (last?.answer !== answer || last.atS !== atS) last = { answer, atS, spelled: spell(answer, atS, keepAliveMs) };
  return last.spelled;
}

const PLAIN = /^[\t\x20-\x7e]*$/;
/** In place of a header that would end before its time. */
const BROKEN: WholeAnswer = { status: 500, headers: { connection: 'close' }, body: '' };

function spell({ status, headers, body }: WholeAnswer, atS: number, keepAliveMs: number): Spelled {
  const { connection, 'content-length': _, ...fields } = headers;
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (const [name, value] of Object.entries(fields)) {
    if (!PLAIN.test(value)) return spell(BROKEN, atS, keepAliveMs);
    text += `${name}: ${value}\r\n`;
  }
  if (status !== 204) text += `content-length: ${Buffer.byteLength(body)}\r\n`;
  text += `Date: ${new Date(atS * 1_000).toUTCString()}\r\n`;
  const isLast = connection === 'close';
  if (isLast) text += 'Connection: close\r\n\r\n';
  else text += `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n\r\n`;
  return { text: text + body, isLatin1: PLAIN.test(body), isLast };
}
