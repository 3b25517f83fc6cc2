/**
 * Serves simulated providers on a port of this machine, each below a path of its name. It listens on loopback only, and
 * only answers who asks for a loopback host: a page in a browser cannot reach it by another name.
 *
 *     GET  /_sandbox           what each provider has got so far
 *     POST /_sandbox/faults    {"provider":"…","fault":{"kind":"lost_answer"},"times":1}
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../core/errors.js';
import { isLoopbackName } from '../core/host-list.js';
import { parseJsonObject } from '../core/json.js';
import type { Clock } from '../core/ports.js';
import { parseFault } from './faults.js';
import type { SandboxProvider } from './provider.js';
import { jsonReply, textReply, type SandboxReply } from './reply.js';

export interface SandboxServerOptions {
  providers: readonly SandboxProvider[];
  clock: Clock;
  /** 0 takes a free one. */
  port?: number;
}

export interface SandboxServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  /** Address of one provider: the base of its paths. */
  urlOf(provider: SandboxProvider): string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const BODY_BYTES_MAX = 1024 * 1024;
const BODY_BYTES_READ_MAX = 32 * BODY_BYTES_MAX;
const TIMES_MAX = 10_000;
const CONTROL_PATH = '/_sandbox';

/** @throws AppError `port_in_use` */
export async function startSandbox({ providers, clock, port = 0 }: SandboxServerOptions): Promise<SandboxServer> {
  const server = createServer((request, response) => {
    // A caller that went away is no failure of ours.
    respond({ providers, clock, request, response }).catch(() => response.destroy());
  });
  await listen(server, port);
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    urlOf: ({ name }) => `${url}/${name}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', () => reject(new AppError('port_in_use', { address: `${HOST}:${port}` })));
    server.listen(port, HOST, resolve);
  });
}

interface Exchange {
  providers: readonly SandboxProvider[];
  clock: Clock;
  request: IncomingMessage;
  response: ServerResponse;
}

async function respond(exchange: Exchange): Promise<void> {
  const { clock, request, response } = exchange;
  const body = await readBody(request);
  const reply = body === undefined ? textReply(413, 'too large') : replyTo(exchange, body);
  if (reply.delayMs !== undefined) await clock.sleep(reply.delayMs);
  if (reply.lost === true) {
    response.destroy();
    return;
  }
  response.writeHead(reply.status, reply.headers);
  response.end(reply.body);
}

function replyTo({ providers, clock, request }: Exchange, body: Uint8Array): SandboxReply {
  const base = `http://${request.headers.host ?? ''}`;
  if (!URL.canParse(request.url ?? '', base)) return textReply(400, 'no address');
  const url = new URL(request.url ?? '', base);
  if (!isLoopbackName(url.hostname)) return textReply(421, 'only this machine is served');
  if (url.pathname.startsWith(CONTROL_PATH)) return control(providers, request, url, body);
  const provider = providers.find(({ name }) => url.pathname === `/${name}` || url.pathname.startsWith(`/${name}/`));
  if (provider === undefined) return textReply(404, 'no such provider');
  return provider.handle({
    method: request.method ?? 'GET',
    path: url.pathname.slice(provider.name.length + 1) || '/',
    query: url.searchParams,
    headers: headersOf(request),
    body,
    nowMs: clock.nowMs(),
  });
}

function control(
  providers: readonly SandboxProvider[],
  { method, headers }: IncomingMessage,
  url: URL,
  body: Uint8Array,
): SandboxReply {
  if (method === 'GET' && url.pathname === CONTROL_PATH) {
    return jsonReply(200, Object.fromEntries(providers.map((provider) => [provider.name, provider.state()])));
  }
  // A form in a web page cannot send this content type without asking first.
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  if (method !== 'POST' || url.pathname !== `${CONTROL_PATH}/faults` || !isJson) return textReply(404, 'no such page');
  const { provider: name, fault: given, times = 1 } = parseJsonObject(body) ?? {};
  const provider = providers.find((one) => one.name === name);
  const fault = parseFault(given);
  if (
    provider === undefined ||
    fault === undefined ||
    typeof times !== 'number' ||
    !(times >= 1 && times <= TIMES_MAX)
  ) {
    return jsonReply(400, { error: 'say provider, fault and times' });
  }
  provider.faults.add(fault, times);
  return jsonReply(200, { waiting: provider.faults.waiting });
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const single = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return Object.fromEntries(single.filter(([, value]) => value !== undefined)) as Record<string, string>;
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    // What is too large is read to its end, so that the answer arrives, and not kept.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    else if (bytes > BODY_BYTES_READ_MAX) request.destroy();
  }
  return bytes > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks);
}
