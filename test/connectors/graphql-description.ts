/**
 * A simulated GraphQL provider against the provider's own schema: every document, every variable, every answer.
 *
 * The library is the one that the provider's SDK brings along.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { replyText, type SandboxReply, type SandboxRequest } from '../../src/sandbox/index.js';
import { specs } from '../sandbox/official-description.js';

const LIBRARY = 'graphql';

/** As much of the library as is used here. */
interface Library {
  buildSchema(text: string, options: { assumeValid: boolean }): object;
  parse(text: string): { definitions: { kind: string; variableDefinitions?: unknown[] }[] };
  validate(schema: object, document: object): readonly { message: string }[];
  getVariableValues(schema: object, definitions: unknown[], given: object): { errors?: readonly { message: string }[] };
  execute(asked: {
    schema: object;
    document: object;
    rootValue: unknown;
    variableValues: object;
    fieldResolver(owner: object, args: unknown, context: unknown, info: { path: { key: unknown } }): unknown;
  }): { errors?: readonly { message: string; path?: readonly unknown[] }[] };
}

export interface GraphqlChecker {
  /** Goes to `onExchange` of a simulation. */
  see(request: SandboxRequest, reply: SandboxReply): void;
  problems: string[];
  checkedRequests: number;
  checkedAnswers: number;
  /** Documents that were refused for what they say: the caller's test of just that. */
  refused: number;
}

const library = createRequire(import.meta.url)(LIBRARY) as Library;
/** By file: a schema is built once a test file. */
const built = new Map<string, object>();

function schemaOf(file: string): object {
  const text = gunzipSync(readFileSync(join(specs.path!, file))).toString('utf8');
  return library.buildSchema(text, { assumeValid: true });
}

/** Loads a gzipped schema of the specs folder. Only where `specs` are available. */
export function graphqlDescription(file: string): GraphqlChecker {
  const { execute, getVariableValues, parse, validate } = library;
  const schema = built.get(file) ?? schemaOf(file);
  built.set(file, schema);
  const checker: GraphqlChecker = { see, problems: [], checkedRequests: 0, checkedAnswers: 0, refused: 0 };

  function see(request: SandboxRequest, reply: SandboxReply): void {
    const { query, variables = {} } = JSON.parse(Buffer.from(request.body).toString('utf8')) as Sent;
    const document = parse(query);
    const problem = (text: string): void => void checker.problems.push(`${query.slice(0, 60)}: ${text}`);
    checker.checkedRequests++;
    for (const { message } of validate(schema, document)) problem(message);
    const operation = document.definitions.find((one) => one.kind === 'OperationDefinition')!;
    const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    for (const { message } of errors) problem(message);
    const answer = JSON.parse(replyText(reply)) as Answer;
    if (reply.status !== 200 || answer.errors !== undefined) return void checker.refused++;
    checker.checkedAnswers++;
    // The answer is resolved by the schema out of itself: what does not fit its type is an error.
    const resolved = execute({
      schema,
      document,
      rootValue: answer.data,
      variableValues: variables,
      fieldResolver: (owner, _args, _context, info) => {
        const key = String(info.path.key);
        if (!Object.hasOwn(owner, key)) throw new Error(`${key} is not in the answer`);
        return (owner as Record<string, unknown>)[key];
      },
    });
    for (const { message, path } of resolved.errors ?? []) problem(`answer ${path?.join('.')}: ${message}`);
  }
  return checker;
}

interface Sent {
  query: string;
  variables?: Record<string, unknown>;
}
interface Answer {
  data?: unknown;
  errors?: unknown[];
}

export const graphqlCoverage = (name: string, { checkedRequests, checkedAnswers, refused }: GraphqlChecker): string =>
  `${name}: ${checkedRequests} requests and ${checkedAnswers} answers checked, ${refused} answers unchecked (errors)`;
