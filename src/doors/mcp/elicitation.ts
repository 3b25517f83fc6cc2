/**
 * A call that waits for a person, while its client can show the person a page: the client is asked to open it, and the
 * call waits for what becomes of the approval. The client's answer decides nothing, whatever it says: it tells only
 * whether waiting makes sense. The page asks for the approver's passphrase, as it does without a client.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  type InputRequiredResult,
  type RequestStateCodec,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { isObject } from '../../core/json.js';
import { operationNamed } from '../../operations/index.js';
import type { ToolResult } from './call-tool.js';
import type { ToolCall, Waiting } from './tool.js';

/** What a client is handed to bring back: which call it is about. It proves no consent. */
export interface AskedState {
  call: string;
  key: string;
}

/** `url`: the client opens an address. `form`: it shows words and a button, and nothing is filled in. */
type Mode = 'url' | 'form';

const WAIT_SECONDS = 25;
const WAITS = 2;
const ANSWER = 'approval';
const KEY_LABEL = 'fairlead asked state v1';

/** Seals {@link AskedState}. @param secret known to every process that may get it back */
export function askedCodec(secret: string): RequestStateCodec<AskedState> {
  const key = createHash('sha256').update(`${KEY_LABEL}\n${secret}`).digest();
  const bind = ({ http }: ServerContext): string => http?.authInfo?.clientId ?? 'stdio';
  return createRequestStateCodec<AskedState>({ key, bind });
}

export interface Asking {
  server: Server;
  codec: RequestStateCodec<AskedState>;
  call: ToolCall;
  /** Makes the same call once more, which tells what became of it. */
  again: (key: string) => Promise<ToolResult>;
}

/** What a client was told before: its second try. `undefined` for a first one, whatever answers it brings. */
export function askedBefore({ mcpReq }: ServerContext): AskedState | undefined {
  const state = mcpReq.requestState() as Partial<AskedState> | string | undefined;
  if (typeof state !== 'object' || typeof state.call !== 'string' || typeof state.key !== 'string') return undefined;
  return { call: state.call, key: state.key };
}

/** A call that waits, on its way to the client: asked about where the client can be, told as it is where it cannot. */
export async function askClient(
  asking: Asking,
  context: ServerContext,
  waiting: Waiting,
  pending: ToolResult,
): Promise<ToolResult | InputRequiredResult> {
  const isNew = context.mcpReq.envelope !== undefined;
  const mode = modeOf(isNew ? envelopeCapabilities(context) : asking.server.getClientCapabilities());
  if (mode === undefined) return pending;
  if (!isNew) return await askAtOnce(asking, context, mode, waiting, pending);
  const requestState = await asking.codec.mint({ call: waiting.callId, key: waiting.key }, context);
  const { message, url } = wordsOf(waiting);
  const request =
    mode === 'url'
      ? inputRequired.elicitUrl({ message, url })
      : inputRequired.elicit({ message: `${message} ${url}`, requestedSchema: NOTHING_TO_FILL_IN });
  return inputRequired({ inputRequests: { [ANSWER]: request }, requestState });
}

/** The second try of a client that was asked: waited for if the person went to the page, and told as it is. */
export async function afterAsking(asking: Asking, context: ServerContext, state: AskedState): Promise<ToolResult> {
  const answer: unknown = context.mcpReq.inputResponses?.[ANSWER];
  if (isObject(answer) && answer['action'] === 'accept') await decision(asking.call, state.call);
  return asFirst(await asking.again(state.key), state.call);
}

/** Where the server can ask in the middle of a call. A decision that comes by another way ends the asking. */
async function askAtOnce(
  asking: Asking,
  { mcpReq }: ServerContext,
  mode: Mode,
  waiting: Waiting,
  pending: ToolResult,
): Promise<ToolResult> {
  const { message, url } = wordsOf(waiting);
  const over = new AbortController();
  const signal = AbortSignal.any([asking.call.signal, over.signal]);
  const params =
    mode === 'url'
      ? { mode, message, url, elicitationId: waiting.approval }
      : { mode, message: `${message} ${url}`, requestedSchema: NOTHING_TO_FILL_IN };
  const goesThere = mcpReq.elicitInput(params, { signal, timeout: WAITS * WAIT_SECONDS * 1_000 }).then(
    ({ action }) => action === 'accept',
    () => false,
  );
  const decided = decision({ ...asking.call, signal }, waiting.callId);
  const isDecided = await Promise.race([decided, goesThere.then((goes) => (goes ? decided : false))]);
  over.abort();
  if (!isDecided) return pending;
  if (mode === 'url')
    await asking.server
      .createElicitationCompletionNotifier(waiting.approval)()
      .catch(() => undefined);
  return asFirst(await asking.again(waiting.key), waiting.callId);
}

/** Waits, within bounds, until a call waits for nobody any more. */
async function decision({ run, signal }: ToolCall, id: string): Promise<boolean> {
  for (let waits = 0; waits < WAITS && !signal.aborted; waits++) {
    const options = { dryRun: false, repeat: false, signal };
    const input = { id, waitSeconds: WAIT_SECONDS };
    const found = await run(operationNamed('calls.get'), input, options).catch(() => undefined);
    if (!isObject(found)) return false;
    if (found['state'] !== 'pending_approval' && found['state'] !== 'running') return true;
  }
  return false;
}

/** The call that was waited for is the first one, even if it is told from the ledger. */
function asFirst(result: ToolResult, callId: string): ToolResult {
  const { note, ...told } = result.structuredContent;
  if (told['state'] !== 'replayed' || told['callId'] !== callId || note === undefined) return result;
  const structured = { ...told, state: 'done' };
  return { ...result, content: [{ type: 'text', text: JSON.stringify(structured) }], structuredContent: structured };
}

const NOTHING_TO_FILL_IN = { type: 'object', properties: {} } as const;

function wordsOf({ action, url }: Waiting): { message: string; url: string } {
  return { message: `A person has to agree to ${action}. This page shows exactly what would be sent.`, url };
}

function envelopeCapabilities({ mcpReq }: ServerContext): unknown {
  return (mcpReq.envelope as Readonly<Record<string, unknown>> | undefined)?.[CLIENT_CAPABILITIES_META_KEY];
}

/** A capability without modes is that of the revisions before there were modes: forms. */
function modeOf(capabilities: unknown): Mode | undefined {
  const declared = isObject(capabilities) ? capabilities['elicitation'] : undefined;
  if (!isObject(declared)) return undefined;
  if (isObject(declared['url'])) return 'url';
  return isObject(declared['form']) || Object.keys(declared).length === 0 ? 'form' : undefined;
}
