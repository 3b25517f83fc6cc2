/** The REST interface described by itself: OpenAPI 3.1 from the table of operations. @module */
import { ERRORS, type ErrorCode } from '../../core/errors.js';
import { pathParameters, REST_HEADERS } from '../../core/rest-shape.js';
import { inputFields, jsonSchemaOf, type JsonSchema, type Operation } from '../../operations/index.js';

const ENVIRONMENT_PARAMETER = {
  name: REST_HEADERS.environment,
  in: 'header',
  description: 'Which world the call is about. Default: that of the server, sandbox unless it was set.',
  schema: { type: 'string', enum: ['sandbox', 'live'] },
};
const DRY_RUN_PARAMETER = {
  name: REST_HEADERS.dryRun,
  in: 'header',
  description: 'Say what would be done and do nothing.',
  schema: { type: 'boolean' },
};
const KEY_PARAMETER = {
  name: REST_HEADERS.idempotencyKey,
  in: 'header',
  description: 'A key of the caller; the same call under the same key takes place once.',
  schema: { type: 'string', maxLength: 255 },
};
const CONNECTION_PARAMETER = {
  name: REST_HEADERS.connection,
  in: 'header',
  description: 'The connection that the call shall go through, by its id; env:<provider> is what a variable declares.',
  schema: { type: 'string', maxLength: 200 },
};

const PROBLEM: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'help', 'side', 'retry', 'data'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    help: { type: 'string' },
    side: { type: 'string', enum: ['you', 'provider', 'fairlead'] },
    retry: { type: 'string', enum: ['never', 'later', 'now', 'same-key'] },
    data: { type: 'object' },
    call: {
      type: 'object',
      description: 'The result of the call, where there was one: callId, state, idempotencyKey.',
    },
  },
};

/** What any operation can be answered with, besides its own errors. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_argument',
  'unauthenticated',
  'insufficient_scope',
  'untrusted_origin',
  'policy_denied',
  'body_too_large',
  'store_unavailable',
  'internal',
];

export function openApiDocument(table: readonly Operation[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of table) {
    const item = (paths[operation.http.path] ??= {});
    item[operation.http.method.toLowerCase()] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Fairlead', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

function describe(operation: Operation): Record<string, unknown> {
  const { method } = operation.http;
  const writes = operation.effect !== 'read';
  return {
    operationId: operation.name,
    summary: operation.summary,
    'x-fairlead-effect': operation.effect,
    'x-fairlead-scope': operation.scope,
    parameters: [
      ...fieldParameters(operation),
      ENVIRONMENT_PARAMETER,
      ...(writes && (operation.previews === true || operation.audit === 'call') ? [DRY_RUN_PARAMETER] : []),
      ...(operation.audit === 'call' ? [KEY_PARAMETER, CONNECTION_PARAMETER] : []),
    ],
    ...(method === 'POST' ? { requestBody: requestBody(operation) } : {}),
    responses: {
      '200': {
        description: 'Done',
        content: answerContent(operation),
      },
      ...problems(operation),
    },
  };
}

function answerContent(operation: Operation): Record<string, unknown> {
  if (operation.streams === undefined)
    return { 'application/json': { schema: jsonSchemaOf(operation.output, 'output') } };
  return { 'application/x-ndjson': { schema: { type: 'string' } }, 'text/csv': { schema: { type: 'string' } } };
}

function fieldParameters(operation: Operation): unknown[] {
  const inPath = pathParameters(operation.http.path);
  const { properties = {} } = jsonSchemaOf(operation.input, 'input');
  return inputFields(operation)
    .filter(({ name }) => inPath.includes(name) || operation.http.method !== 'POST')
    .map(({ name, required, description }) => ({
      name,
      in: inPath.includes(name) ? 'path' : 'query',
      required: required || inPath.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: properties[name] ?? {},
    }));
}

/** The input without what stands in the path. */
function requestBody(operation: Operation): Record<string, unknown> {
  const inPath = pathParameters(operation.http.path);
  const schema = jsonSchemaOf(operation.input, 'input');
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {}).filter(([name]) => !inPath.includes(name)),
  );
  const required = (schema.required ?? []).filter((name) => !inPath.includes(name));
  const inBody = {
    ...schema,
    ...(schema.properties === undefined ? {} : { properties }),
    ...(schema.required === undefined ? {} : { required }),
  };
  return { required: required.length > 0, content: { 'application/json': { schema: inBody } } };
}

function problems(operation: Operation): Record<string, unknown> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...operation.errors, ...ALWAYS])) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [String(status), { description: codes.join(', '), content }]),
  );
}
