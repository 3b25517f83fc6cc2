/** What `fairlead connector new` writes: two actions, a table of errors, a limit, webhooks, and what proves them. @module */
import type { InitFile } from './init-files.js';

export function connectorTemplate(name: string): InitFile[] {
  const at = (file: string): string => `connectors/${name}/${file}`;
  return [
    { path: at('index.mjs'), text: indexText(name) },
    { path: at('actions.mjs'), text: actionsText(name) },
    { path: at('errors.mjs'), text: errorsText(name) },
    { path: at('limits.mjs'), text: limitsText(name) },
    { path: at('webhooks.mjs'), text: webhooksText(name) },
    { path: at('examples.mjs'), text: EXAMPLES },
    { path: at('connector.test.mjs'), text: TEST },
  ];
}

const title = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');

const variable = (name: string, what: string): string => `${name.replaceAll('-', '_').toUpperCase()}_${what}`;

function indexText(name: string): string {
  return `/** ${title(name)}: the whole truth at a glance. Change what is invented here into what its reference says. */
import { defineConnector, parseJsonObject } from 'fairlead/connector';
import { createNote, listNotes } from './actions.mjs';
import { classify } from './errors.mjs';
import { examples } from './examples.mjs';
import { limits } from './limits.mjs';
import { webhooks } from './webhooks.mjs';

export const connector = defineConnector({
  apiVersion: 1,
  provider: '${name}',
  title: '${title(name)}',
  // Its credential is sent to these hosts and to no other.
  hosts: ['api.${name}.example'],
  baseUrl: 'https://api.${name}.example/v1',
  envAliases: [{ variable: '${variable(name, 'API_KEY')}', makes: 'connection', credential: 'bearer' }],
  actions: { createNote, listNotes },
  classify,
  limits,
  webhooks,
  identity: {
    request: () => ({ method: 'GET', url: '/me' }),
    read: ({ body }) => {
      const me = parseJsonObject(body);
      if (typeof me?.id !== 'string' || typeof me.name !== 'string') return undefined;
      return { accountId: me.id, account: me.name };
    },
  },
  examples,
});
`;
}

function actionsText(name: string): string {
  return `/** What can be done at ${title(name)}: pure functions that say what to send and what an answer holds. */
import { bodyCursor, defineAction, found, isObject, NOT_FOUND, parseJsonObject, UNDECIDED } from 'fairlead/connector';
import { z } from 'zod';

const note = z.strictObject({ id: z.string(), text: z.string() });

/** What the provider sends has more fields than we promise. */
const noteFrom = (value) => (isObject(value) ? { id: value.id, text: value.text } : undefined);

export const createNote = defineAction({
  summary: 'Writes a note',
  effect: 'create',
  endpoint: 'POST /notes',
  input: z.strictObject({ text: z.string().min(1).max(10_000).describe('what it says') }),
  output: note,
  target: () => ({ type: 'note', id: 'new' }),
  request: ({ text }, _connection, marker) => ({ method: 'POST', url: '/notes', json: { text, reference: marker } }),
  parse: ({ body }) => noteFrom(parseJsonObject(body)),
  // How it recognises a repeat; 'none' where it does not. Here: nothing but the reference, which the listing shows.
  idempotency: 'none',
  reconcile: {
    request: () => ({ method: 'GET', url: '/notes', query: { limit: 100 } }),
    read: ({ body }, _input, marker) => {
      const listing = parseJsonObject(body);
      if (!Array.isArray(listing?.notes)) return UNDECIDED;
      const ours = listing.notes.find((one) => isObject(one) && one.reference === marker);
      if (ours !== undefined) return found(noteFrom(ours));
      return listing.next === null ? NOT_FOUND : UNDECIDED;
    },
  },
  settleMs: 5_000,
  settleSource: 'memory',
  limits: () => [{ bucket: 'writes' }],
});

export const listNotes = defineAction({
  summary: 'Lists notes, newest first',
  effect: 'read',
  endpoint: 'GET /notes',
  input: z.strictObject({ cursor: z.string().max(200).optional().describe('nextCursor of the page before') }),
  output: z.strictObject({ notes: z.array(note), nextCursor: z.string().optional() }),
  target: () => ({ type: 'note', id: '*' }),
  request: ({ cursor }) => ({ method: 'GET', url: '/notes', query: { after: cursor, limit: 100 } }),
  parse: ({ body }) => {
    const listing = parseJsonObject(body);
    const nextCursor = bodyCursor(listing, 'next');
    const notes = Array.isArray(listing?.notes) ? listing.notes.map(noteFrom) : undefined;
    return { notes, ...(nextCursor && { nextCursor }) };
  },
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'notes' },
});
`;
}

function errorsText(name: string): string {
  return `/** What an answer of ${title(name)} means that is no success. */
import { classifier } from 'fairlead/connector';

export const classify = classifier({
  requestId: ['x-request-id'],
  providerCode: ['error.code'],
  says: ['error.message'],
  prefix: '${title(name)} says: ',
  codes: {
    text_too_long: 'the note is too long',
    key_revoked: { code: 'provider_auth', problem: 'the key was revoked' },
  },
});
`;
}

function limitsText(name: string): string {
  return `/** How often ${title(name)} may be called, with the page that says so. A rate that nobody knows is left out, and learnt. */
export const limits = {
  all: { covers: 'one account', ratePerSecond: 10, burst: 20, everyCall: 1, source: '${name}.example/docs/limits' },
  writes: { covers: 'writes of one account', source: '${name}.example/docs/limits' },
};
`;
}

function webhooksText(name: string): string {
  return `/** Webhooks of ${title(name)}: what is signed, and what names an event. */
import { parseJsonObject } from 'fairlead/connector';

export const webhooks = {
  schemes: {
    '${name}-hmac-sha256': {
      algorithm: 'hmac-sha256',
      key: 'text',
      signature: { header: '${name}-signature', encoding: 'hex', prefix: '' },
      signs: '{timestamp}.{body}',
      timestamp: { header: '${name}-timestamp', unit: 's' },
      toleranceSeconds: 300,
    },
  },
  storedHeaders: ['content-type', '${name}-timestamp'],
  identify({ body }) {
    const event = parseJsonObject(body);
    if (typeof event?.id !== 'string' || typeof event.type !== 'string') return undefined;
    // The id lies in the body, which is signed.
    return { key: event.id, keyIsSigned: true, type: event.type };
  },
};
`;
}

const EXAMPLES = `/** Answers and what they mean, inputs and what is sent: \`fairlead connector check\` plays them. */
const NOTE = { id: 'n_1', text: 'Hello', reference: 'example-key', colour: 'red' };
const OUTPUT = { id: 'n_1', text: 'Hello' };

export const examples = {
  answers: [
    { name: 'a note', answer: { status: 201, body: NOTE }, means: 'success' },
    {
      name: 'too long',
      answer: { status: 422, headers: { 'x-request-id': 'q1' }, body: { error: { code: 'text_too_long' } } },
      means: { code: 'provider_rejected', problem: 'the note is too long', requestId: 'q1' },
    },
    {
      name: 'too fast',
      answer: { status: 429, headers: { 'retry-after': '2' } },
      means: { code: 'rate_limited', retryAfterMs: 2_000, safeToRetry: true },
    },
  ],
  calls: {
    createNote: [
      {
        input: { text: 'Hello' },
        request: { method: 'POST', url: '/notes', json: { text: 'Hello', reference: 'example-key' } },
        answer: { status: 201, body: NOTE },
        output: OUTPUT,
      },
    ],
    listNotes: [
      {
        input: { cursor: 'c1' },
        request: { method: 'GET', url: '/notes', query: { after: 'c1', limit: 100 } },
        answer: { body: { notes: [NOTE], next: 'c2' } },
        output: { notes: [OUTPUT], nextCursor: 'c2' },
      },
    ],
  },
  reconciles: {
    createNote: [
      { input: { text: 'Hello' }, answers: [{ body: { notes: [NOTE], next: null } }], means: { found: OUTPUT } },
      { input: { text: 'Hello' }, answers: [{ body: { notes: [], next: null } }], means: 'not_found' },
    ],
  },
  identity: { answer: { body: { id: 'acc_1', name: 'Acme' } }, is: { accountId: 'acc_1', account: 'Acme' } },
};
`;

const TEST = `// Run with: node --test connectors/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectorProblems } from 'fairlead/testing';
import { connector } from './index.mjs';

test('keeps to what every connector must keep to', () => {
  assert.deepEqual(connectorProblems(connector), []);
});
`;
