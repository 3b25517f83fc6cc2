/**
 * Serves simulated providers on a port of this machine, each below a path of its name. It listens on loopback only, and
 * only answers who asks for a loopback host: a page in a browser cannot reach it by another name.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError } from '../core/errors.js';
import { isLoopbackName } from '../core/host-list.js';
import type { Clock, Net } from '../core/ports.js';
import { CONTROL_PATH, control } from './control.js';
import { openSocket, textReply, type SandboxProvider, type SandboxReply } from './kit/index.js';

export interface SandboxServerOptions {
  providers: readonly SandboxProvider[];
  clock: Clock;
  /** 0 takes a free one. */
  port?: number;
  /** Carries the webhooks. Absent means that they stay in the outbox. */
  net?: Net;
  /** The only provider begins at the root, for clients that keep no path of a base URL. */
  atRoot?: boolean;
}

export interface SandboxServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  /** Address of one provider: the base of its paths. */
  urlOf(provider: SandboxProvider): string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const BODY_BYTES_MAX = 8 * 1024 * 1024;
const BODY_BYTES_READ_MAX = 2 * BODY_BYTES_MAX;

/** @throws AppError `port_in_use` */
export async function startSandbox(options: SandboxServerOptions): Promise<SandboxServer> {
  const server = createServer((request, response) => {
    // A caller that went away is no failure of ours.
    respond({ options, request, response }).catch(() => response.destroy());
  });
  const held = new Set<Duplex>();
  server.on('upgrade', (request, connection: Duplex, early: Buffer) => {
    held.add(connection);
    connection.once('close', () => held.delete(connection));
    upgrade(options, request, connection, early);
  });
  await listen(server, options.port ?? 0);
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    urlOf: ({ name }) => (options.atRoot === true ? url : `${url}/${name}`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        // What was upgraded is no connection of the server's any more, but it waits for its end.
        for (const connection of held) connection.destroy();
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
  options: SandboxServerOptions;
  request: IncomingMessage;
  response: ServerResponse;
}

async function respond(exchange: Exchange): Promise<void> {
  const { options, request, response } = exchange;
  const body = await readBody(request);
  const reply = body === undefined ? textReply(413, 'too large') : replyTo(exchange, body);
  const { clock, net } = options;
  if (net !== undefined) for (const { webhooks } of options.providers) void webhooks.send(net, clock.nowMs());
  if (reply.delayMs !== undefined && reply.delayMs > 0) await clock.sleep(reply.delayMs);
  send(response, reply, request.method === 'HEAD');
}

function send(response: ServerResponse, { status, headers, body, lost, cut }: SandboxReply, headOnly: boolean): void {
  if (lost === true) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(body);
  const length = status === 204 || status === 304 ? {} : { 'content-length': String(bytes.byteLength) };
  response.writeHead(status, { ...headers, ...length });
  if (cut !== true) response.end(headOnly ? undefined : bytes);
  else response.write(bytes.subarray(0, bytes.byteLength >> 1), () => response.destroy());
}

function replyTo({ options, request }: Exchange, body: Uint8Array): SandboxReply {
  const base = `http://${request.headers.host ?? ''}`;
  if (!URL.canParse(request.url ?? '', base)) return textReply(400, 'no address');
  const url = new URL(request.url ?? '', base);
  if (!isLoopbackName(url.hostname)) return textReply(421, 'only this machine is served');
  const { method = 'GET' } = request;
  const headers = headersOf(request);
  const nowMs = options.clock.nowMs();
  if (url.pathname === CONTROL_PATH || url.pathname.startsWith(`${CONTROL_PATH}/`)) {
    return control(options.providers, { method, path: url.pathname, headers, body, nowMs });
  }
  const found = providerAt(options, url.pathname);
  if (found === undefined) return textReply(404, 'no such provider');
  const { provider, prefix } = found;
  const path = url.pathname.slice(prefix.length) || '/';
  const address = url.origin + prefix;
  return provider.handle({ method, path, query: url.searchParams, headers, body, nowMs, address });
}

/** A WebSocket of the provider at this address, if it has one. */
function upgrade(options: SandboxServerOptions, request: IncomingMessage, connection: Duplex, early: Uint8Array): void {
  const headers = headersOf(request);
  const base = `http://${headers['host'] ?? ''}`;
  const url = URL.canParse(request.url ?? '', base) ? new URL(request.url ?? '', base) : undefined;
  openSocket(connection, headers, early, (send) => {
    // Pages of a browser have an origin, and are not who this is for.
    if (url === undefined || !isLoopbackName(url.hostname) || headers['origin'] !== undefined) return undefined;
    const found = providerAt(options, url.pathname);
    if (found === undefined) return undefined;
    const path = url.pathname.slice(found.prefix.length) || '/';
    const address = url.origin + found.prefix;
    const asked = { method: 'GET', path, query: url.searchParams, headers, body: new Uint8Array(), address };
    return found.provider.socket({ ...asked, nowMs: options.clock.nowMs() }, send);
  });
}

function providerAt(
  { providers, atRoot }: SandboxServerOptions,
  path: string,
): { provider: SandboxProvider; prefix: string } | undefined {
  if (atRoot === true && providers[0] !== undefined) return { provider: providers[0], prefix: '' };
  const provider = providers.find(({ name }) => path === `/${name}` || path.startsWith(`/${name}/`));
  return provider === undefined ? undefined : { provider, prefix: `/${provider.name}` };
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
