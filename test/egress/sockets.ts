/**
 * Counts the sockets of this process from outside the guard: what asks to be connected, and what arrives at a listener.
 *
 * @module
 */
import { createServer, Socket, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface SocketWatch {
  /** `host:port` of every connection asked for since the watch began. */
  readonly asked: string[];
  end(): void;
}

/**
 * Hooks `net.Socket#connect`. With `pass: false` no connection leaves the process: each fails as refused, which is what
 * lets a test send to public addresses.
 */
export function watchSockets({ pass }: { pass: boolean }): SocketWatch {
  const original = Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket;
  const asked: string[] = [];
  Socket.prototype.connect = function hooked(this: Socket, ...args: unknown[]) {
    const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
    const { host, port, path } = first as { host?: string; port?: number; path?: string };
    asked.push(path ?? `${host}:${port}`);
    if (pass) return original.apply(this, args);
    const refusal = Object.assign(new Error('refused by the test'), { code: 'ECONNREFUSED' });
    process.nextTick(() => this.destroy(refusal));
    return this;
  } as typeof Socket.prototype.connect;
  return { asked, end: () => void (Socket.prototype.connect = original as typeof Socket.prototype.connect) };
}

export interface Listeners {
  port: number;
  /** Connections that arrived. */
  count(): number;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 and, where the machine has it, on ::1, on the same port. */
export async function listenOnLoopback(): Promise<Listeners> {
  let arrived = 0;
  const counting = () =>
    createServer((socket) => {
      arrived += 1;
      socket.destroy();
    });
  const v4 = counting();
  await listen(v4, '127.0.0.1', 0);
  const { port } = v4.address() as AddressInfo;
  const v6 = counting();
  const hasV6 = await listen(v6, '::1', port).then(
    () => true,
    () => false,
  );
  return {
    port,
    count: () => arrived,
    close: async () => {
      await Promise.all((hasV6 ? [v4, v6] : [v4]).map((server) => new Promise((done) => server.close(done))));
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}
