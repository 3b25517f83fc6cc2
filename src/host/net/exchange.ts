/**
 * One request and its answer on a pool of connections: no retry, no redirect, no decoding.
 *
 * @module
 */
import type { Dispatcher } from 'undici';
import { AppError } from '../../core/errors.js';
import type { AnswerPieces, HttpAnswer, HttpRequest, HttpResult, NetFailure } from '../../core/ports.js';
import { codeOf, failed, kindOf } from './net-failure.js';
import type { Stop } from './stop.js';

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** Headers that belong to the connection or are derived from the URL and the body. */
const NOT_YOURS =
  /^(?:host|connection|content-length|transfer-encoding|keep-alive|upgrade|expect|te|trailer|proxy-.*|:.*)$/i;

/** What nearly every request has. */
const PLAIN = new Set(['accept', 'authorization', 'content-type', 'idempotency-key', 'user-agent']);

/** Methods that make a proxy or a mirror of the other side. */
const METHOD = /^(?!CONNECT$|TRACE$)[A-Z]{1,20}$/;

/** What is wrong with the request itself, before anything is opened. */
export function requestProblem({ method, headers }: HttpRequest): string | undefined {
  if (!METHOD.test(method)) return 'the method is not allowed';
  const reserved = Object.keys(headers).find((name) => !PLAIN.has(name) && NOT_YOURS.test(name));
  return reserved === undefined ? undefined : `the header ${reserved.slice(0, 40)} cannot be set`;
}

/**
 * Sends the request and collects the answer. Resolves always: with the answer, cut at `maxAnswerBytes`, or with the
 * failure. `sent` turns to `maybe` immediately before undici writes the first header.
 */
export function exchange(
  pool: Dispatcher,
  request: HttpRequest,
  path: string,
  place: string,
  stop: Stop,
): Promise<HttpResult> {
  return new Promise((resolve) => {
    const exchange = new Exchange(request, place, stop, resolve);
    stop.listen((reason) => exchange.end(reason));
    pool.dispatch(
      {
        method: request.method as Dispatcher.HttpMethod,
        path,
        headers: headersOf(request),
        body: bodyOf(request),
      },
      exchange,
    );
  });
}

/** Names and values in turns, as undici reads them. The length only of a stream: of everything else it is derived. */
function headersOf({ headers, bodyStream }: HttpRequest): string[] {
  const list: string[] = [];
  for (const name of Object.keys(headers)) {
    if (name !== 'accept-encoding') list.push(name, headers[name]!);
  }
  if (bodyStream?.bytes !== undefined) list.push('content-length', String(bodyStream.bytes));
  list.push('accept-encoding', 'identity');
  return list;
}

function bodyOf({ body, bodyStream }: HttpRequest): Dispatcher.DispatchOptions['body'] {
  // undici takes every iterable; its types name the readable stream alone.
  if (bodyStream !== undefined) return bodyStream.pieces as unknown as Dispatcher.DispatchOptions['body'];
  return body ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : null;
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #stop: Stop;
  readonly #place: string;
  readonly #resolve: (result: HttpResult) => void;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #status = 0;
  #headers: Record<string, string> = {};
  #sent: NetFailure['sent'] = 'no';
  #settled = false;
  #controller: Dispatcher.DispatchController | undefined;
  #pieces: AnswerPieces | undefined;

  constructor(request: HttpRequest, place: string, stop: Stop, resolve: (result: HttpResult) => void) {
    this.#request = request;
    this.#stop = stop;
    this.#place = place;
    this.#resolve = resolve;
  }

  /** Ends it from our side. A request that still waits for its connection is dropped when its turn comes. */
  end(reason: 'timeout' | 'aborted'): void {
    this.#settle(failed(reason, this.#sent, this.#place));
    this.#abort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) return this.#abort();
    this.#sent = 'maybe';
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = joined(headers);
    this.#pieces = this.#request.onHead?.({ status, headers: this.#headers });
    if (this.#pieces !== undefined) this.#stop.restart(this.#pieces.timeoutMs);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    if (this.#pieces !== undefined) return this.#passOn(this.#pieces, chunk);
    const room = this.#request.maxAnswerBytes - this.#bytes;
    this.#chunks.push(chunk.subarray(0, room));
    this.#bytes += Math.min(chunk.byteLength, room);
    if (chunk.byteLength <= room) return;
    this.#settle({ ok: true, answer: this.#answer(true) });
    this.#abort();
  }

  /** Nothing more is read until it was taken, so that a slow taker slows the other side down. */
  #passOn(pieces: AnswerPieces, chunk: Buffer): void {
    // undici tells an empty piece when it goes on; pausing there would never end.
    if (chunk.byteLength === 0) return;
    this.#bytes += chunk.byteLength;
    if (this.#bytes > pieces.maxBytes) return this.end('aborted');
    this.#controller?.pause();
    pieces.write(chunk).then(
      () => this.#controller?.resume(),
      () => this.end('aborted'),
    );
  }

  onResponseEnd(): void {
    this.#settle({ ok: true, answer: this.#answer(false) });
  }

  onResponseError(_controller: unknown, error: Error): void {
    const code = codeOf(error) || error.name;
    this.#settle(failed(kindOf(error, this.#sent), this.#sent, `${this.#place}: ${code}`));
  }

  /** Every member by its name, not by spreading: each object that a spread begins has a shape of its own in V8. */
  #answer(truncated: boolean): HttpAnswer {
    const [status, headers] = [this.#status, this.#headers];
    if (this.#pieces === undefined) return { status, headers, truncated, body: this.#body() };
    return { status, headers, truncated, body: new Uint8Array(), streamedBytes: this.#bytes };
  }

  #body(): Uint8Array {
    if (this.#chunks.length === 1) return plainBytes(this.#chunks[0]!);
    const body = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      body.set(chunk, at);
      at += chunk.byteLength;
    }
    return body;
  }

  #abort(): void {
    this.#controller?.abort(new AppError('cancelled', { operation: 'exchange' }));
  }

  #settle(result: HttpResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve(result);
  }
}

function joined(headers: Headers): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return plain;
}

/** As they came, for who expects no Buffer. */
function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
