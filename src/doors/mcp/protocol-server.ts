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
  type ServerContext,
} from '@modelcontextprotocol/server';
import { toAppError } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import type { RunOperation } from './calls.js';
import { callTool, type ToolParts } from './call-tool.js';
import { INSTRUCTIONS } from './instructions.js';
import { PROMPTS } from './prompts.js';
import { readResource, RESOURCES, RESOURCE_TEMPLATES } from './resources.js';
import { listedTools } from './tool-list.js';
import type { ToolCall } from './tool.js';

export interface ProtocolParts extends ToolParts {
  version: string;
  run: RunOperation;
}

const LIST_TTL_MS = 5 * 60_000;
const CLIENT_CHARACTERS = 64;
const STABLE = { ttlMs: LIST_TTL_MS, cacheScope: 'private' } as const;

/** One server for one connection or one request. */
export function protocolServer(parts: ProtocolParts): Server {
  const server = new Server(
    { name: 'fairlead', title: 'Fairlead', version: parts.version },
    {
      capabilities: { tools: {}, resources: {}, prompts: {} },
      instructions: INSTRUCTIONS,
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
    const given = params.arguments ?? {};
    return (await callTool(parts, params.name, given, callOf(context))) as never;
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
