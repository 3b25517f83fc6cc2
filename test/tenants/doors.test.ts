/** S-703: the same at the door for agents and at the command line. What a key may see does not depend on the door. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LISTED_ACTIONS } from '../../src/connectors/listed-actions.js';
import { loadMcp } from '../../src/doors/mcp/index.js';
import { toolNameOf } from '../../src/doors/mcp/tool-name.js';
import { inputFields, type Operation } from '../../src/operations/index.js';
import { run } from '../doors/fake-world.js';
import type { Setting } from '../doors/setting.js';
import { leaked, openTwoTenants, TABLE, type TwoTenants } from './two-tenants.js';

/** Operations on one thing that is known by its id. */
const ON_ONE = TABLE.filter((operation) => {
  const names = inputFields(operation).map(({ name }) => name);
  return names.includes('id') && operation.audit !== 'call' && operation.installation !== true;
});

let world: TwoTenants;
let server: Server;
let client: Client;

beforeAll(async () => {
  world = await openTwoTenants();
  const { gateway } = world.setting;
  const parts = { gateway, identify: world.identify, environment: 'sandbox', listedActions: LISTED_ACTIONS } as const;
  server = createServer(await loadMcp(parts));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new Client({ name: 'a-test', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${world.ourKey}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), { requestInit }));
});

afterAll(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
  world.setting.close();
});

const idsFor = ({ name }: Operation): string[] => {
  const kind = name.split('.')[0] as keyof TwoTenants['has'];
  return world.has[kind] ?? world.has.entries;
};

it('S-703: a tool call with an id of another tenant finds nothing', async () => {
  const { tools } = await client.listTools();
  // First: what was asked for is in the audit log of whoever asked.
  for (const { name } of tools.filter((tool) => (tool.inputSchema['required'] as string[] | undefined) === undefined)) {
    const answer = await client.callTool({ name, arguments: {} });
    expect(leaked(world.has, JSON.stringify(answer), ''), name).toEqual([]);
  }
  const listed = ON_ONE.filter(({ name }) => tools.some((tool) => tool.name === toolNameOf(name)));
  expect(listed.length).toBeGreaterThan(2);
  for (const operation of listed) {
    for (const id of idsFor(operation)) {
      const answer = await client.callTool({ name: toolNameOf(operation.name), arguments: { id } });
      expect(answer.isError, operation.name).toBe(true);
      expect(leaked(world.has, JSON.stringify(answer), id), operation.name).toEqual([]);
    }
  }
});

it('S-703: a command with an id of another tenant finds nothing', async () => {
  // The command line reads nothing of a setting but what both have.
  const setting = Object.assign(world.setting, { random: world.setting.gateway.random }) as unknown as Setting;
  const variables = { FAIRLEAD_API_KEY: world.ourKey };
  const seen = await run(setting, 'key list --json', { variables });
  expect([seen.exit, seen.stdout]).toEqual([0, expect.stringContaining(world.ourKeyId)]);
  for (const operation of ON_ONE) {
    for (const id of idsFor(operation)) {
      const line = `${operation.cli.words} --input-file - --json`;
      const { exit, stdout, stderr } = await run(setting, line, { variables, stdin: JSON.stringify({ id }) });
      expect(exit, `${line}: ${stdout}`).not.toBe(0);
      expect(leaked(world.has, stdout + stderr, id), line).toEqual([]);
    }
  }
});
