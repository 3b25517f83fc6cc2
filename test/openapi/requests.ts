/** Requests made from an OpenAPI document: right ones, and wrong ones of each kind. */
import fc from 'fast-check';
import { valueOf, WRONG, type Schema } from './arbitrary.js';

export interface Parameter {
  $ref?: string;
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema?: Schema;
  content?: Record<string, { schema: Schema }>;
}

export interface DescribedOperation {
  operationId: string;
  'x-fairlead-effect': string;
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, unknown>;
}

export interface Document {
  openapi: string;
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas: Record<string, Schema> };
}

export const MANNERS = [
  'right',
  'unknown field',
  'missing field',
  'wrong type',
  'no credential',
  'wrong credential',
  'agent',
  'not JSON',
  'not an object',
  'wrong content type',
  'wrong headers',
] as const;
export type Manner = (typeof MANNERS)[number];

export interface GeneratedRequest {
  operation: DescribedOperation;
  manner: Manner;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface World {
  token: string;
  /** Ids of things that are there. */
  texts: readonly string[];
}

export function requestsOf(document: Document, world: World): fc.Arbitrary<GeneratedRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const known = new Map<DescribedOperation, fc.Arbitrary<Parts>>();
  const partsOf = ({ operation }: Place): fc.Arbitrary<Parts> => {
    const parts = known.get(operation) ?? rightParts(document, world, operation);
    known.set(operation, parts);
    return parts;
  };
  return fc
    .tuple(
      fc.constantFrom(...operations),
      fc.oneof({ weight: 4, arbitrary: fc.constant<Manner>('right') }, fc.constantFrom(...MANNERS)),
      WRONG,
      fc.nat(),
    )
    .chain(([place, manner, wrong, which]) =>
      partsOf(place).map((right) => written(place, world, manner, spoiled(right, manner, wrong, which))),
    );
}

interface Place {
  path: string;
  method: string;
  operation: DescribedOperation;
}

function rightParts(document: Document, world: World, operation: DescribedOperation): fc.Arbitrary<Parts> {
  const at = (ref: string): Schema => pointed(document, ref) as Schema;
  const arbitrary = (schema: Schema): fc.Arbitrary<unknown> => valueOf(schema, at, world.texts);
  const parameters = operation.parameters.map((one) =>
    one.$ref === undefined ? one : (pointed(document, one.$ref) as Parameter),
  );
  const values = (where: Parameter['in']): fc.Arbitrary<Record<string, unknown>> => {
    const mine = parameters.filter((one) => one.in === where);
    const schemaOf = (one: Parameter): Schema => one.schema ?? one.content?.['application/json']?.schema ?? {};
    const fields = Object.fromEntries(mine.map((one) => [one.name, arbitrary(schemaOf(one))]));
    const requiredKeys = mine.filter(({ required }) => required === true).map(({ name }) => name);
    return fc.record(fields, { requiredKeys }) as fc.Arbitrary<Record<string, unknown>>;
  };
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body = schema === undefined ? fc.constant(undefined) : arbitrary(schema);
  return fc
    .tuple(values('path'), values('query'), values('header'), body)
    .map(([inPath, query, headers, sent]) => ({ inPath, query, headers: texts(headers), body: sent }));
}

interface Parts {
  inPath: Record<string, unknown>;
  query: Record<string, unknown>;
  headers: Record<string, string>;
  body: unknown;
}

/** The same request with one mistake. */
function spoiled(parts: Parts, manner: Manner, wrong: unknown, which: number): Parts {
  const inBody = parts.body !== undefined;
  const fields = (inBody ? parts.body : parts.query) as Record<string, unknown>;
  const names = Object.keys(fields);
  const name = names[which % Math.max(1, names.length)];
  const changed = { ...fields };
  // An empty list is nothing in a query.
  if (manner === 'unknown field') changed['of_nobody'] = inBody ? wrong : 'x';
  if (manner === 'missing field' && name !== undefined) delete changed[name];
  if (manner === 'wrong type' && name !== undefined) changed[name] = wrong;
  return inBody ? { ...parts, body: changed } : { ...parts, query: changed };
}

function written({ path, method, operation }: Place, { token }: World, manner: Manner, parts: Parts): GeneratedRequest {
  // A stream that is followed has no end.
  const { follow: _endless, ...query } = parts.query;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, asText(one));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(asText(parts.inPath[name])));
  const body = bodyOf(manner, parts.body);
  return {
    operation,
    manner,
    method,
    path: search.size === 0 ? filled : `${filled}?${search.toString()}`,
    headers: {
      ...parts.headers,
      ...(manner === 'no credential' ? {} : { authorization: `Bearer ${manner === 'wrong credential' ? 'x' : token}` }),
      ...(manner === 'agent' && { 'fairlead-principal-type': 'agent' }),
      ...(manner === 'wrong headers' && { 'fairlead-environment': 'moon', 'fairlead-dry-run': 'perhaps' }),
      ...(body === undefined
        ? {}
        : { 'content-type': manner === 'wrong content type' ? 'text/csv' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  };
}

function bodyOf(manner: Manner, body: unknown): string | undefined {
  if (body === undefined) return undefined;
  if (manner === 'not JSON') return `${JSON.stringify(body)}}`;
  return JSON.stringify(manner === 'not an object' ? [body] : body);
}

/** As a URL can carry it. */
function asText(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.replace(/\p{Surrogate}/gu, '?');
}

/** As a header can carry it. */
function texts(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, asText(value).replace(/[^\x20-\x7e]/g, '')]),
  );
}

function pointed(document: Document, ref: string): unknown {
  const parts = ref
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], document);
}
