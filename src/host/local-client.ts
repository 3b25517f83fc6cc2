/**
 * Requests to the Fairlead that runs on this machine, over its Unix domain socket. Not for the network: whatever leaves
 * the machine goes through the egress guard in `net/`.
 *
 * @module
 */
import { request as startRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { codeOf } from './io-failure.js';

export interface LocalRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body?: Uint8Array;
  signal?: AbortSignal;
  /** Takes the body of a 2xx answer as it comes, in whole characters; the answer is then given without a body. */
  onText?: (text: string) => Promise<void>;
}

/**
 * `sent: 'no'` means that the other side cannot have acted: the body had not been handed to it. A request that
 * changes something therefore always has a body, if only `{}`, and goes out with `Expect: 100-continue`; a connection
 * that dies in the backlog of a process that ends is thereby told from one that dies in the middle of its work.
 */
export type LocalResult =
  | { ok: true; status: number; headers: Record<string, string>; body: Uint8Array }
  | { ok: false; sent: 'no' | 'maybe'; detail: string };

const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Never throws; an aborted request is a failed one with the detail `aborted`. */
export function sendLocal(socketPath: string, request: LocalRequest): Promise<LocalResult> {
  return new Promise((resolve) => {
    let sent: 'no' | 'maybe' = request.body === undefined ? 'maybe' : 'no';
    const fail = (error: unknown): void => {
      const code = codeOf(error) ?? 'failed';
      const connected = code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'EACCES';
      resolve({ ok: false, sent: connected ? sent : 'no', detail: code === 'ABORT_ERR' ? 'aborted' : code });
    };
    const outgoing = startRequest({
      socketPath,
      method: request.method,
      path: request.path,
      headers: { host: 'localhost', connection: 'close', ...request.headers, ...expectation(request.body) },
      agent: false,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    let answered = false;
    // Whoever answers before it has read the body may close the connection under what is still being sent.
    outgoing.on('error', (error) => answered || fail(error));
    outgoing.on('response', (answer) => {
      answered = true;
      readAnswer(answer, request.onText)
        .then(resolve, fail)
        .finally(() => outgoing.destroy());
    });
    sendBody(outgoing, request.body, () => (sent = 'maybe'));
  });
}

function expectation(body: Uint8Array | undefined): Record<string, string> {
  return body === undefined ? {} : { expect: '100-continue', 'content-length': String(body.byteLength) };
}

function sendBody(outgoing: ClientRequest, body: Uint8Array | undefined, onSent: () => void): void {
  if (body === undefined) {
    outgoing.end();
    return;
  }
  outgoing.on('continue', () => {
    onSent();
    outgoing.end(body);
  });
  outgoing.flushHeaders();
}

async function readAnswer(answer: IncomingMessage, onText: LocalRequest['onText']): Promise<LocalResult> {
  const status = answer.statusCode ?? 0;
  const headers = flatHeaders(answer);
  if (onText !== undefined && status < 300) {
    answer.setEncoding('utf8');
    for await (const text of answer as AsyncIterable<string>) await onText(text);
    return { ok: true, status, headers, body: new Uint8Array() };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > ANSWER_BYTES_MAX) return { ok: false, sent: 'maybe', detail: 'the answer is too long' };
    chunks.push(chunk);
  }
  return { ok: true, status, headers, body: Buffer.concat(chunks, size) };
}

function flatHeaders(answer: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
