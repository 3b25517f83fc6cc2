/** The door over HTTP keeps nothing between two requests but what a caller has used up. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, openDoor, TOKEN, type Door } from './http-setting.js';

let door: Door;
beforeAll(async () => void (door = await openDoor()));
afterAll(() => door.close());

const HEADERS = {
  authorization: `Bearer ${TOKEN}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
const send = async (method: string, headers: Record<string, string> = {}, message?: object): Promise<Response> =>
  await fetch(`${door.url}/mcp`, {
    method,
    headers: { ...HEADERS, ...headers },
    ...(message && { body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }) }),
  });
const INITIALIZE = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a-test', version: '1' } },
};

describe('statement 28: there is no session to take over', () => {
  it('none is handed out, and one that somebody claims changes nothing', async () => {
    const begun = await send('POST', {}, INITIALIZE);
    expect([begun.status, begun.headers.get('mcp-session-id')]).toEqual([200, null]);
    const list = { method: 'tools/list', params: {} };
    const [plain, claimed] = [
      await send('POST', {}, list),
      await send('POST', { 'mcp-session-id': 'of-another' }, list),
    ];
    expect(claimed.status).toBe(200);
    expect(await claimed.text()).toBe(await plain.text());
    const stranger = await send('POST', { 'mcp-session-id': 'of-another', authorization: 'Bearer fll_none' }, list);
    expect(stranger.status).toBe(401);
  });

  it.each(['GET', 'DELETE'])('%s finds none to listen to or to end', async (method) => {
    expect((await send(method, { 'mcp-session-id': 'of-another' })).status).toBe(405);
  });
});

describe('statement 32: a loop', () => {
  it('is stopped with words, not with an error of the protocol, and leaves a line', async () => {
    const client = await connect(door, 'auto', { 'fairlead-agent-session': 'in-circles' });
    const call = async (given: Record<string, unknown>) =>
      (await client.callTool({ name: 'events_list', arguments: given })) as {
        isError?: boolean;
        structuredContent: object;
      };
    let told = await call({ limit: 1 });
    for (let again = 1; again < 30; again++) told = await call({ limit: 1 });
    expect(told.isError).toBeUndefined();
    told = await call({ limit: 1 });
    expect(told).toMatchObject({
      isError: true,
      structuredContent: {
        error: {
          code: 'too_many_attempts',
          retryAfterMs: expect.any(Number),
          message: expect.stringContaining('a loop'),
        },
      },
    });
    expect((await call({ limit: 2 })).isError).toBeUndefined();
    const { rows } = await door.store.audit.search({ tenant: 'default', environment: 'sandbox' }, {}, { limit: 2 });
    expect(rows.map(({ record }) => record).join()).toContain('too_many_attempts');
    const other = await connect(door, 'auto', { 'fairlead-agent-session': 'another' });
    expect((await other.callTool({ name: 'events_list', arguments: { limit: 1 } })).isError).toBeUndefined();
    await Promise.all([client.close(), other.close()]);
  });
});
