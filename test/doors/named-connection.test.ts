/** A caller names the connection that an action goes through, in every door, and never another owner's. */
import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import type { Principal } from '../../src/core/principal.js';
import { restApp } from '../../src/doors/http/rest.js';
import { operationTable, runOperation } from '../../src/operations/index.js';
import { run } from './fake-world.js';
import { createSetting, type Setting } from './setting.js';

const TABLE = operationTable(CONNECTORS);
const CALL = { channel: 'C024BE91L', text: 'Hello' };
const person = localPrincipal('person', 'prn_ada', 'rest');
const behalf = (id: string): Principal => ({ ...person, onBehalfOf: { type: 'person', id } });

let setting: Setting;
let mine: string;

async function asked(name: string, input: object, more: { connection?: string; dryRun?: boolean } = {}, who = person) {
  const operation = TABLE.find((row) => row.name === name)!;
  const caller = { scope: { tenant: 'default', environment: 'sandbox' }, principal: who, ...more } as const;
  return (await runOperation(setting.gateway, operation, caller, input)) as Record<string, never>;
}

const connected = async (secret: string, user?: string): Promise<string> => {
  const input = { provider: 'slack', secret, check: false, ...(user !== undefined && { user }) };
  return (await asked('connections.add', input))['connection']!['id'];
};

/** What the log says that the last call went through. */
async function lastConnection(): Promise<string | undefined> {
  const entries = await setting.store.audit.search({ tenant: 'default', environment: 'sandbox' }, {}, { limit: 1 });
  return JSON.stringify(entries.rows).match(/\\?"connection\\?":\\?"([^"\\]+)/)?.[1];
}

beforeEach(async () => {
  setting = await createSetting({ variables: { SLACK_BOT_TOKEN: 'xoxb-of-the-variable-012345' } });
  mine = await connected('xoxb-of-the-tenant-0123456');
});

describe('a named connection', () => {
  it('is taken in place of the one that a call without a name goes through', async () => {
    const dryRun = true;
    expect(await asked('slack.sendMessage', CALL, { dryRun })).toMatchObject({ state: 'previewed' });
    expect(await lastConnection()).toBe('env:slack');
    expect(await asked('slack.sendMessage', CALL, { dryRun, connection: mine })).toMatchObject({ state: 'previewed' });
    expect(await lastConnection()).toBe(mine);
  });

  it('is a flag of the command line', async () => {
    const line = `action run slack.sendMessage --channel ${CALL.channel} --text Hello -n`;
    expect((await run(setting, `${line} --connection ${mine}`)).exit).toBe(0);
    expect(await lastConnection()).toBe(mine);
    expect((await run(setting, `${line} --connection env:slack`)).exit).toBe(0);
    expect(await lastConnection()).toBe('env:slack');
    const unknown = await run(setting, `${line} --connection con_unknown`);
    expect([unknown.exit, unknown.stderr]).toEqual([3, expect.stringContaining('No connection "con_unknown"')]);
    expect((await run(setting, `source list --connection ${mine}`)).exit).toBe(2);
  });

  it('is a header of a request', async () => {
    const identify = () => ({ tenant: 'default', principal: person });
    const app = restApp({ gateway: setting.gateway, identify, environment: 'sandbox', via: 'rest' }, TABLE);
    const send = async (path: string, body: object, connection: string) => {
      const headers = {
        'content-type': 'application/json',
        'fairlead-dry-run': 'true',
        'fairlead-connection': connection,
      };
      return await app.request(`http://localhost${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    };
    expect((await send('/v1/actions/slack.sendMessage', CALL, mine)).status).toBe(200);
    expect(await lastConnection()).toBe(mine);
    expect((await send('/v1/actions/slack.sendMessage', CALL, 'con_unknown')).status).toBe(404);
    expect((await send('/v1/actions/slack.sendMessage', CALL, 'x'.repeat(201))).status).toBe(400);
    expect((await send('/v1/sources', { provider: 'github' }, mine)).status).toBe(400);
  });

  it("is not found when it is another person's, another provider's or nobody's", async () => {
    const ofBob = await connected('xoxb-of-bob-0123456789', 'usr_bob');
    for (const [who, name, connection] of [
      [behalf('usr_ada'), 'slack.sendMessage', ofBob],
      [behalf('usr_ada'), 'slack.sendMessage', 'con_unknown'],
      [person, 'github.createIssue', mine],
      [person, 'slack.sendMessage', 'env:github'],
      [person, 'slack.sendMessage', ''],
    ] as const) {
      const input = name === 'slack.sendMessage' ? CALL : { repository: 'acme/app', title: 'x' };
      const result = await asked(name, input, { dryRun: true, connection }, who);
      expect(result, connection).toMatchObject({ state: 'failed', error: { code: 'not_found' } });
      expect(result['error']!['detail']).toBe(`No connection "${connection}" in this tenant and environment.`);
    }
    const own = await asked('slack.sendMessage', CALL, { dryRun: true, connection: ofBob }, behalf('usr_bob'));
    expect(own).toMatchObject({ state: 'previewed' });
  });

  it('makes another call of the same input under one key', async () => {
    const operation = TABLE.find(({ name }) => name === 'slack.sendMessage')!;
    const scope = { tenant: 'default', environment: 'sandbox' } as const;
    const call = async (connection?: string) => {
      const caller = { scope, principal: person, idempotencyKey: 'k1', ...(connection && { connection }) };
      return await setting.clock.runUntil(runOperation(setting.gateway, operation, caller, CALL));
    };
    await call();
    expect(await call(mine)).toMatchObject({ error: { code: 'idempotency_mismatch' } });
  });
});
