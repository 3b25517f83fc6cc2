/** One operation asked of the process that owns the data directory, over its socket. @module */
import type { CallResult } from '../../core/call.js';
import { AppError, type ErrorCode, type ErrorData } from '../../core/errors.js';
import { isErrorCode } from '../../core/error-page.js';
import { isObject, parseJson } from '../../core/json.js';
import type { TextStream } from '../../core/operation.js';
import type { Principal } from '../../core/principal.js';
import { quotedKey, REST_HEADERS, restRequestOf } from '../../core/rest-shape.js';
import type { Environment } from '../../core/scope.js';
import type { Operation } from '../../operations/index.js';

export interface CallOptions {
  environment: Environment;
  dryRun: boolean;
  idempotencyKey?: string;
  connection?: string;
  repeat?: boolean;
  signal?: AbortSignal;
  /** Takes the output of an operation that streams, piece by piece. */
  onText?: (text: string) => Promise<void>;
  /** Ask a running server, however long it takes until there is one; never own the directory for this. */
  attachOnly?: boolean;
}

/** Sends one request to a Unix domain socket; see host/local-client.ts. */
export type SendLocal = (
  socketPath: string,
  request: {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: Uint8Array;
    signal?: AbortSignal;
    onText?: (text: string) => Promise<void>;
  },
) => Promise<
  | { ok: true; status: number; headers: Record<string, string>; body: Uint8Array }
  | { ok: false; sent: 'no' | 'maybe'; detail: string }
>;

export type AttachedResult =
  | { kind: 'answered'; output: unknown }
  /** The owner refused or failed. */
  | { kind: 'failed'; error: AppError }
  /** The operation was not begun: nobody is there, or the one who was is leaving. */
  | { kind: 'not_run' }
  /** The owner ended in the middle. `begun` says that part of a stream had been taken by then. */
  | { kind: 'lost'; begun: boolean };

export interface AttachedCaller {
  /** Bearer token. */
  token: string;
  principal: Principal;
}

export async function askOwner(
  send: SendLocal,
  socket: string,
  caller: AttachedCaller,
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<AttachedResult> {
  const { method, path, body } = restRequestOf(operation.http, input);
  let begun = false;
  const onText = async (text: string): Promise<void> => {
    begun = true;
    await options.onText?.(text);
  };
  const result = await send(socket, {
    method,
    path,
    headers: headersOf(caller, options),
    ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(operation.streams === undefined ? {} : { onText }),
  });
  if (!result.ok) return result.sent === 'no' ? { kind: 'not_run' } : { kind: 'lost', begun };
  if (result.headers[REST_HEADERS.notRun] !== undefined) return { kind: 'not_run' };
  if (operation.streams !== undefined && result.status < 300) {
    return { kind: 'answered', output: companionOf(result.headers[REST_HEADERS.checkpoint]) };
  }
  const parsed = parseJson(result.body);
  if (!parsed.ok) return { kind: 'failed', error: strange(operation, `it answered with no JSON (${parsed.reason})`) };
  return result.status < 300 ? { kind: 'answered', output: parsed.value } : failureOf(operation, parsed.value);
}

function companionOf(checkpoint: string | undefined): TextStream['companion'] {
  if (checkpoint === undefined) return undefined;
  return { name: 'checkpoint', text: Buffer.from(checkpoint, 'base64').toString('utf8') };
}

function headersOf({ token, principal }: AttachedCaller, options: CallOptions): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    [REST_HEADERS.principalType]: principal.type,
    [REST_HEADERS.environment]: options.environment,
    [REST_HEADERS.dryRun]: String(options.dryRun),
    ...(principal.agent?.client === undefined ? {} : { [REST_HEADERS.agentClient]: principal.agent.client }),
    ...(principal.agent?.session === undefined ? {} : { [REST_HEADERS.agentSession]: principal.agent.session }),
    ...toolHeaders(principal, options),
    ...(options.idempotencyKey === undefined
      ? {}
      : { [REST_HEADERS.idempotencyKey]: quotedKey(options.idempotencyKey) }),
    ...(options.connection === undefined ? {} : { [REST_HEADERS.connection]: options.connection }),
  };
}

/** What an owner has to know of a tool call, beside what every request says. */
function toolHeaders({ via, agent, onBehalfOf }: Principal, { repeat }: CallOptions): Record<string, string> {
  if (via !== 'mcp') return {};
  return {
    [REST_HEADERS.door]: 'mcp',
    ...(repeat === true && { [REST_HEADERS.repeat]: 'true' }),
    ...(agent?.toolCallId !== undefined && { [REST_HEADERS.toolCallId]: agent.toolCallId }),
    ...(onBehalfOf !== undefined && { [REST_HEADERS.onBehalfOf]: onBehalfOf.id }),
  };
}

/** A call that ended badly is still a result, with its id and key; everything else is the owner's error as ours. */
function failureOf(operation: Operation, problem: unknown): AttachedResult {
  if (!isObject(problem) || typeof problem['code'] !== 'string' || !isErrorCode(problem['code'])) {
    return { kind: 'failed', error: strange(operation, 'it answered with an error this version does not know') };
  }
  const { code, title, detail, help, side, retry, data, call } = problem;
  if (isObject(call)) {
    const error = { code, title, detail, help, side, retry, data };
    return { kind: 'answered', output: { ...call, error } as unknown as CallResult };
  }
  const known = isObject(data) ? data : {};
  return { kind: 'failed', error: new AppError(code as ErrorCode, known as ErrorData<ErrorCode>) };
}

function strange(operation: Operation, problem: string): AppError {
  return new AppError('conflict', { what: `${operation.name} of the running Fairlead`, problem });
}
