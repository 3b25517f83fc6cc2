/** A function of the shape of `fetch` that asks a simulated SendGrid, in virtual time. */
import type { FetchLike } from '../../src/sendgrid/index.js';
import { replyText, type SandboxProvider } from '../../src/sandbox/index.js';
import type { VirtualClock } from '../../src/testing/index.js';

export interface SandboxFetchOptions {
  /** How long an answer takes, by the number of the request. */
  latencyMs?: (number: number) => number;
  /** Once true, nothing is sent and no answer arrives any more: the process is dead. */
  isDead?: () => boolean;
}

/** When each request began, on the clock's monotonic time, and what it was answered. */
export interface Exchange {
  atMs: number;
  method: string;
  path: string;
  status: number;
}

export function sandboxFetch(
  provider: SandboxProvider,
  clock: VirtualClock,
  { latencyMs = () => 0, isDead = () => false }: SandboxFetchOptions = {},
): { fetch: FetchLike; exchanges: Exchange[] } {
  const exchanges: Exchange[] = [];
  const fetch: FetchLike = async (url, { method, headers, body = '', signal }) => {
    if (isDead()) await new Promise(() => undefined);
    const { pathname, searchParams, origin } = new URL(url);
    const reply = provider.handle({
      method,
      path: pathname,
      query: searchParams,
      headers,
      body: Buffer.from(body),
      nowMs: clock.nowMs(),
      address: origin,
    });
    exchanges.push({ atMs: clock.monotonicMs(), method, path: pathname, status: reply.status });
    const waitMs = latencyMs(exchanges.length) + (reply.delayMs ?? 0);
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    if (isDead()) await new Promise(() => undefined);
    if (signal?.aborted === true) throw new DOMException('This operation was aborted', 'AbortError');
    if (reply.lost === true || reply.cut === true) throw new TypeError('fetch failed');
    return {
      status: reply.status,
      headers: { get: (name) => reply.headers[name.toLowerCase()] ?? null },
      text: async () => replyText(reply),
    };
  };
  return { fetch, exchanges };
}
