/** What the description of the REST interface says once and refers to: headers, credentials, the form of a problem. @module */
import { ERRORS } from '../../core/errors.js';
import { KEY_CHARACTERS_MAX } from '../../core/idempotency-key.js';
import { REST_HEADERS } from '../../core/rest-shape.js';
import type { JsonSchema } from '../../operations/index.js';

/** Headers that a request may have, by the name they are referred to. */
export const PARAMETERS = {
  environment: {
    name: REST_HEADERS.environment,
    in: 'header',
    description: 'Which world the call is about. Default: that of the key or of the server, sandbox unless it was set.',
    schema: { type: 'string', enum: ['sandbox', 'live'] },
  },
  dryRun: {
    name: REST_HEADERS.dryRun,
    in: 'header',
    description: 'Say what would be done and do nothing.',
    schema: { type: 'boolean' },
  },
  idempotencyKey: {
    name: REST_HEADERS.idempotencyKey,
    in: 'header',
    description:
      'A key of the caller, kept for 35 days after the outcome: the same request under it takes place once and is ' +
      'answered as the first time; another one is refused (422), and one that comes while the first runs (409). In ' +
      'quotes or bare. Of an action it belongs to the tenant, of everything else to the tenant and the principal.',
    schema: { type: 'string', minLength: 1, maxLength: KEY_CHARACTERS_MAX },
  },
  connection: {
    name: REST_HEADERS.connection,
    in: 'header',
    description:
      'The connection that the call shall go through, by its id; env:<provider> is what a variable declares.',
    schema: { type: 'string', maxLength: 200 },
  },
  lastEventId: {
    name: REST_HEADERS.lastEventId,
    in: 'header',
    description: 'Of a stream of events: go on behind the one with this id. In place of the cursor.',
    schema: { type: 'string', maxLength: 200 },
  },
  requestId: {
    name: REST_HEADERS.requestId,
    in: 'header',
    description: 'An id of the caller, told in the answer and in the log.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
  },
} as const;

export type ParameterName = keyof typeof PARAMETERS;

/** Headers of answers, by the name they are referred to. */
export const HEADERS = {
  requestId: { description: 'The id of the request.', schema: { type: 'string' } },
  replayed: {
    description: 'The answer is that of an earlier request under the same key, and nothing was done.',
    schema: { type: 'string', const: 'true' },
  },
  retryAfter: { description: 'Seconds until it makes sense to come back.', schema: { type: 'string' } },
  checkpoint: { description: 'The checkpoint that covers an export, in base64.', schema: { type: 'string' } },
};

export const SECURITY = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'A key made with `fairlead key create`, FAIRLEAD_API_KEY, or the access token of a person.',
  },
  local: {
    type: 'http',
    scheme: 'bearer',
    description: 'The token of this machine, which only processes of the same user can read (keys/local.json).',
  },
};

/** RFC 9457, with members of ours. */
export const PROBLEM: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'help', 'side', 'retry', 'data'],
  properties: {
    type: { type: 'string', description: 'Where the error is explained; offline, too.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'The id of the request.' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    help: { type: 'string', description: 'Whether anything is lost, and what to do.' },
    side: { type: 'string', enum: ['you', 'provider', 'fairlead'] },
    retry: { type: 'string', enum: ['never', 'later', 'now', 'same-key'] },
    data: { type: 'object' },
    call: {
      type: 'object',
      description: 'The result of the call, where there was one.',
      required: ['callId', 'state'],
      properties: {
        callId: { type: 'string' },
        state: { type: 'string' },
        idempotencyKey: { type: 'string' },
        retryAfterMs: { type: 'number' },
      },
    },
  },
};
