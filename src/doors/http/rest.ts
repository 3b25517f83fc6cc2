/** The operations as a REST interface on hono. Loaded when the first request needs it. @module */
import { getRequestListener } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallResult, CallResultState } from '../../core/call.js';
import { AppError, toAppError } from '../../core/errors.js';
import { errorIndex, errorPage, isErrorCode } from '../../core/error-page.js';
import { newId } from '../../core/ids.js';
import type { TextStream } from '../../core/operation.js';
import { requireScope, type Principal } from '../../core/principal.js';
import { pathParameters, REST_HEADERS } from '../../core/rest-shape.js';
import { isEnvironment, type Environment } from '../../core/scope.js';
import {
  inputFields,
  operationTable,
  runOperation,
  type Caller,
  type InputField,
  type Operation,
  type Gateway,
} from '../../operations/index.js';
import { EventStreams } from './server-sent-events.js';
import { decideByPage, showApproval } from './approval-page.js';
import { challenged } from './rest-challenge.js';
import { peerOf } from './client-address.js';
import type { Identify } from './credentials.js';
import { keyIn } from './idempotency-key.js';
import { pages, rowsField, streamed } from './streams.js';
import { openApiDocument } from './openapi.js';
import { rootPage } from './root-page.js';
import { ANSWER_HEADERS, errorAnswer, problemAnswer, type PlainAnswer } from './problem.js';
import { bodyInput, joinInput, queryInput, readBody } from './request-input.js';

export interface RestParts {
  gateway: Gateway;
  identify: Identify;
  /** What a request without the environment header is about. */
  environment: Environment;
  via: Principal['via'];
}

type NodeListener = (request: IncomingMessage, response: ServerResponse) => void;

const JSON_HEADERS = { ...ANSWER_HEADERS, 'content-type': 'application/json' };
const TEXT_HEADERS = { ...ANSWER_HEADERS, 'content-type': 'text/plain; charset=utf-8' };
const NDJSON = 'application/x-ndjson';
const EVENT_STREAM = 'text/event-stream';
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const CONNECTION_CHARACTERS_MAX = 200;

/** How a call that came back with a result of its own, good or bad, is answered. */
const CALL_STATUS: Partial<Record<CallResultState, number>> = {
  done: 200,
  replayed: 200,
  previewed: 200,
  pending_approval: 202,
  running: 202,
};

export async function restListener(parts: RestParts): Promise<NodeListener> {
  const app = restApp(parts, operationTable(await parts.gateway.connectors()));
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (request, response) => void listener(request, response);
}

export function restApp(parts: RestParts, table: readonly Operation[]): Hono {
  const app = new Hono();
  const streams = new EventStreams(parts.gateway.clock);
  // A fixed path is matched before one with a parameter in the same place.
  const fixedFirst = [...table].sort((a, b) => pathParameters(a.http.path).length - pathParameters(b.http.path).length);
  for (const operation of fixedFirst) {
    // Read when the first request comes: for the whole table at once that is a blink in which no webhook is answered.
    let read: InputField[] | undefined;
    const fields = (): InputField[] => (read ??= inputFields(operation));
    const path = operation.http.path.replace(/\{(\w+)\}/g, ':$1');
    app.on(operation.http.method, path, (context) =>
      operation.resumes !== undefined && wants(context, EVENT_STREAM)
        ? followed(parts, operation, fields(), context, streams)
        : answer(parts, operation, fields(), context),
    );
  }
  // Half a megabyte that most processes are never asked for.
  let document: string | undefined;
  const described = (): string => (document ??= JSON.stringify(openApiDocument(table, parts.gateway.version)));
  const signatureOf = (context: Context): string => context.req.query('s') ?? '';
  app.on(['GET', 'POST'], '/approvals/:id', (context) => {
    const run = context.req.method === 'GET' ? showApproval : decideByPage;
    return run(parts.gateway, context.req.param('id'), signatureOf(context), context.req.raw, peerOf(context.env));
  });
  app.get('/', (context) => {
    const { status, headers, body } = rootPage(context.req.header('accept') ?? '');
    return new Response(body, { status, headers });
  });
  app.get('/openapi.json', () => new Response(described(), { headers: JSON_HEADERS }));
  app.get('/docs/errors', () => new Response(errorIndex(), { headers: TEXT_HEADERS }));
  app.get('/docs/errors/:code', (context) => {
    const code = context.req.param('code');
    return isErrorCode(code) ? new Response(errorPage(code), { headers: TEXT_HEADERS }) : nothingHere(parts, context);
  });
  app.notFound((context) => nothingHere(parts, context));
  app.onError((error, context) => failure(parts, error, requestIdOf(parts, context)));
  return app;
}

/** A stream of the same rows as server-sent events, from behind the last one that the client has seen. */
async function followed(
  parts: RestParts,
  operation: Operation,
  fields: readonly InputField[],
  context: Context,
  streams: EventStreams,
): Promise<Response> {
  const requestId = requestIdOf(parts, context);
  const caller = await callerOf(parts, context);
  const query = queryInput(new URL(context.req.url).searchParams, fields);
  const seen = context.req.header(REST_HEADERS.lastEventId);
  const input = { ...query, follow: true, ...(seen === undefined || seen === '' ? {} : { cursor: seen }) };
  const { type, id } = caller.principal;
  const release = streams.admit(`${caller.scope.tenant} ${type} ${id}`);
  // It ends with the request, and with what is sent to a client that takes nothing.
  const abort = new AbortController();
  const signal = caller.signal === undefined ? abort.signal : AbortSignal.any([caller.signal, abort.signal]);
  const end = (): void => {
    release();
    abort.abort();
  };
  try {
    const rows = (await runOperation(parts.gateway, operation, { ...caller, signal }, input)) as TextStream;
    const isStillAllowed = async (): Promise<void> => {
      const { principal } = await callerOf(parts, context);
      requireScope(principal, operation.scope, operation.name);
    };
    const stream = { rows, placeOf: operation.resumes!, isStillAllowed, end };
    return streams.answer(stream, { ...ANSWER_HEADERS, [REST_HEADERS.requestId]: requestId });
  } catch (error) {
    end();
    throw error;
  }
}

async function answer(
  parts: RestParts,
  operation: Operation,
  fields: readonly InputField[],
  context: Context,
): Promise<Response> {
  const requestId = requestIdOf(parts, context);
  const caller = await callerOf(parts, context);
  const inPath = Object.fromEntries(
    pathParameters(operation.http.path).map((name) => [name, context.req.param(name) ?? '']),
  );
  // The body is read whole before anything runs, so that a client which was cut off has caused nothing.
  const bytes = context.req.method === 'GET' ? new Uint8Array() : await readBody(context.req.raw);
  const query = queryInput(new URL(context.req.url).searchParams, fields);
  const input = joinInput(inPath, query, bodyInput(bytes, context.req.header('content-type')));
  const rows = rowsField(operation, fields);
  if (rows !== undefined && wants(context, NDJSON)) {
    const page = (cursor: string | undefined): Promise<unknown> =>
      runOperation(parts.gateway, operation, caller, cursor === undefined ? input : { ...input, cursor });
    return await pages(page, rows, { ...ANSWER_HEADERS, 'content-type': NDJSON, [REST_HEADERS.requestId]: requestId });
  }
  let isReplayed = false;
  const onReplayed = (): void => void (isReplayed = true);
  const output = await runOperation(parts.gateway, operation, { ...caller, onReplayed }, input);
  if (operation.streams !== undefined) {
    const type = operation.streams(input as never);
    return streamed(output as TextStream, {
      ...ANSWER_HEADERS,
      'content-type': type,
      [REST_HEADERS.requestId]: requestId,
    });
  }
  if (operation.audit === 'call') return callAnswer(parts, output as CallResult, requestId);
  const headers: Record<string, string> = { ...JSON_HEADERS, [REST_HEADERS.requestId]: requestId };
  if (isReplayed) headers[REST_HEADERS.replayed] = 'true';
  return new Response(JSON.stringify(output), { headers });
}

function callAnswer({ gateway }: RestParts, result: CallResult, requestId: string): Response {
  const status = CALL_STATUS[result.state];
  if (status === undefined && result.error !== undefined) {
    const answer = problemAnswer(result.error, requestId, result);
    return responseOf(challenged(gateway.address(), result.error, answer));
  }
  const headers: Record<string, string> = { ...JSON_HEADERS, [REST_HEADERS.requestId]: requestId };
  if (result.state === 'replayed') headers[REST_HEADERS.replayed] = 'true';
  return new Response(JSON.stringify(result), { status: status ?? 200, headers });
}

async function callerOf(parts: RestParts, context: Context): Promise<Caller> {
  const stated = {
    principalType: context.req.header(REST_HEADERS.principalType),
    agentClient: context.req.header(REST_HEADERS.agentClient),
    agentSession: context.req.header(REST_HEADERS.agentSession),
    toolCallId: context.req.header(REST_HEADERS.toolCallId),
    onBehalfOf: context.req.header(REST_HEADERS.onBehalfOf),
  };
  // A tool call that another process passes on is an agent's, whoever that process is.
  const isTool = context.req.header(REST_HEADERS.door) === 'mcp';
  const identity = isTool
    ? await parts.identify(context.req.header('authorization'), { ...stated, principalType: 'agent' }, 'mcp')
    : await parts.identify(context.req.header('authorization'), stated, parts.via);
  const { tenant, principal } = identity;
  const environment = context.req.header(REST_HEADERS.environment) ?? identity.environment ?? parts.environment;
  if (!isEnvironment(environment)) throw invalid(REST_HEADERS.environment, 'there are sandbox and live');
  if (identity.environment !== undefined && identity.environment !== environment)
    throw invalid(REST_HEADERS.environment, `the key is for ${identity.environment}`);
  const idempotencyKey = keyIn(context.req.header(REST_HEADERS.idempotencyKey));
  const connection = context.req.header(REST_HEADERS.connection);
  if ((connection?.length ?? 0) > CONNECTION_CHARACTERS_MAX)
    throw invalid(REST_HEADERS.connection, `it is longer than ${CONNECTION_CHARACTERS_MAX} characters`);
  return {
    scope: { tenant, environment },
    principal,
    dryRun: booleanHeader(context, REST_HEADERS.dryRun),
    repeat: booleanHeader(context, REST_HEADERS.repeat),
    signal: context.req.raw.signal,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(connection === undefined ? {} : { connection }),
  };
}

/** A misspelt "true" must not become a real call. */
function booleanHeader(context: Context, name: string): boolean {
  const value = context.req.header(name);
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalid(name, 'there are true and false');
}

function wants(context: Context, type: string): boolean {
  return (context.req.header('accept') ?? '').includes(type);
}

function requestIdOf(parts: RestParts, context: Context): string {
  const given = context.req.header(REST_HEADERS.requestId);
  if (given !== undefined && REQUEST_ID.test(given)) return given;
  const kept = context.get('requestId') as string | undefined;
  const id = kept ?? newId('request', parts.gateway.clock, parts.gateway.random);
  context.set('requestId', id);
  return id;
}

function nothingHere(parts: RestParts, context: Context): Response {
  const id = new URL(context.req.url).pathname.slice(0, 200);
  return failure(parts, new AppError('not_found', { what: 'address', id }), requestIdOf(parts, context));
}

function failure(parts: RestParts, thrown: unknown, requestId: string): Response {
  const error = toAppError(thrown, () => requestId);
  if (error.code === 'internal')
    parts.gateway.log('error', 'a request failed', { request: requestId, cause: error.cause });
  return responseOf(challenged(parts.gateway.address(), error.view(), errorAnswer(error, requestId)));
}

function responseOf({ status, headers, body }: PlainAnswer): Response {
  return new Response(body, { status, headers });
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
