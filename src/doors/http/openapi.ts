/** The REST interface described by itself: OpenAPI 3.1 from the table of operations. @module */
import type { ErrorCode } from '../../core/errors.js';
import { pathParameters } from '../../core/rest-shape.js';
import { inputFields, jsonSchemaOf, type JsonSchema, type Operation } from '../../operations/index.js';
import { HEADERS, PARAMETERS, PROBLEM, SECURITY, type ParameterName } from './openapi-parts.js';
import { statusOf } from './problem.js';
import { isFollowed, rowsField } from './streams.js';

type Part = Record<string, unknown>;

/** What any operation can be answered with, besides its own errors. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_argument',
  'unauthenticated',
  'insufficient_scope',
  'untrusted_origin',
  'policy_denied',
  'body_too_large',
  'key_limited',
  'cancelled',
  'overloaded',
  'store_unavailable',
  'vault_sealed',
  'internal',
];
/** What a key of the caller adds. */
const WITH_KEY: readonly ErrorCode[] = ['idempotency_mismatch', 'call_in_flight', 'outcome_unknown', 'conflict'];

export function openApiDocument(table: readonly Operation[], version: string): Part {
  const description = new Description();
  for (const operation of table) description.add(operation);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fairlead',
      version,
      description: 'Everything under /v1 only grows: a field, a value or an operation that is here stays.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { local: [] }],
    paths: description.paths,
    components: {
      securitySchemes: SECURITY,
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: description.responses,
      schemas: { Problem: PROBLEM, ...description.schemas },
    },
  };
}

class Description {
  readonly paths: Record<string, Part> = {};
  readonly responses: Record<string, Part> = {};
  readonly schemas: Record<string, JsonSchema> = {};

  add(operation: Operation): void {
    const { method, path } = operation.http;
    const isWrite = operation.effect !== 'read';
    this.paths[path] = {
      ...this.paths[path],
      [method.toLowerCase()]: {
        operationId: operation.name,
        summary: operation.summary,
        tags: [operation.audit === 'call' && operation.answer !== undefined ? 'actions' : operation.name.split('.')[0]],
        'x-fairlead-effect': operation.effect,
        'x-fairlead-scope': operation.scope,
        parameters: this.#parameters(operation),
        ...(method === 'POST' ? { requestBody: this.#requestBody(operation) } : {}),
        responses: {
          '200': this.#answer(operation),
          ...(operation.audit === 'call' && isWrite ? { '202': this.#waiting(operation) } : {}),
          ...this.#problems(operation),
        },
      },
    };
  }

  #parameters(operation: Operation): unknown[] {
    const inPath = pathParameters(operation.http.path);
    const { properties = {} } = this.#schema(operation, 'input');
    const own = inputFields(operation)
      .filter(({ name }) => inPath.includes(name) || operation.http.method !== 'POST')
      .map(({ name, kind, required, description }) => {
        const given = properties[name] ?? {};
        // An empty part of a path makes it another path.
        const schema = inPath.includes(name) && given.type === 'string' ? { minLength: 1, ...given } : given;
        const isJson = kind === 'json' && !inPath.includes(name);
        return {
          name,
          in: inPath.includes(name) ? 'path' : 'query',
          required: required || inPath.includes(name),
          ...(description === undefined ? {} : { description }),
          ...(isJson ? { content: { 'application/json': { schema } } } : { schema }),
        };
      });
    return [...own, ...headersOf(operation).map((name) => ({ $ref: `#/components/parameters/${name}` }))];
  }

  /** The input without what stands in the path. */
  #requestBody(operation: Operation): Part {
    const inPath = pathParameters(operation.http.path);
    const schema = this.#schema(operation, 'input');
    const all = Object.entries(schema.properties ?? {});
    const properties = Object.fromEntries(all.filter(([name]) => !inPath.includes(name)));
    const required = (schema.required ?? []).filter((name) => !inPath.includes(name));
    const { required: _all, ...rest } = schema;
    const inBody = {
      ...rest,
      ...(schema.properties === undefined ? {} : { properties }),
      ...(required.length === 0 ? {} : { required }),
    };
    return { required: required.length > 0, content: { 'application/json': { schema: inBody } } };
  }

  #answer(operation: Operation): Part {
    const isExport = operation.streams !== undefined;
    const lines = { schema: { type: 'string', description: 'One JSON object a line.' } };
    const events = { schema: { type: 'string', description: 'Server-sent events; data is one JSON object.' } };
    const isPaged = rowsField(operation, inputFields(operation)) !== undefined;
    return {
      description: 'Done',
      headers: refs('headers', [
        'requestId',
        ...(operation.effect === 'read' ? [] : (['replayed'] as const)),
        ...(isExport ? (['checkpoint'] as const) : []),
      ]),
      content: {
        ...(isExport ? {} : { 'application/json': { schema: this.#output(operation) } }),
        ...(isExport || isPaged ? { 'application/x-ndjson': lines } : {}),
        ...(isExport && !isFollowed(operation) ? { 'text/csv': { schema: { type: 'string' } } } : {}),
        ...(isFollowed(operation) ? { 'text/event-stream': events } : {}),
      },
    };
  }

  #waiting(operation: Operation): Part {
    return {
      description: 'Not over: a person has to agree first, or an earlier call under the same key still runs',
      headers: refs('headers', ['requestId']),
      content: { 'application/json': { schema: this.#output(operation) } },
    };
  }

  #output(operation: Operation): JsonSchema {
    const { additionalProperties: _open, ...schema } = this.#schema(operation, 'output');
    if (operation.answer === undefined) return schema;
    const answer = this.#hoisted(`${operation.name}.answer`, grown(jsonSchemaOf(operation.answer, 'output')));
    return { ...schema, properties: { ...schema.properties, output: answer } };
  }

  #schema(operation: Operation, io: 'input' | 'output'): JsonSchema {
    const schema = jsonSchemaOf(operation[io], io);
    return this.#hoisted(`${operation.name}.${io}`, io === 'output' ? grown(schema) : schema);
  }

  /** Definitions inside a schema cannot be referred to from where it stands in the document; here they can. */
  #hoisted(name: string, { $defs, ...schema }: JsonSchema): JsonSchema {
    const place = (text: string): string =>
      text.startsWith('#/$defs/') ? `#/components/schemas/${name}.${text.slice('#/$defs/'.length)}` : text;
    for (const [key, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) {
      this.schemas[`${name}.${key}`] = withRefs(definition, place);
    }
    return withRefs(schema, place);
  }

  #problems(operation: Operation): Part {
    const byStatus = new Map<number, ErrorCode[]>();
    for (const code of errorsOf(operation)) {
      const status = statusOf(code);
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return Object.fromEntries(
      [...byStatus].map(([status, codes]) => [String(status), { $ref: this.#problem(status, codes.sort()) }]),
    );
  }

  /** The same errors under the same status are described once. */
  #problem(status: number, codes: readonly ErrorCode[]): string {
    const name = [status, ...codes].join('.');
    this.responses[name] ??= {
      description: codes.join(', '),
      headers: refs('headers', ['requestId', 'retryAfter']),
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/Problem' },
              { properties: { status: { const: status }, code: { enum: codes } } },
            ],
          },
        },
      },
    };
    return `#/components/responses/${name}`;
  }
}

function headersOf(operation: Operation): ParameterName[] {
  const isCall = operation.audit === 'call';
  const isWrite = operation.effect !== 'read';
  return [
    'environment',
    'requestId',
    ...(isWrite && (operation.previews === true || isCall) ? (['dryRun'] as const) : []),
    ...(isWrite ? (['idempotencyKey'] as const) : []),
    ...(isCall ? (['connection'] as const) : []),
    ...(isFollowed(operation) ? (['lastEventId'] as const) : []),
  ];
}

function errorsOf(operation: Operation): Set<ErrorCode> {
  const isAddressed = pathParameters(operation.http.path).length > 0;
  return new Set([
    ...operation.errors,
    ...ALWAYS,
    ...(operation.effect === 'read' ? [] : WITH_KEY),
    // What does not fit in the path is the address of nothing.
    ...(isAddressed ? (['not_found'] as const) : []),
  ]);
}

const refs = (kind: 'headers', names: readonly (keyof typeof HEADERS)[]): Part =>
  Object.fromEntries(names.map((name) => [HEADER_NAMES[name], { $ref: `#/components/${kind}/${name}` }]));

const HEADER_NAMES: Readonly<Record<keyof typeof HEADERS, string>> = {
  requestId: 'X-Request-Id',
  replayed: 'Idempotent-Replayed',
  retryAfter: 'Retry-After',
  checkpoint: 'Fairlead-Checkpoint',
};

/** An answer may have more members one day: nobody shall be told that it has not. */
function grown(schema: JsonSchema): JsonSchema {
  return mapped(schema, (node) => {
    if (node['additionalProperties'] !== false) return node;
    const { additionalProperties: _none, ...open } = node;
    return open;
  }) as JsonSchema;
}

function withRefs(schema: JsonSchema, place: (ref: string) => string): JsonSchema {
  return mapped(schema, (node) =>
    typeof node['$ref'] === 'string' ? { ...node, $ref: place(node['$ref']) } : node,
  ) as JsonSchema;
}

function mapped(value: unknown, change: (node: Part) => Part): unknown {
  if (Array.isArray(value)) return value.map((one) => mapped(one, change));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, mapped(one, change)]);
  return change(Object.fromEntries(entries) as Part);
}
