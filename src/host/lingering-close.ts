/**
 * The end of a connection whose request was answered before its body had come. Closing a socket in which bytes lie
 * unread makes the system reset the connection, and the reset takes the answer from a client that has not read it yet
 * (RFC 9112, 9.6). So our side ends, what still comes is read and thrown away, and the rest is closed within limits.
 *
 * @module
 */
import type { IncomingMessage, RequestListener } from 'node:http';
import { Socket } from 'node:net';

/** What is read of a body that nobody wants, until its sender has noticed. */
export const LINGER_LIMITS = { bytesMax: 8 * 1024 * 1024, timeMs: 5_000, lookEveryMs: 50 };
type LingerLimits = typeof LINGER_LIMITS;

/** A handler whose early answers arrive: node:http would destroy the socket as soon as such an answer is written. */
export function withLingeringClose(handler: RequestListener, limits: LingerLimits = LINGER_LIMITS): RequestListener {
  return (request, response) => {
    const { socket } = request;
    if (hasBody(request)) socket.destroySoon = () => endConnection(request, socket, limits);
    return handler(request, response);
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** In the place of `destroySoon`, which node:http calls after the last answer of a connection. */
function endConnection(request: IncomingMessage, socket: Socket, limits: LingerLimits): void {
  // Whoever destroyed the request ended the connection, and the request has no socket any more.
  if (request.complete || request.destroyed) Socket.prototype.destroySoon.call(socket);
  else linger(request, socket, limits);
}

function linger(request: IncomingMessage, socket: Socket, { bytesMax, timeMs, lookEveryMs }: LingerLimits): void {
  const readBefore = socket.bytesRead;
  const untilMs = performance.now() + timeMs;
  const look = setInterval(() => {
    if (socket.bytesRead - readBefore > bytesMax || performance.now() >= untilMs) socket.destroy();
  }, lookEveryMs);
  socket.once('close', () => clearInterval(look));
  // All of it has come: nothing is left that a close could trip over.
  request.once('end', () => Socket.prototype.destroySoon.call(socket));
  socket.end();
  discard(request);
}

/** Whoever read the body has answered, and hears no more of it. */
function discard(request: IncomingMessage): void {
  request.unpipe();
  request.removeAllListeners('data');
  request.removeAllListeners('readable');
  request.resume();
}
