/** Asking a simulated provider in a test, without a network. @module */
import { formBody, type FormValue } from './form.js';
import { replyText, type SandboxProvider, type SandboxReply } from '../../src/sandbox/index.js';

/** Monday, 2 February 2026, noon UTC. */
export const NOW_MS = Date.UTC(2026, 1, 2, 12);

export interface AskOptions {
  headers?: Record<string, string>;
  json?: unknown;
  form?: Record<string, FormValue>;
  nowMs?: number;
}

export interface Told {
  status: number;
  headers: Record<string, string>;
  // Tests look into answers of all shapes.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
  reply: SandboxReply;
}

/** A client that sends `headers` with every request: `ask('POST /path?x=1', {json: {...}})`. */
export function clientOf(provider: SandboxProvider, headers: Record<string, string>) {
  return (line: string, { json, form, headers: more, nowMs = NOW_MS }: AskOptions = {}): Told => {
    const [method = '', url = ''] = line.split(' ');
    const [path = '', query = ''] = url.split('?');
    const type =
      json !== undefined ? 'application/json' : form !== undefined ? 'application/x-www-form-urlencoded' : undefined;
    const body = json !== undefined ? JSON.stringify(json) : form !== undefined ? formBody(form) : '';
    const reply = provider.handle({
      method,
      path,
      query: new URLSearchParams(query),
      headers: { ...headers, ...(type && { 'content-type': type }), ...more },
      body: Buffer.from(body),
      nowMs,
    });
    const text = replyText(reply);
    const isJson = /json/.test(reply.headers['content-type'] ?? '');
    return { status: reply.status, headers: reply.headers, body: isJson ? JSON.parse(text) : text, reply };
  };
}
