/**
 * The protocol around the tools: the one place that answers requests of the protocol (test/meta/mcp.test.ts). The
 * package's own registration is not used, because it drops misspelled arguments and shows thrown text to the model.
 *
 * @module
 */
import {
  CLIENT_INFO_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { toAppError } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import type { RunOperation } from './calls.js';
import { callTool, type ToolParts, type ToolResult, type WaitingResult } from './call-tool.js';
import { afterAsking, askClient, askedBefore, askedCodec, type Asking } from './elicitation.js';
import { INSTRUCTIONS } from './instructions.js';
import { PROMPTS } from './prompts.js';
import { readResource, RESOURCES, RESOURCE_TEMPLATES } from './resources.js';
import { listedTools } from './tool-list.js';
import type { ToolCall } from './tool.js';

export interface ProtocolParts extends ToolParts {
  version: string;
  run: RunOperation;
  /** Seals what a client keeps for us between two tries of a call. */
  secret: string;
}

const LIST_TTL_MS = 5 * 60_000;
const CLIENT_CHARACTERS = 64;
const STABLE = { ttlMs: LIST_TTL_MS, cacheScope: 'private' } as const;

/** One server for one connection or one request. */
export function protocolServer(parts: ProtocolParts): Server {
  const codec = askedCodec(parts.secret);
  const server = new Server(
    { name: 'fairlead', title: 'Fairlead', version: parts.version },
    {
      capabilities: { tools: {}, resources: {}, prompts: {} },
      instructions: INSTRUCTIONS,
      requestState: { verify: codec.verify },
      cacheHints: {
        'tools/list': STABLE,
        'prompts/list': STABLE,
        'resources/list': STABLE,
        'resources/templates/list': STABLE,
      },
    },
  );
  const callOf = (context: ServerContext): ToolCall => toolCall(parts, server, context);
  const tools = listedTools(parts.table);
  server.setRequestHandler('tools/list', () => ({ tools }) as never);
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const call = callOf(context);
    return (await answerCall(parts, { server, codec, call }, context, params)) as never;
  });
  server.setRequestHandler('resources/list', () => ({ resources: RESOURCES.map((one) => ({ ...one })) }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: RESOURCE_TEMPLATES.map((one) => ({ ...one })),
  }));
  server.setRequestHandler('resources/read', async ({ params }, context) => {
    const found = await safely(parts, () => readResource(params.uri, callOf(context)));
    if (found === undefined) throw new ResourceNotFoundError(params.uri);
    return { contents: [found] };
  });
  answerPrompts(server);
  return server;
}

/** A call, and where it waits for a person and the client can show one a page, what came of that. */
async function answerCall(
  parts: ProtocolParts,
  { server, codec, call }: Omit<Asking, 'again'>,
  context: ServerContext,
  { name, arguments: given = {} }: { name: string; arguments?: Record<string, unknown> | undefined },
): Promise<ToolResult | InputRequiredResult> {
  const make = async (more: Record<string, unknown> = {}): Promise<WaitingResult> => {
    const { repeat: _onPurpose, ...once } = given;
    return await callTool(parts, name, Object.keys(more).length > 0 ? { ...once, ...more } : given, call);
  };
  const plain = ({ waits: _waits, ...result }: WaitingResult): ToolResult => result;
  const again = async (idempotencyKey: string): Promise<ToolResult> => plain(await make({ idempotencyKey }));
  const asking = { server, codec, call, again };
  const before = askedBefore(context);
  if (before !== undefined) return await afterAsking(asking, context, before);
  const result = await make();
  return result.waits === undefined ? plain(result) : await askClient(asking, context, result.waits, plain(result));
}

function answerPrompts(server: Server): void {
  server.setRequestHandler('prompts/list', () => ({
    prompts: PROMPTS.map(({ name, description, arguments: taken }) => ({
      name,
      description,
      arguments: taken.map((one) => ({ ...one })),
    })),
  }));
  server.setRequestHandler('prompts/get', ({ params }) => {
    const prompt = PROMPTS.find(({ name }) => name === params.name);
    if (prompt === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such prompt.');
    const given = params.arguments ?? {};
    const missing = prompt.arguments.find(({ name, required }) => required && given[name] === undefined);
    if (missing !== undefined) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `${missing.name}: it is missing (${missing.description}).`,
      );
    }
    const text = prompt.text(given);
    return { description: prompt.description, messages: [{ role: 'user', content: { type: 'text', text } }] };
  });
}

/** The text of what nobody foresaw stays with us. */
async function safely<T>(parts: ProtocolParts, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    const error = toAppError(thrown, () => parts.onUnforeseen(thrown));
    const code = error.code === 'internal' ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams;
    throw new ProtocolError(code, `${error.message} ${error.row.help}`);
  }
}

function toolCall({ run }: ProtocolParts, server: Server, { mcpReq }: ServerContext): ToolCall {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  const named = envelope?.[CLIENT_INFO_META_KEY] ?? server.getClientVersion();
  const client = isObject(named) && typeof named['name'] === 'string' ? clientName(named['name']) : undefined;
  const toolCallId = String(mcpReq.id).slice(0, CLIENT_CHARACTERS);
  return { run, signal: mcpReq.signal, toolCallId, ...(client === undefined ? {} : { client }) };
}

/** What goes into a header and into the log. */
function clientName(name: string): string | undefined {
  const plain = name.replace(/[^\w .@/-]/g, '').slice(0, CLIENT_CHARACTERS);
  return plain === '' ? undefined : plain;
}
