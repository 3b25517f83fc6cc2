/**
 * Requests to addresses of the user's own: an internal tool, an endpoint that takes forwarded events.
 *
 * @source RFC 9110; draft-ietf-httpapi-idempotency-key-header; the Standard Webhooks specification
 * @module
 */
import { z } from 'zod';
import { defineAction, type ActionRequest, type Idempotency } from '../../core/connector.js';
import { parseJson } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import type { SchemeRow } from '../../core/signature/index.js';

const KEY_HEADER = 'idempotency-key';
const HOUR_MS = 60 * 60 * 1000;
const TEXT_CHARACTERS_MAX = 64 * 1024;
const BODY_CHARACTERS_MAX = 10 * 1024 * 1024;

const address = z
  .string()
  .max(4_096)
  .refine((text) => URL.canParse(text) && /^https?:\/\/[^@/]+(\/|\?|#|$)/i.test(text), {
    error: 'it is not an http(s) address, or it has a user name in it',
  });

/** What a caller may not set, because it frames the message, says who we are, or is ours to set. */
const NOT_YOURS = new Set(
  (
    'authorization proxy-authorization cookie host content-length transfer-encoding connection keep-alive ' +
    'proxy-connection te trailer upgrade expect idempotency-key user-agent'
  ).split(' '),
);

const headers = z
  .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/), z.string().max(8_192))
  .refine((given) => Object.keys(given).length <= 50, { error: 'there are more than 50' })
  .superRefine((given, context) => {
    for (const name of Object.keys(given)) {
      if (!NOT_YOURS.has(name.toLowerCase())) continue;
      context.addIssue({ code: 'custom', path: [name], message: 'Fairlead sets this header itself' });
    }
  });

const postInput = z
  .strictObject({
    url: address.describe('where to post, http(s)'),
    json: z.json().optional().describe('body, sent as JSON'),
    text: z.string().max(BODY_CHARACTERS_MAX).optional().describe('body, sent as it is'),
    headers: headers.optional().describe('further headers'),
  })
  .refine(({ json, text }) => json === undefined || text === undefined, {
    error: 'a body is either json or text',
    path: ['text'],
  });

const postOutput = z.strictObject({
  status: z.number().int(),
  json: z.json().optional(),
  text: z.string().optional(),
  /** The text was longer than what is kept. */
  cut: z.literal(true).optional(),
});

export type PostInput = z.output<typeof postInput>;
export type PostOutput = z.output<typeof postOutput>;

export const post = defineAction<PostInput, PostOutput>({
  summary: 'Posts JSON or text to an address of yours, with an Idempotency-Key',
  effect: 'send',
  input: postInput,
  output: postOutput,
  target: ({ url }) => ({ type: 'url', id: shownAddress(url) }),
  request: ({ url, json, text, headers: further }, _connection, marker): ActionRequest => ({
    method: 'POST',
    url,
    // Always sent; whether the target goes by it, only the operator can say.
    headers: { ...further, [KEY_HEADER]: marker },
    ...(json !== undefined && { json }),
    ...(text !== undefined && { bytes: { body: Buffer.from(text), contentType: TEXT } }),
  }),
  parse: readAnswer,
  idempotency: ({ honoursIdempotencyKey }): Idempotency =>
    honoursIdempotencyKey === true
      ? { header: KEY_HEADER, keyTtlMs: 24 * HOUR_MS, source: 'FAIRLEAD_IDEMPOTENT_HOSTS; a day, as Stripe keeps keys' }
      : 'none',
  settleMs: 0,
});

const forwardInput = z.strictObject({
  url: address,
  secret: z.string().min(1).max(1_024).describe('reference to the signing secret'),
  eventId: z.string().min(1).max(256),
  type: z.string().max(256),
  provider: z.string().max(100),
  contentType: z.string().max(256),
  bodyBase64: z.base64(),
});

const forwardOutput = z.strictObject({ status: z.number().int() });

export type ForwardInput = z.output<typeof forwardInput>;
export type ForwardOutput = z.output<typeof forwardOutput>;

/** Standard Webhooks, symmetric. The names of the headers are the specification's. */
const FORWARD_SCHEME: SchemeRow = {
  algorithm: 'hmac-sha256',
  key: 'base64',
  signature: { header: 'webhook-signature', encoding: 'base64', list: { separator: ' ', assign: ',', key: 'v1' } },
  id: { header: 'webhook-id' },
  timestamp: { header: 'webhook-timestamp', unit: 's' },
  signs: '{id}.{timestamp}.{body}',
};

export const forward = defineAction<ForwardInput, ForwardOutput>({
  summary: 'Sends an event on, byte for byte, signed by Standard Webhooks',
  effect: 'send',
  handlersOnly: true,
  input: forwardInput,
  output: forwardOutput,
  target: ({ url }) => ({ type: 'url', id: shownAddress(url) }),
  accepts: () => ['none'],
  request: ({ url, secret, eventId, type, provider, contentType, bodyBase64 }, _connection, marker) => ({
    method: 'POST',
    url,
    headers: {
      ...(fitsHeader(provider) && { 'fairlead-provider': provider }),
      ...(fitsHeader(type) && { 'fairlead-event-type': type }),
      [KEY_HEADER]: marker,
    },
    bytes: { body: Buffer.from(bodyBase64, 'base64'), contentType: fitsHeader(contentType) ? contentType : OCTETS },
    sign: { row: FORWARD_SCHEME, reference: secret, id: eventId },
  }),
  parse: ({ status }) => ({ status }),
  // A webhook is delivered at least once, and `webhook-id` is what its receiver tells a repeat by.
  idempotency: { header: KEY_HEADER, keyTtlMs: 35 * 24 * HOUR_MS, source: 'Standard Webhooks: webhook-id' },
  settleMs: 0,
});

const TEXT = 'text/plain; charset=utf-8';
const OCTETS = 'application/octet-stream';

/** For people: no query, because that is where addresses keep their secrets. */
function shownAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function readAnswer({ status, headers, body }: HttpAnswer): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (text === '') return { status };
  const isJson = /[/+]json\b/i.test(headers['content-type'] ?? '');
  const parsed = isJson && text.length <= TEXT_CHARACTERS_MAX ? parseJson(body) : undefined;
  if (parsed?.ok === true) return { status, json: parsed.value };
  if (text.length <= TEXT_CHARACTERS_MAX) return { status, text };
  return { status, text: text.slice(0, TEXT_CHARACTERS_MAX), cut: true };
}

/** What a stranger's webhook says may be no header value; then the header is left out. */
function fitsHeader(value: string): boolean {
  return /^[\x20-\x7e]+$/.test(value);
}
