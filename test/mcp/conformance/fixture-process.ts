/**
 * The fixture behind the listener and the guard that the real server stands behind. The older revision gets sessions
 * here, which the suite asks for and the real server does without. Prints its address and lives until it is ended.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  createRequestStateCodec,
  isInitializeRequest,
  isLegacyRequest,
  type EventStore,
  type JSONRPCMessage,
  type McpHttpHandler,
} from '@modelcontextprotocol/server';
import { allowedHostNames, knownCredentials, privateDoor } from '../../../src/doors/http/index.js';
import { guarded, type Handler } from '../../../src/doors/mcp/http.js';
import { MCP_PATHS } from '../../../src/doors/mcp/index.js';
import { fixtureServer } from './fixture-server.js';

const TOKEN = randomBytes(32).toString('hex');
const RETRY_MS = 500;
const codec = createRequestStateCodec<{ step: number }>({ key: randomBytes(32) });
const sessions = new Map<string, NodeStreamableHTTPServerTransport>();

const modern: McpHttpHandler = createMcpHandler(
  () => {
    const { notify } = modern;
    const toolsChanged = (): void => notify.toolsChanged();
    const promptsChanged = (): void => notify.promptsChanged();
    return fixtureServer({ codec, closeStream: () => undefined, toolsChanged, promptsChanged }).server;
  },
  { legacy: 'reject' },
);
const answerModern = toNodeHandler(modern);

const handler: Handler = async (request, response, body) => {
  const probe = await toWebRequest(request, body ?? {});
  const isLegacy = (request as IncomingMessage).method !== 'POST' || (await isLegacyRequest(probe, body));
  if (!isLegacy) return await answerModern(request, response, body);
  await answerLegacy(request as IncomingMessage, response as unknown as ServerResponse, body);
};

async function answerLegacy(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
  const id = String(request.headers['mcp-session-id'] ?? '');
  const known = sessions.get(id);
  if (known !== undefined) return await known.handleRequest(request, response, body);
  if (isInitializeRequest(body)) {
    const transport = await openSession();
    return await transport.handleRequest(request, response, body);
  }
  const status = id === '' ? 400 : 404;
  const error = { code: -32_000, message: 'There is no such session.' };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
}

async function openSession(): Promise<NodeStreamableHTTPServerTransport> {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    eventStore: eventStore(),
    retryInterval: RETRY_MS,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  Object.assign(transport, { onclose: () => sessions.delete(transport.sessionId ?? '') });
  const server = fixtureServer({
    codec,
    closeStream: ({ http }) => http?.closeSSE?.(),
    toolsChanged: () => server.sendToolListChanged(),
    promptsChanged: () => server.sendPromptListChanged(),
  });
  await server.connect(transport);
  return transport;
}

/** What a stream has said, so that it can be taken up where it broke. */
function eventStore(): EventStore {
  const events: { stream: string; message: JSONRPCMessage }[] = [];
  return {
    storeEvent: async (stream, message) => String(events.push({ stream, message }) - 1),
    replayEventsAfter: async (last, { send }) => {
      const stream = events[Number(last)]?.stream ?? '';
      for (const [at, event] of events.entries()) {
        if (at > Number(last) && event.stream === stream) await send(String(at), event.message);
      }
      return stream;
    },
  };
}

const identify = knownCredentials({ local: TOKEN });
const onUnforeseen = (error: unknown): string => (console.error(error), 'none');
let url = '';
const load = async () => guarded({ identify, onUnforeseen, issuer: () => url }, handler);
const door = privateDoor({
  hostNames: () => allowedHostNames([]),
  accepting: () => true,
  readiness: () => ({ ready: true, detail: async () => ({}) }),
  identify,
  loadRest: async () => (_request, response) => response.writeHead(404).end(),
  agents: { paths: MCP_PATHS, load },
  log: (_level, message, facts) => console.error(message, facts),
});
const server = createServer(door);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  console.log(JSON.stringify({ url, token: TOKEN }));
});
