/** A request in the provider's own words, through everything an action goes through. @module */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CallResult } from '../core/call.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { findListed } from '../core/host-list.js';
import { parseJson } from '../core/json.js';
import type { CallContext, Effect } from '../core/operation.js';
import { RAW_METHODS, type RawAnswer, type RawRequest } from '../core/raw-request.js';
import type { Schema } from '../core/schema.js';
import { rawEffect, RAW_ACTION, type ActionCall } from '../outbound/index.js';
import { ACTION_ERRORS, callResult } from './actions.js';
import { callUnderKey } from './derived-key.js';
import { operation, type Gateway } from './gateway.js';

/** One request body that is kept in memory, so that it can be sent again. */
const BODY_CHARACTERS_MAX = 11 * 1024 * 1024;
const HEADERS_MAX = 50;

/** What frames the message, carries a credential or speaks with another's voice. */
const NOT_YOURS =
  /^(?:authorization|cookie|host|content-length|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|user-agent|idempotency-key|accept-encoding|forwarded|(?:proxy|x-forwarded|sec)-.*)$/i;

const headers = z
  .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/), z.string().max(8_192))
  .refine((given) => Object.keys(given).length <= HEADERS_MAX, { error: `there are more than ${HEADERS_MAX}` })
  .superRefine((given, context) => {
    for (const name of Object.keys(given)) {
      if (NOT_YOURS.test(name)) context.addIssue({ code: 'custom', path: [name], message: 'Fairlead sets it itself' });
    }
  });

const input = z
  .strictObject({
    method: z.enum(RAW_METHODS as [string, ...string[]]).describe('as the provider’s reference says'),
    url: z.string().min(1).max(8_192).describe('path below the base URL, or the whole address'),
    provider: z.string().max(100).optional().describe('whose API it is; absent: the one the address belongs to'),
    json: z.json().optional().describe('body, sent as JSON'),
    text: z.string().max(BODY_CHARACTERS_MAX).optional().describe('body, sent as it is'),
    base64: z.base64().max(BODY_CHARACTERS_MAX).optional().describe('body, as bytes'),
    contentType: z.string().max(200).optional().describe('of text and base64'),
    headers: headers.optional().describe('further headers'),
  })
  .refine(({ json, text, base64 }) => [json, text, base64].filter((one) => one !== undefined).length <= 1, {
    error: 'a body is one of json, text and base64',
    path: ['json'],
  });

export type RawInput = z.output<typeof input>;

const send = operation({
  name: 'requests.send',
  summary: 'Sends a request to a provider in its own words, with the limits, rules and records of every call',
  input: input as unknown as Schema<RawInput>,
  output: callResult as Schema<z.output<typeof callResult>>,
  effect: 'update',
  scope: 'write',
  errors: [...ACTION_ERRORS, 'idempotency_required'],
  audit: 'call',
  previews: true,
  http: { method: 'POST', path: '/v1/requests' },
  cli: {
    words: 'request',
    positional: ['method', 'url'],
    examples: ['fairlead request stripe GET /v1/customers?limit=3', 'fairlead request https://api.github.com/user'],
  },
  async run(gateway, context, given) {
    const connectors = await gateway.connectors();
    const connector = connectorOf(connectors, given.provider, given.url);
    const result = await callRaw(gateway, context, connector, requestOf(given));
    return readable(result) as never;
  },
});

/** @throws AppError `invalid_argument`, `not_found` */
export function connectorOf(
  connectors: readonly ConnectorDefinition[],
  provider: string | undefined,
  url: string,
): ConnectorDefinition {
  if (provider !== undefined) {
    const named = connectors.find((one) => one.provider === provider);
    if (named === undefined) throw new AppError('not_found', { what: 'provider', id: provider });
    return named;
  }
  if (!URL.canParse(url)) {
    throw new AppError('invalid_argument', { argument: 'provider', problem: 'a path alone does not say whose it is' });
  }
  const target = new URL(url);
  const owner = connectors.find(({ hosts }) => findListed(target, hosts) !== undefined);
  const generic = connectors.find(({ anyTarget }) => anyTarget === true);
  if (owner !== undefined || generic !== undefined) return (owner ?? generic)!;
  throw new AppError('egress_denied', { host: target.host, reason: 'no connector has this host' });
}

/** What a request does, as far as policy and people are concerned. @throws AppError `invalid_argument` */
export function effectOfRequest(connectors: readonly ConnectorDefinition[], given: RawInput): Effect {
  return rawEffect(connectorOf(connectors, given.provider, given.url), requestOf(given));
}

/** Makes the call: under a key of ours where an agent brought none. @throws AppError `store_unavailable` */
export async function callRaw(
  gateway: Gateway,
  context: CallContext,
  connector: ConnectorDefinition,
  raw: RawRequest,
  more: Pick<ActionCall, 'sink' | 'mayLackKey'> = {},
): Promise<CallResult> {
  const { method, url, from, body, stream } = raw;
  const sha256 = body === undefined ? undefined : createHash('sha256').update(body).digest('hex');
  const said = { method, url, ...(from && { from }), ...(sha256 !== undefined && { sha256 }), ...streamed(stream) };
  const call = { context, action: `${connector.provider}.${RAW_ACTION}`, input: said, raw, ...more };
  return await callUnderKey(gateway, call, safeEffect(connector, raw));
}

/** What passes through cannot be hashed before; its length is what is known of it. */
function streamed(stream: RawRequest['stream']): { streamedBytes?: number } {
  return stream === undefined ? {} : { streamedBytes: stream.bytes ?? -1 };
}

/** A request that cannot be judged is refused by the pipeline, which writes that down. */
function safeEffect(connector: ConnectorDefinition, raw: RawRequest): Effect {
  try {
    return rawEffect(connector, raw);
  } catch {
    return 'update';
  }
}

function requestOf({ method, url, json, text, base64, contentType, headers: given = {} }: RawInput): RawRequest {
  const lower = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const [body, type] =
    json !== undefined
      ? [Buffer.from(JSON.stringify(json)), 'application/json']
      : text !== undefined
        ? [Buffer.from(text), contentType ?? 'text/plain; charset=utf-8']
        : base64 !== undefined
          ? [Buffer.from(base64, 'base64'), contentType ?? 'application/octet-stream']
          : [];
  const typed = body === undefined ? lower : { 'content-type': type!, ...lower };
  return { method: method as RawRequest['method'], url, headers: typed, ...(body && { body }) };
}

/** JSON as JSON, for people and programs that read the result; the proxy passes on the bytes. */
function readable(result: CallResult): CallResult {
  const { output, answer } = result as { output?: RawAnswer; answer?: RawAnswer };
  return {
    ...result,
    ...(output?.status !== undefined && { output: withJson(output) }),
    ...(answer !== undefined && { answer: withJson(answer) as RawAnswer }),
  };
}

function withJson({ base: _base, ...answer }: RawAnswer): unknown {
  const { text, ...rest } = answer;
  if (text === undefined || !/[/+]json\b/i.test(answer.headers['content-type'] ?? '')) return answer;
  const json = parseJson(Buffer.from(text));
  return json.ok ? { ...rest, json: json.value } : answer;
}

export const REQUEST_OPERATIONS = [send];
