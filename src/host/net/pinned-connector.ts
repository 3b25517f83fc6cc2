/**
 * Opens the socket of an exchange: to the one address that was checked, and nowhere else.
 *
 * @module
 */
import { connect as openTcp, isIP, type Socket } from 'node:net';
import { connect as startTls, rootCertificates, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { AppError } from '../../core/errors.js';
import { normalAddress } from './address.js';
import type { Target } from './check-url.js';

export interface ConnectorOptions {
  connectTimeoutMs: number;
  /** Certificates (PEM) trusted beside the built-in ones. */
  ca?: readonly string[];
}

const guarded = new WeakSet<Socket>();

/** Whether a socket was opened here. A test can ask it of every socket of the process. */
export const isGuarded = (socket: Socket): boolean => guarded.has(socket);

/**
 * A connector for undici that ignores what it is asked for and connects to `address`. The name goes only into SNI and
 * the certificate check. The peer is compared once more when the connection stands, before a byte is written; a TLS
 * handshake begins after that.
 */
export function pinnedConnector(target: Target, address: string, options: ConnectorOptions): buildConnector.connector {
  let session: Buffer | undefined;
  return (_asked, callback) => {
    let open: Socket | TLSSocket;
    let settled = false;
    const settle = (...result: Parameters<buildConnector.Callback>) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      callback(...result);
    };
    const fail = (error: Error) => {
      settle(error, null);
      open.destroy();
    };
    const timer = setTimeout(
      () => fail(new AppError('timeout', { operation: 'connect', limitMs: options.connectTimeoutMs })),
      options.connectTimeoutMs,
    );

    const tcp = openTcp({ host: address, port: target.port, family: isIP(address), lookup: noLookup, noDelay: true });
    guarded.add(tcp);
    open = tcp;
    tcp.setKeepAlive(true, 60_000);
    tcp.on('error', fail);
    tcp.once('connect', () => {
      if (normalAddress(tcp.remoteAddress ?? '') !== address || tcp.remotePort !== target.port) {
        return fail(
          new AppError('egress_denied', { host: target.host, reason: 'the connection leads somewhere else' }),
        );
      }
      if (!target.secure) return settle(null, tcp);
      const tls = secure(tcp, target, options.ca, session);
      open = tls;
      tls.on('session', (next) => (session = next));
      tls.on('error', fail);
      tls.once('secureConnect', () => settle(null, tls));
    });
  };
}

function secure(
  tcp: Socket,
  target: Target,
  ca: readonly string[] | undefined,
  session: Buffer | undefined,
): TLSSocket {
  return startTls({
    socket: tcp,
    host: target.host,
    // RFC 6066, section 3: an address is no server name.
    ...(target.address === undefined && { servername: target.host }),
    ...(ca && ca.length > 0 && { ca: [...rootCertificates, ...ca] }),
    ...(session && { session }),
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
  });
}

/** An address needs no resolution, so that this is never called; if it ever were, it would be a hole. */
function noLookup(
  host: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException, address: string) => void,
): void {
  callback(new AppError('egress_denied', { host, reason: 'a second resolution was asked for' }), '');
}
