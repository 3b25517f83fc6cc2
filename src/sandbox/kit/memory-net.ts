/** Simulated providers as a network without sockets. @module */
import type { Clock, HttpRequest, HttpResult, Net, NetFailure } from '../../core/ports.js';
import type { SandboxProvider } from './provider.js';
import type { SandboxReply } from './reply.js';

/**
 * A network in which an address is a provider: `sandboxNet({'https://api.github.com': github}, clock)`. An address
 * that nobody has refuses the connection.
 */
export function sandboxNet(providers: Readonly<Record<string, SandboxProvider>>, clock: Clock): Net {
  return {
    send: async (request) => {
      const address = Object.keys(providers).find((one) => request.url === one || isBelow(request.url, one));
      if (address === undefined) return failed('refused', 'no');
      return await askProvider(providers[address]!, address, request, clock);
    },
  };
}

function isBelow(url: string, address: string): boolean {
  return url.startsWith(address) && /^[/?]/.test(url.slice(address.length));
}

/** One exchange with the provider at `address`, under the deadline of the request. */
export async function askProvider(
  provider: SandboxProvider,
  address: string,
  { method, url, headers, body = new Uint8Array(), timeoutMs, maxAnswerBytes, signal }: HttpRequest,
  clock: Clock,
): Promise<HttpResult> {
  if (signal?.aborted) return failed('aborted', 'no');
  const { pathname, searchParams } = new URL(url);
  const path = pathname.slice(new URL(address).pathname.replace(/\/$/, '').length) || '/';
  const nowMs = clock.nowMs();
  const reply = provider.handle({ method, path, query: searchParams, headers, body, nowMs, address });
  const delayMs = reply.delayMs ?? 0;
  if (delayMs > 0) await clock.sleep(Math.min(delayMs, timeoutMs), signal);
  if (signal?.aborted) return failed('aborted', 'maybe');
  if (delayMs > timeoutMs) return failed('timeout', 'maybe');
  return reply.lost === true || reply.cut === true ? failed('reset', 'maybe') : answered(reply, maxAnswerBytes);
}

function answered({ status, headers, body }: SandboxReply, maxAnswerBytes: number): HttpResult {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const answer = { status, headers, body: bytes.slice(0, maxAnswerBytes), truncated: bytes.length > maxAnswerBytes };
  return { ok: true, answer };
}

function failed(kind: NetFailure['kind'], sent: NetFailure['sent']): HttpResult {
  return { ok: false, failure: { kind, sent, detail: 'the sandbox provider broke the connection' } };
}
