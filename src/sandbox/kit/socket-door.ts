/** Carries the WebSockets of simulated providers over the connections that a server was asked to upgrade. @module */
import type { Duplex } from 'node:stream';
import { acceptKey, closeFrame, SocketReader, textFrame } from './web-socket.js';

/** What a simulated provider does with an open WebSocket. */
export interface SandboxSocket {
  /** One of those that the client offers. */
  protocol?: string;
  onText(text: string): void;
  onEnd(): void;
}

/** @param open asked once; its argument sends a text to the client */
export function openSocket(
  connection: Duplex,
  headers: Readonly<Record<string, string>>,
  early: Uint8Array,
  open: (send: (text: string) => void) => SandboxSocket | undefined,
): void {
  const key = headers['sec-websocket-key'];
  const waiting: string[] = [];
  let isOpen = false;
  const send = (text: string): void => {
    if (!isOpen) waiting.push(text);
    else if (connection.writable) connection.write(textFrame(text));
  };
  const isAsked = headers['upgrade']?.toLowerCase() === 'websocket' && headers['sec-websocket-version'] === '13';
  const socket = isAsked && key !== undefined ? open(send) : undefined;
  if (socket === undefined) {
    connection.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
  const agreed = socket.protocol !== undefined && offered.includes(socket.protocol);
  const protocol = agreed ? `sec-websocket-protocol: ${socket.protocol}\r\n` : '';
  connection.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${acceptKey(key!)}\r\n${protocol}\r\n`,
  );
  isOpen = true;
  for (const text of waiting) send(text);
  listen(connection, socket, early);
}

function listen(connection: Duplex, socket: SandboxSocket, early: Uint8Array): void {
  const reader = new SocketReader();
  const take = (bytes: Uint8Array): void => {
    for (const news of reader.push(bytes)) {
      if (news.kind === 'text') socket.onText(news.text);
      else if (news.kind === 'reply') connection.write(news.frame);
      else connection.end(news.frame);
    }
  };
  connection.on('data', take);
  connection.on('error', () => connection.destroy());
  connection.once('close', () => socket.onEnd());
  connection.once('end', () => connection.writable && connection.end(closeFrame(1001)));
  if (early.byteLength > 0) take(early);
}
