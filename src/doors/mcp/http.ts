/**
 * `/mcp` on the private listener: Streamable HTTP without sessions, in both revisions of the protocol. Host and Origin
 * have been checked by then; who calls is checked here, before anything of the request is read.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createMcpHandler, type McpRequestContext } from '@modelcontextprotocol/server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { AppError, isAppError, toAppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { parseJson } from '../../core/json.js';
import { localPrincipal, type LocalType } from '../../core/local-identity.js';
import type { PermissionScope, Principal } from '../../core/principal.js';
import { challengeHeader, FIRST_SCOPES, resourceMetadata } from '../../core/protected-resource.js';
import { REST_HEADERS } from '../../core/rest-shape.js';
import type { Environment } from '../../core/scope.js';
import { deniedToAgents, operationTable, runOperation, type Gateway } from '../../operations/index.js';
import type { RunOperation } from './calls.js';
import { callTool } from './call-tool.js';
import { callerOf, Pace, type PaceLimits } from './pace.js';
import { namedCall } from './step-up.js';
import { protocolServer } from './protocol-server.js';
import { toolTable, type ToolTable } from './tool-table.js';

/** Who presents a bearer token; see doors/http. @throws AppError `unauthenticated`. */
export type IdentifyAgent = (
  authorization: string | undefined,
  stated: {
    principalType: string;
    agentClient: string | undefined;
    agentSession: string | undefined;
    onBehalfOf: string | undefined;
  },
  via: 'mcp',
) => IdentifiedAgent | Promise<IdentifiedAgent>;

interface IdentifiedAgent {
  tenant: string;
  principal: Principal;
  /** The only environment that the credential is good for. */
  environment?: Environment;
  /** Of a program that a person let in: what that person could still give it. */
  possible?: readonly PermissionScope[];
}

export interface McpHttpParts {
  gateway: Gateway;
  identify: IdentifyAgent;
  environment: Environment;
  /** The actions that are listed at once. */
  listedActions: readonly string[];
  pace?: PaceLimits;
}

type NodeListener = (request: IncomingMessage, response: ServerResponse) => void;

export const BODY_BYTES_MAX = 1024 * 1024;
const DEPTH_MAX = 32;
const INVALID_REQUEST = -32600;
const PARSE_ERROR = -32700;

export async function mcpListener(parts: McpHttpParts): Promise<NodeListener> {
  const { gateway } = parts;
  const connectors = await gateway.connectors();
  const isDenied = deniedToAgents(gateway.policy, parts.environment);
  const table = toolTable(connectors, parts.listedActions, isDenied);
  const reading = toolTable(connectors, parts.listedActions, (one) => one.effect !== 'read' || isDenied(one));
  const tableFor = ({ authInfo }: McpRequestContext): ToolTable =>
    (authInfo?.extra as { readOnly?: boolean } | undefined)?.readOnly === true ? reading : table;
  const onUnforeseen = (cause: unknown): string => {
    const id = newId('request', gateway.clock, gateway.random);
    gateway.log('error', 'a tool failed', { request: id, cause });
    return id;
  };
  // Known to every node over this store, so that each understands what another has handed out.
  const secret = gateway.keys.auditKeyPem(parts.environment);
  const pace = new Pace(gateway.clock, parts.pace);
  const factory = (context: McpRequestContext): ReturnType<typeof protocolServer> =>
    protocolServer({
      table: tableFor(context),
      version: gateway.version,
      onUnforeseen,
      secret,
      run: runAs(parts, context),
      pace: pace.of(whoCalls(context)),
    });
  const onerror = (error: Error): void =>
    gateway.log('debug', 'a request of the protocol was refused', { cause: error });
  const handler = toNodeHandler(createMcpHandler(factory, { onerror, maxRequestBodySize: BODY_BYTES_MAX }), {
    onerror,
  });
  const operations = new Map(operationTable(await gateway.connectors()).map((one) => [one.name, one]));
  const lacks: Guard['lacks'] = async (known, message) => {
    const call = namedCall(table, operations, message);
    if (call === undefined || known.principal.scopes.includes(call.scope)) return undefined;
    if (known.possible?.includes(call.scope) !== true) return undefined;
    const run = runFor(parts, known);
    await callTool({ table, onUnforeseen }, call.tool, call.given, { run, signal: new AbortController().signal });
    return call.scope;
  };
  return guarded({ identify: parts.identify, onUnforeseen, issuer: gateway.address, lacks }, handler);
}

/** What every request passes before a server of the protocol sees it: who calls, how long the body is, no batches. */
export function guarded(guard: Guard, handler: Handler): NodeListener {
  return (request, response) => {
    answer(guard, handler, request, response).catch((thrown: unknown) => {
      const error = toAppError(thrown, () => guard.onUnforeseen(thrown));
      refuse(guard, request, response, error);
    });
  };
}

export interface Guard {
  identify: IdentifyAgent;
  /** Where this Fairlead is, as its operator says. */
  issuer: () => string;
  /** The scope that a message needs, the caller has not, and a person could give. The call is refused by then. */
  lacks?: (known: IdentifiedAgent, message: unknown) => Promise<PermissionScope | undefined>;
  /** Takes what is for the log alone; gives its id. */
  onUnforeseen: (error: unknown) => string;
}

export type Handler = ReturnType<typeof toNodeHandler>;

async function answer(
  guard: Guard,
  handler: Handler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?', 1)[0];
  if (path !== '/mcp') {
    return writeJson(response, 200, resourceMetadata(guard.issuer(), 'mcp'));
  }
  const known = await guard.identify(request.headers.authorization, statedBy(request), 'mcp');
  const readOnly = isReadOnly(request);
  const principal = readOnly ? { ...known.principal, scopes: ['read' as const] } : known.principal;
  const { tenant, environment } = known;
  const extra = { principal, tenant, environment, readOnly };
  const auth = { token: '', clientId: principal.id, scopes: [...principal.scopes], extra };
  const authenticated = Object.assign(request, { auth });
  if (request.method !== 'POST') return await handler(authenticated, response);
  const body = await readBody(request);
  const parsed = parseJson(body, { maxDepth: DEPTH_MAX });
  if (!parsed.ok) return writeJson(response, 400, protocolError(PARSE_ERROR, 'The body is no JSON that we read.'));
  // A batch is one request in the log and many in effect; both revisions did away with it.
  if (Array.isArray(parsed.value)) {
    return writeJson(
      response,
      400,
      protocolError(INVALID_REQUEST, 'Batches are not taken: send one message a request.'),
    );
  }
  const scope = await guard.lacks?.(known, parsed.value);
  if (scope !== undefined) return stepUp(guard, response, [...principal.scopes, scope], scope);
  await handler(authenticated, response, parsed.value);
}

/** RFC 6750, 3.1: with what it has and what it lacks, so that the next token is good for both. */
function stepUp({ issuer }: Guard, response: ServerResponse, scopes: readonly string[], lacking: string): void {
  const error = new AppError('insufficient_scope', { scope: lacking, operation: 'tools/call' });
  const { code, message } = error;
  const body = protocolError(INVALID_REQUEST, message, { data: { code, scope: lacking, help: error.row.help } });
  const header = challengeHeader(issuer(), 'mcp', { error: 'insufficient_scope', scopes });
  writeJson(response, error.row.status, body, { 'www-authenticate': header });
}

/** A request can make itself less than its credential, and nothing makes it more. Whatever is not "false" counts. */
function isReadOnly({ headers }: IncomingMessage): boolean {
  const said = headers[REST_HEADERS.readOnly];
  return said !== undefined && said !== 'false';
}

function whoCalls({ authInfo }: McpRequestContext): string {
  const known = authInfo?.extra as IdentifiedAgent | undefined;
  return known === undefined ? '' : callerOf(known.principal, known.tenant);
}

function runAs(parts: McpHttpParts, { authInfo }: McpRequestContext): RunOperation {
  const known = authInfo?.extra as IdentifiedAgent | undefined;
  if (known !== undefined) return runFor(parts, known);
  return async () => {
    throw new AppError('unauthenticated', { problem: 'No credential came with the request.' });
  };
}

function runFor({ gateway, environment }: McpHttpParts, known: IdentifiedAgent): RunOperation {
  return async (operation, input, { client, toolCallId, ...call }) => {
    const scope = { tenant: known.tenant, environment: known.environment ?? environment };
    const principal = named(known.principal, client, toolCallId);
    return await runOperation(gateway, operation, { scope, principal, ...call }, input);
  };
}

/** What only the message says: who the client is, and what it calls this call. */
function named(principal: Principal, client: string | undefined, toolCallId: string | undefined): Principal {
  const { agent, onBehalfOf, type, id } = principal;
  const facts = {
    ...(client !== undefined && { client }),
    ...agent,
    ...(toolCallId !== undefined && { toolCallId }),
    ...(onBehalfOf !== undefined && { onBehalfOf: onBehalfOf.id }),
  };
  return { ...localPrincipal(type as LocalType, id, 'mcp', facts), scopes: principal.scopes };
}

function statedBy({ headers }: IncomingMessage): Parameters<IdentifyAgent>[1] {
  const one = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return {
    principalType: 'agent',
    agentClient: one(REST_HEADERS.agentClient),
    agentSession: one(REST_HEADERS.agentSession),
    onBehalfOf: one(REST_HEADERS.onBehalfOf),
  };
}

/** The whole body; longer ones are refused as soon as they are longer. */
async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const tooLarge = (): AppError => new AppError('body_too_large', { limitBytes: BODY_BYTES_MAX });
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > BODY_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function refuse({ issuer }: Guard, request: IncomingMessage, response: ServerResponse, error: AppError): void {
  if (response.headersSent) return;
  const { status } = error.row;
  const headers: Record<string, string> =
    status === 401
      ? { 'www-authenticate': challengeHeader(issuer(), 'mcp', challengeOf(request)) }
      : status === 413
        ? { connection: 'close' }
        : isAppError(error, 'key_limited')
          ? { 'retry-after': String(Math.ceil(error.data.retryAfterMs / 1_000)) }
          : {};
  const { code, message } = error;
  const known = isAppError(error, 'internal') ? {} : { data: { code, help: error.row.help } };
  writeJson(response, status, protocolError(INVALID_REQUEST, message, known), headers);
}

/** A credential that is wrong is told from none (RFC 6750, 3.1). */
function challengeOf({ headers }: IncomingMessage): Parameters<typeof challengeHeader>[2] {
  return { scopes: FIRST_SCOPES, ...(headers.authorization !== undefined && { error: 'invalid_token' }) };
}

function protocolError(code: number, message: string, rest: object = {}): unknown {
  return { jsonrpc: '2.0', id: null, error: { code, message, ...rest } };
}

function writeJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(body);
}
