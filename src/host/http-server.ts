/**
 * Listening: node:http servers with limits that a slow, greedy or hostile client meets before any handler does, on an
 * address of the network or on a Unix domain socket.
 *
 * @module
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { AppError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { codeOf, ioFailure } from './io-failure.js';
import { withLingeringClose } from './lingering-close.js';
import { ShortConnections, type TakeWhole } from './short-connections.js';

/** A request must arrive within these, or its connection is closed with 408 (security reference S-110). */
export const HTTP_LIMITS = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  /** How often the two above are looked at. */
  checkEveryMs: 500,
  keepAliveTimeoutMs: 5_000,
  maxHeaderBytes: 16 * 1024,
  connectionsMax: 10_000,
} as const;

/** A port of a host (0 takes a free one), or the path of a Unix domain socket. */
export type ListenAt = { host: string; port: number } | { socketPath: string };

export interface HttpListener {
  /** `http://127.0.0.1:4650`, or the path of the socket. */
  readonly address: string;
  /**
   * Stops accepting, lets requests in flight end for at most `graceMs`, then cuts them. Resolves when all is closed.
   */
  close(graceMs: number): Promise<void>;
}

const SWEEP_MS = 20;

/** Log lines of one kind are at least this far apart: a flood of connections must not become one of lines. */
const REPEAT_MS = 10_000;

/**
 * Listens, or throws `port_in_use`, or `config_invalid` for an address this machine does not have.
 *
 * Running out of file descriptors ends no process: the connections that cannot be taken are dropped by the system, and
 * the log says so.
 *
 * @param whole is asked first about requests that arrive in one piece; the others are the handler's.
 */
export async function listenHttp(
  at: ListenAt,
  handler: RequestListener,
  log: Log,
  whole?: TakeWhole,
): Promise<HttpListener> {
  const server = createServer(
    {
      headersTimeout: HTTP_LIMITS.headersTimeoutMs,
      requestTimeout: HTTP_LIMITS.requestTimeoutMs,
      connectionsCheckingInterval: HTTP_LIMITS.checkEveryMs,
      keepAliveTimeout: HTTP_LIMITS.keepAliveTimeoutMs,
      maxHeaderSize: HTTP_LIMITS.maxHeaderBytes,
    },
    withLingeringClose(handler),
  );
  server.maxConnections = HTTP_LIMITS.connectionsMax;
  const short = whole && shortcut(server, whole);
  const say = throttled(log);
  server.on('drop', () => say('a connection was dropped', `more than ${HTTP_LIMITS.connectionsMax}`));
  if ('socketPath' in at) await rm(at.socketPath, { force: true });
  await listening(server, at, (error) => say('accepting a connection failed', codeOf(error)));
  if ('socketPath' in at) await chmod(at.socketPath, 0o600);
  return { address: addressOf(server, at), close: (graceMs) => closing(server, short, graceMs) };
}

/** Puts itself before node:http, which gets every connection that is not for it. */
function shortcut(server: Server, whole: TakeWhole): ShortConnections {
  const [serve] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  const short = new ShortConnections(whole, HTTP_LIMITS, (socket) => serve!.call(server, socket));
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => short.add(socket));
  return short;
}

/** Without a listener for what comes later (EMFILE), the first such error would end the process. */
function listening(server: Server, at: ListenAt, onLaterError: (error: Error) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenFailure(at, error));
    server.once('error', onError);
    const done = (): void => {
      server.off('error', onError);
      server.on('error', onLaterError);
      resolve();
    };
    if ('socketPath' in at) server.listen(at.socketPath, done);
    else server.listen(at.port, at.host, done);
  });
}

function listenFailure(at: ListenAt, error: unknown): AppError {
  const code = codeOf(error);
  if ('socketPath' in at) return ioFailure('listening on', at.socketPath, error);
  const address = `${at.host}:${at.port}`;
  if (code === 'EADDRINUSE') return new AppError('port_in_use', { address }, { cause: error });
  const problems: Record<string, string> = {
    EADDRNOTAVAIL: 'this machine has no such address',
    EACCES: 'this user may not listen there; take a port above 1023',
    ENOTFOUND: 'the name does not resolve',
  };
  const problem = problems[code ?? ''] ?? `listening failed (${code ?? 'no code'})`;
  return new AppError('config_invalid', { where: address, problem }, { cause: error });
}

function addressOf(server: Server, at: ListenAt): string {
  if ('socketPath' in at) return at.socketPath;
  const { port, address, family } = server.address() as AddressInfo;
  // Someone who listens everywhere is reached on loopback from here.
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function closing(server: Server, short: ShortConnections | undefined, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const closeIdle = (): void => {
      server.closeIdleConnections();
      short?.closeIdle();
    };
    const cut = setTimeout(() => {
      server.closeAllConnections();
      short?.closeAll();
    }, graceMs);
    // A connection that has answered its last request would be kept alive for more that never come.
    const sweep = setInterval(closeIdle, SWEEP_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
    closeIdle();
  });
}

function throttled(log: Log): (message: string, detail: string | undefined) => void {
  let quietUntilMs = -Infinity;
  return (message, detail) => {
    const nowMs = performance.now();
    if (nowMs < quietUntilMs) return;
    quietUntilMs = nowMs + REPEAT_MS;
    log('warn', message, { detail });
  };
}
