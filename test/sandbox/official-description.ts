/**
 * Simulated providers against the official API descriptions: every request they get, and every answer they give.
 *
 * A request or an answer with an unknown field or a wrong type is a problem. What the description does not cover (an
 * operation outside a cut, an answer without a schema) is counted as unchecked, by operation.
 *
 * @module
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formFields } from '../../src/sandbox/kit/request-fields.js';
import { replyText, type SandboxReply, type SandboxRequest } from '../../src/sandbox/index.js';
import { requirePart } from '../requirements.js';

const FORM = 'application/x-www-form-urlencoded';

export const specs = requirePart('specs');

/** What `tools/request-oracle.mjs` gives. */
interface Spec {
  doc: Document;
  check(request: { method: string; url: string; headers: Record<string, string>; body?: Buffer }): {
    operation: string | undefined;
    errors: string[];
  };
  find(method: string, path: string): { r: { path: string; op: Operation } } | undefined;
  deref(value: unknown): Record<string, unknown>;
  run(key: string, schema: unknown, value: unknown, where: string, errors: string[], coerce?: boolean): void;
}
interface Document {
  swagger?: string;
}
interface Operation {
  responses: Record<string, unknown>;
  requestBody?: unknown;
}

export interface DescriptionOptions {
  /** Below the specs folder, e.g. `github/openapi.json`; or what makes an OpenAPI document out of that folder. */
  file: string | ((folder: string) => unknown);
  /** What stands before the paths of the description, where the simulation has less than the real address. */
  prefix?: string;
  /** Problems that are the description's, with the reason: matched as text inside the problem. */
  allowed?: readonly string[];
}

export interface Checker {
  /** Goes to `onExchange` of a simulation. */
  see(request: SandboxRequest, reply: SandboxReply): void;
  /** Everything that was wrong, as `POST /path request: body.x ...`. */
  problems: string[];
  /** How many requests and answers were checked, and which were not, by operation. */
  checkedRequests: number;
  checkedAnswers: number;
  unchecked: Map<string, number>;
}

/** A description is read, and its schemas compiled, once a test file: it holds nothing of what it checked. */
const read = new Map<DescriptionOptions['file'], Spec>();

async function specOf(file: DescriptionOptions['file']): Promise<Spec> {
  const tool = pathToFileURL(join(specs.path!, 'tools/request-oracle.mjs')).href;
  const { loadSpec, Spec } = (await import(tool)) as { loadSpec(file: string): Spec; Spec: new (doc: unknown) => Spec };
  const spec =
    read.get(file) ?? (typeof file === 'string' ? loadSpec(join(specs.path!, file)) : new Spec(file(specs.path!)));
  read.set(file, spec);
  return spec;
}

/** Loads a description. Only where {@link specs} are available. */
export async function officialDescription({ file, prefix = '', allowed = [] }: DescriptionOptions): Promise<Checker> {
  const spec = await specOf(file);
  const checker: Checker = { see, problems: [], checkedRequests: 0, checkedAnswers: 0, unchecked: new Map() };
  const problem = (text: string): void => {
    if (!allowed.some((known) => text.includes(known))) checker.problems.push(text);
  };
  const skip = (what: string): void => void checker.unchecked.set(what, (checker.unchecked.get(what) ?? 0) + 1);

  function see(request: SandboxRequest, reply: SandboxReply): void {
    const path = prefix + request.path;
    const found = spec.find(request.method, path);
    if (found === undefined) return skip(`${request.method} ${path.replace(/\/[0-9a-f]{7,}|\/\d+/g, '/…')}`);
    const operation = `${request.method} ${found.r.path}`;
    // A request that was refused for what it says is the caller's test of just that.
    if (reply.status < 400) seeRequest(request, path, operation, found.r.op);
    seeAnswer(reply, operation, found.r.op);
  }

  function seeRequest(request: SandboxRequest, path: string, operation: string, op: Operation): void {
    checker.checkedRequests++;
    const body = request.body.byteLength === 0 ? {} : { body: Buffer.from(request.body) };
    const url = `${path}?${request.query.toString()}`;
    const { errors } = spec.check({ method: request.method, url, headers: { ...request.headers }, ...body });
    for (const error of errors) problem(`${operation} request: ${error}`);
    const type = (request.headers['content-type'] ?? '').split(';')[0]!;
    const content = (spec.deref(op.requestBody)?.['content'] ?? {}) as Record<string, { schema?: unknown }>;
    const schema = content[type]?.schema;
    const value = type === FORM ? formFields(Buffer.from(request.body).toString('utf8')) : jsonOf(request.body);
    if (value === undefined || schema === undefined) return;
    for (const name of unknownFields(spec, schema, value, 'body')) problem(`${operation} request: ${name} is unknown`);
  }

  function seeAnswer(reply: SandboxReply, operation: string, op: Operation): void {
    // Some providers fail with HTTP 200, and describe that as the default answer.
    const isFailure = reply.status === 200 && replyText(reply).startsWith('{"ok":false');
    const status = isFailure ? 'default' : String(reply.status);
    const answer = spec.deref(op.responses[status] ?? op.responses['default']);
    const content = answer?.['content'] as Record<string, { schema?: unknown }> | undefined;
    const schema = spec.doc.swagger ? answer?.['schema'] : content?.['application/json']?.schema;
    const text = replyText(reply);
    if (text === '' && answer !== undefined && content === undefined) return void checker.checkedAnswers++;
    const value = jsonOf(Buffer.from(text));
    if (schema === undefined || value === undefined) return skip(`${operation} answer ${reply.status}`);
    checker.checkedAnswers++;
    const errors: string[] = [];
    spec.run(`${operation}|answer|${status}`, schema, value, 'answer', errors);
    errors.push(...unknownFields(spec, schema, value, 'answer').map((name) => `${name} is unknown`));
    for (const error of errors) problem(`${operation} ${reply.status}: ${error}`);
  }
  return checker;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

type Schema = Record<string, unknown>;

/** Fields that no branch of the schema knows, though the schema lists fields and does not say that others may come. */
export function unknownFields(spec: Spec, schema: unknown, value: unknown, where: string, depth = 0): string[] {
  if (depth > 12) return [];
  const branches = branchesOf(spec, schema);
  if (Array.isArray(value)) {
    const items = branches.map((branch) => branch['items']).filter(Boolean);
    if (items.length === 0) return [];
    return value.flatMap((one, index) => unknownFields(spec, { anyOf: items }, one, `${where}.${index}`, depth + 1));
  }
  if (typeof value !== 'object' || value === null) return [];
  const listing = branches.filter((branch) => branch['properties'] !== undefined);
  const isOpen = branches.some(
    (branch) => Boolean(branch['additionalProperties']) || (isObjectType(branch) && branch['properties'] === undefined),
  );
  if (listing.length === 0) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const known = listing
      .map((branch) => (branch['properties'] as Record<string, unknown>)[name])
      .filter((found) => found !== undefined);
    if (known.length === 0) return isOpen ? [] : [`${where}.${name}`];
    return unknownFields(spec, { anyOf: known }, one, `${where}.${name}`, depth + 1);
  });
}

function isObjectType({ type }: Schema): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'));
}

/** A schema and all it is put together from. */
function branchesOf(spec: Spec, schema: unknown, depth = 0): Schema[] {
  const own = spec.deref(schema);
  if (own === undefined || depth > 8) return [];
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((name) => (own[name] as unknown[] | undefined) ?? []);
  return [own, ...parts.flatMap((part) => branchesOf(spec, part, depth + 1))];
}

/** What tests print at their end: how much was checked, and what was not. */
export function coverageText(name: string, { checkedRequests, checkedAnswers, unchecked }: Checker): string {
  const total = [...unchecked.values()].reduce((sum, count) => sum + count, 0);
  const lines = [...unchecked].sort().map(([what, count]) => `  ${String(count).padStart(4)} ${what}`);
  return [
    `${name}: ${checkedRequests} requests and ${checkedAnswers} answers checked, ${total} unchecked`,
    ...lines,
  ].join('\n');
}
