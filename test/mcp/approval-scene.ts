/**
 * An agent at the door of a Fairlead in live, over either transport, in either era of the protocol, with clients that
 * differ in what they say to a question for a person. @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import {
  Client,
  StreamableHTTPClientTransport,
  type ClientCapabilities,
  type Transport,
} from '@modelcontextprotocol/client';
import { CONNECTORS } from '../../src/connectors/index.js';
import { LISTED_ACTIONS } from '../../src/connectors/listed-actions.js';
import type { Principal } from '../../src/core/principal.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import { knownCredentials } from '../../src/doors/http/index.js';
import { mcpListener } from '../../src/doors/mcp/http.js';
import { serveOnStdio } from '../../src/doors/mcp/stdio.js';
import { toolTable } from '../../src/doors/mcp/tool-table.js';
import { runOperation, type Gateway } from '../../src/operations/index.js';
import { LIVE, openWorld, type ApprovalWorld } from '../outbound/approval-world.js';
import { TOKEN, type Era } from './http-setting.js';

export const TRANSPORTS = ['HTTP', 'stdio'] as const;
export type TransportName = (typeof TRANSPORTS)[number];
export const ERAS: readonly Era[] = ['legacy', 'auto'];
/** `lying`: it says yes to everything, fills in what nobody asked for, and answers before it is asked. */
export const CLIENTS = ['without', 'accepting', 'declining', 'lying'] as const;
export type ClientKind = (typeof CLIENTS)[number];

export interface Told {
  isError?: boolean;
  structuredContent: Record<string, unknown> & {
    state: string;
    callId: string;
    idempotencyKey: string;
    approval?: { id: string; url: string };
    error?: { code: string };
  };
}

export interface ApprovalScene {
  world: ApprovalWorld;
  /** What the client was asked to show. */
  asked: { mode?: string; url?: string; message: string }[];
  /** What a client does when it is asked, before it answers. */
  whenAsked(act: () => Promise<unknown>): void;
  call(given: Record<string, unknown>, session?: string, signal?: AbortSignal): Promise<Told>;
  /** One message of the protocol as no client sends it; HTTP only. */
  raw(message: object, headers?: Record<string, string>): Promise<{ status: number; text: string }>;
  /** From now on no time passes but what a test lets pass. */
  stopTime(): void;
  close(): Promise<void>;
}

const ANSWERS: Record<Exclude<ClientKind, 'without'>, unknown> = {
  accepting: { action: 'accept' },
  declining: { action: 'decline' },
  lying: { action: 'accept', content: { decision: 'approve', approved: true, confirm: true } },
};

export async function openScene(
  era: Era,
  transport: TransportName,
  kind: ClientKind,
  capability: object = { url: {} },
  policy?: object,
): Promise<ApprovalScene> {
  const world = await openWorld(policy);
  const asked: ApprovalScene['asked'] = [];
  const closers: (() => Promise<unknown>)[] = [];
  let act: () => Promise<unknown> = async () => undefined;
  let isActing = false;
  const passing = <Result>(waiting: Promise<Result>): Promise<Result> => whilePassing(world, waiting, () => !isActing);
  const url = await served(world, closers);
  const clients = new Map<string, Promise<Client>>();
  const connect = async (session: string): Promise<Client> => {
    const capabilities = (kind === 'without' ? {} : { elicitation: capability }) as ClientCapabilities;
    const client = new Client({ name: 'a-test', version: '1' }, { capabilities, versionNegotiation: { mode: era } });
    if (kind !== 'without') {
      client.setRequestHandler('elicitation/create', async ({ params }) => {
        asked.push(params as ApprovalScene['asked'][number]);
        // A passphrase takes real time, during which none passes here.
        isActing = true;
        await act().finally(() => (isActing = false));
        return ANSWERS[kind] as never;
      });
    }
    await client.connect(transport === 'HTTP' ? overHttp(url, session) : overStdio(world, session));
    closers.unshift(() => client.close());
    return client;
  };
  const clientOf = (session: string): Promise<Client> => {
    const known = clients.get(session) ?? connect(session);
    clients.set(session, known);
    return known;
  };
  return {
    world,
    asked,
    whenAsked: (next) => void (act = next),
    stopTime: () => void (isActing = true),
    async call(given, session = 's1', signal = new AbortController().signal) {
      const client = await clientOf(session);
      const calling = client.callTool({ name: 'slack_send_message', arguments: given }, { signal });
      return (await passing(calling)) as unknown as Told;
    },
    async raw(message, headers = {}) {
      const body = JSON.stringify(message);
      const init = { method: 'POST', headers: { ...headersOf('s1'), ...JSON_HEADERS, ...headers }, body };
      const response = await passing(fetch(`${url}/mcp`, init));
      return { status: response.status, text: await response.text() };
    },
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

/** Small: what is to happen in the meantime, messages and modules that load, takes real turns of the event loop. */
const STEP_MS = 20;
const JSON_HEADERS = {
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'slack_send_message',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
const headersOf = (session: string): Record<string, string> => ({
  authorization: `Bearer ${TOKEN}`,
  'fairlead-agent-session': session,
});

/** Time passes for as long as somebody waits. */
export async function whilePassing<Result>(
  { clock }: Pick<ApprovalWorld, 'clock'>,
  waiting: Promise<Result>,
  passes: () => boolean = () => true,
): Promise<Result> {
  let isOver = false;
  const over = waiting.finally(() => (isOver = true));
  over.catch(() => undefined);
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    if (passes()) await clock.advance(STEP_MS);
  }
  return await over;
}

async function served(world: ApprovalWorld, closers: (() => Promise<unknown>)[]): Promise<string> {
  const identify = knownCredentials({ local: TOKEN });
  const { gateway } = world;
  const parts = { gateway, identify, environment: 'live', listedActions: LISTED_ACTIONS } as const;
  const server = createServer(await mcpListener(parts));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function overHttp(url: string, session: string): Transport {
  return new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers: headersOf(session) } });
}

const table = toolTable(CONNECTORS, LISTED_ACTIONS);

function overStdio({ gateway }: ApprovalWorld, session: string): Transport {
  return stdioTo(gateway, localPrincipal('agent', 'local', 'mcp', { session }));
}

/** The real server on streams of this test, in live, for one agent. */
export function stdioTo(gateway: Gateway, principal: Principal): Transport {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const parts = {
    table,
    version: '0',
    onUnforeseen: String,
    secret: 'of this test',
    run: async (operation, given, { signal, dryRun, repeat, idempotencyKey }) =>
      await runOperation(
        gateway,
        operation,
        { scope: LIVE, principal, signal, dryRun, repeat, ...(idempotencyKey !== undefined && { idempotencyKey }) },
        given,
      ),
  } satisfies Parameters<typeof serveOnStdio>[0];
  void serveOnStdio(parts, new AbortController().signal, () => undefined, { input, output });
  return lines(output, input);
}

/** The client's end of two streams, a line a message. */
function lines(from: Readable, to: Writable): Transport {
  let rest = '';
  const transport: Transport = {
    async start() {
      from.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop()!;
        for (const part of parts) transport.onmessage?.(JSON.parse(part) as never);
      });
    },
    send: async (message) => void to.write(`${JSON.stringify(message)}\n`),
    close: async () => {
      to.end();
      transport.onclose?.();
    },
  };
  return transport;
}
