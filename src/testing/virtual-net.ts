/**
 * A network of functions: what is sent to a place is answered by the route for it, late, wrongly or not at all when a
 * test wants so.
 *
 * @module
 */
import type { Clock, HttpAnswer, HttpRequest, HttpResult, Net, NetFailure } from '../core/ports.js';

/** What a route may give: a whole result, or an answer with what it leaves out filled in (200, no headers, no body). */
export type VirtualAnswer =
  HttpResult | { status?: number; headers?: Record<string, string>; body?: string | Uint8Array | object };

export type Route = (request: HttpRequest) => VirtualAnswer | Promise<VirtualAnswer>;

/**
 * Where an exchange breaks: `connect` before anything is sent, `request` on the way there (sent, but the other side
 * did nothing), `answer` on the way back (the other side did it).
 */
export interface NetFault {
  at: 'connect' | 'request' | 'answer';
  /** Default: `refused` at `connect`, else `reset`. */
  kind?: NetFailure['kind'];
}

export interface VirtualNetOptions {
  clock: Clock;
  /** How long each way takes. Default 0. */
  latencyMs?: number | ((request: HttpRequest) => number);
  /** Asked once for each exchange; `index` counts from 0. */
  faults?: (request: HttpRequest, index: number) => NetFault | undefined;
}

export class VirtualNet implements Net {
  readonly #options: VirtualNetOptions;
  readonly #routes: { method: string; prefix: string; route: Route }[] = [];
  /** All that was asked for, in order, also what was lost on the way. */
  readonly requests: HttpRequest[] = [];

  constructor(options: VirtualNetOptions) {
    this.#options = options;
  }

  /**
   * `net.on('POST https://api.example/v1/', () => ({status: 201, body: {ok: true}}))`. The method may be `*`; a URL
   * matches by its beginning; of several matches the one added last answers.
   */
  on(pattern: string, route: Route): this {
    const [method = '*', prefix = ''] = pattern.split(' ');
    this.#routes.unshift({ method, prefix, route });
    return this;
  }

  send(request: HttpRequest): Promise<HttpResult> {
    const index = this.requests.push(request) - 1;
    const progress: Progress = { sent: 'no' };
    return this.#withDeadline(request, progress, this.#exchange(request, index, progress));
  }

  async #exchange(request: HttpRequest, index: number, progress: Progress): Promise<HttpResult> {
    const { clock, faults } = this.#options;
    const fault = faults?.(request, index);
    if (fault?.at === 'connect') return failure(fault.kind ?? 'refused', 'no');
    const found = this.#routes.find(
      ({ method, prefix }) => (method === '*' || method === request.method) && request.url.startsWith(prefix),
    );
    if (!found) return failure('refused', 'no');
    progress.sent = 'maybe';
    const latencyMs = this.#latencyMs(request);
    if (latencyMs > 0) await clock.sleep(latencyMs);
    if (fault?.at === 'request') return failure(fault.kind ?? 'reset', 'maybe');
    const result = toResult(await found.route(request), request.maxAnswerBytes);
    if (latencyMs > 0) await clock.sleep(latencyMs);
    return fault?.at === 'answer' ? failure(fault.kind ?? 'reset', 'maybe') : result;
  }

  /** As the real one: the whole exchange has one deadline, and a caller that gives up is answered at once. */
  #withDeadline(request: HttpRequest, progress: Progress, exchange: Promise<HttpResult>): Promise<HttpResult> {
    if (request.signal?.aborted) return Promise.resolve(failure('aborted', 'no'));
    return new Promise((resolve, reject) => {
      const end = (kind: 'timeout' | 'aborted') => () => settle(failure(kind, progress.sent));
      const cancel = this.#options.clock.after(request.timeoutMs, end('timeout'));
      const aborted = end('aborted');
      const settle = (result: HttpResult): void => {
        cancel();
        request.signal?.removeEventListener('abort', aborted);
        resolve(result);
      };
      request.signal?.addEventListener('abort', aborted, { once: true });
      exchange.then(settle, reject);
    });
  }

  #latencyMs(request: HttpRequest): number {
    const { latencyMs = 0 } = this.#options;
    return typeof latencyMs === 'number' ? latencyMs : latencyMs(request);
  }
}

interface Progress {
  sent: NetFailure['sent'];
}

function toResult(given: VirtualAnswer, maxBytes: number): HttpResult {
  if ('ok' in given) return given;
  const { status = 200, headers = {}, body = '' } = given;
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
  const bytes = bytesOf(isJson ? JSON.stringify(body) : (body as string | Uint8Array));
  const answer: HttpAnswer = {
    status,
    headers: isJson ? { 'content-type': 'application/json', ...headers } : headers,
    body: bytes.slice(0, maxBytes),
    truncated: bytes.byteLength > maxBytes,
  };
  return { ok: true, answer };
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}

function failure(kind: NetFailure['kind'], sent: NetFailure['sent']): HttpResult {
  return { ok: false, failure: { kind, sent, detail: 'virtual network' } };
}
