/**
 * Reads a request body under limits: bytes per request while they stream in, and bytes in flight over all requests.
 *
 * @module
 */

/** The part of node:http's IncomingMessage that the reader touches, so that this lane imports no sockets. */
export interface IncomingBody {
  headers: Record<string, string | string[] | undefined>;
  readableEnded?: boolean;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  pause(): unknown;
}

export type BodyResult =
  { ok: true; body: Buffer; release: () => void } | { ok: false; problem: 'too_large' | 'over_budget' | 'incomplete' };

/** Bytes of request bodies in memory, over all requests. */
export class ByteBudget {
  #used = 0;
  constructor(private readonly maxBytes: number) {}

  take(bytes: number): boolean {
    if (this.#used + bytes > this.maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }

  get used(): number {
    return this.#used;
  }
}

/** Calls `done` exactly once: with the whole body, or with what went wrong. The caller releases the budget. */
export function readBody(
  request: IncomingBody,
  limitBytes: number,
  budget: ByteBudget,
  done: (result: BodyResult) => void,
): void {
  const declared = Number(request.headers['content-length'] ?? NaN);
  if (declared > limitBytes) return done({ ok: false, problem: 'too_large' });
  const chunks: Buffer[] = [];
  let size = 0;
  let ended = false;

  const finish = (result: BodyResult): void => {
    if (ended) return;
    ended = true;
    if (!result.ok) {
      request.off('data', onData);
      budget.give(size);
      request.pause();
    }
    done(result);
  };
  const onData = (chunk: Buffer): void => {
    if (size + chunk.length > limitBytes) return finish({ ok: false, problem: 'too_large' });
    if (!budget.take(chunk.length)) return finish({ ok: false, problem: 'over_budget' });
    size += chunk.length;
    chunks.push(chunk);
  };
  request.on('data', onData);
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
    finish({ ok: true, body, release: () => budget.give(size) });
  });
  request.on('error', () => finish({ ok: false, problem: 'incomplete' }));
  request.on('close', () => finish({ ok: false, problem: 'incomplete' }));
}
