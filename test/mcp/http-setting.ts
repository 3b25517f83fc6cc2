/** The door over real HTTP on loopback, in front of a Fairlead in memory, and the official client for it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { LISTED_ACTIONS } from '../../src/connectors/listed-actions.js';
import type { CallResult } from '../../src/core/call.js';
import { allowedHostNames, knownCredentials, privateDoor } from '../../src/doors/http/index.js';
import { loadMcp, MCP_PATHS } from '../../src/doors/mcp/index.js';
import type { ActionCall } from '../../src/outbound/index.js';
import { createSetting, type Setting } from '../doors/setting.js';

export const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
export type Era = 'legacy' | 'auto';

export interface Door extends Setting {
  url: string;
  /** What went through to the pipeline of actions. */
  calls: ActionCall[];
  close(): Promise<void>;
}

/** Takes the place of the pipeline; `undefined` leaves a call to it. */
export type Answers = (call: ActionCall) => Promise<CallResult> | CallResult | undefined;

export async function openDoor(answers: Answers = () => undefined): Promise<Door> {
  const setting = await createSetting();
  const calls: ActionCall[] = [];
  let url = '';
  const gateway = {
    ...setting.gateway,
    address: () => url,
    callAction: async (call: ActionCall) => {
      calls.push(call);
      return (await answers(call)) ?? (await setting.gateway.callAction(call));
    },
  };
  const identify = knownCredentials({ local: TOKEN });
  const load = () => loadMcp({ gateway, identify, environment: 'sandbox', listedActions: LISTED_ACTIONS });
  const listener = privateDoor({
    hostNames: () => allowedHostNames([]),
    accepting: () => true,
    readiness: () => ({ ready: true, detail: async () => ({}) }),
    identify,
    loadRest: async () => (_request, response) => response.writeHead(404).end(),
    agents: { paths: MCP_PATHS, load },
    log: gateway.log,
  });
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...setting,
    gateway,
    calls,
    url,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

export async function connect(
  door: Pick<Door, 'url'>,
  era: Era,
  headers: Record<string, string> = {},
): Promise<Client> {
  const client = new Client({ name: 'a-test', version: '1' }, { versionNegotiation: { mode: era } });
  const requestInit = { headers: { authorization: `Bearer ${TOKEN}`, ...headers } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${door.url}/mcp`), { requestInit }));
  return client;
}
