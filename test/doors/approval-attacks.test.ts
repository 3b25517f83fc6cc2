/**
 * Clients x transports x attacks on a call that a person has to agree to. What is counted is what reaches the target:
 * nothing without a person's word, and nothing twice with it.
 */
import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import type { CallResult } from '../../src/core/call.js';
import { knownCredentials, withKeys } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { operationTable } from '../../src/operations/index.js';
import { settleApprovals } from '../../src/operations/approval-desk.js';
import { openWorld, PASSPHRASE, type ApprovalWorld } from '../outbound/approval-world.js';

const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
const PATH = '/v1/actions/slack.sendMessage';
const table = operationTable(CONNECTORS);
let tried = 0;
let unapproved = 0;

type Call = { channel: string; text: string };

/** One client over one transport: its world is that of all its attacks. */
interface Client {
  world: ApprovalWorld;
  /** One request as this client over this transport. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** An attack on a call of its own, to a channel of its own. */
interface Scene extends Client {
  call: Call;
  /** Of its call. */
  key: string;
  asked: CallResult;
}
type Answer = { status: number; json: Record<string, unknown>; text: string };

const CLIENTS = ['a local agent', 'an agent with a key', 'a key that says it is an agent', 'an agent on behalf of ada'];
const TRANSPORTS = ['REST', 'a tool call'];

async function open(client: string, transport: string): Promise<Client> {
  const world = await openWorld();
  const identify = withKeys(knownCredentials({ local: TOKEN }), world.gateway.apiKeys);
  const app: Hono = restApp({ gateway: world.gateway, identify, environment: 'live', via: 'rest' }, table);
  const type = client === 'an agent with a key' ? 'agent' : 'api_key';
  const made = (await world.run('keys.create', {
    name: 'bot',
    type,
    scopes: ['read', 'write', 'operate', 'admin'],
    by: 'ada',
    byPassphrase: PASSPHRASE,
  })) as { key: string };
  const headers: Record<string, string> = {
    authorization: `Bearer ${client.includes('key') ? made.key : TOKEN}`,
    'content-type': 'application/json',
    ...(client === 'an agent with a key' ? {} : { 'fairlead-principal-type': 'agent' }),
    ...(client.includes('behalf') ? { 'fairlead-on-behalf-of': 'ada' } : {}),
    ...(transport === 'REST' ? {} : { 'fairlead-door': 'mcp', 'fairlead-agent-session': 's1' }),
  };
  const send: Client['send'] = async (method, path, body, more = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await app.request(`http://localhost${path}`, {
      method,
      headers: { ...headers, ...more },
      ...(body === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    return {
      status: response.status,
      text: answer,
      json: answer.startsWith('{') ? (JSON.parse(answer) as Record<string, unknown>) : {},
    };
  };
  return { world, send };
}

/** After a while, so that no guess of the attack before holds a person up. */
async function begin(client: Client, number: number): Promise<Scene> {
  const { world, send } = client;
  await world.clock.advance(90_000);
  const [call, key] = [{ channel: `C024BE91${number}`, text: 'Hello' }, `key-${number}`];
  const asked = (await send('POST', PATH, call, { 'idempotency-key': key })).json as unknown as CallResult;
  expect(asked).toMatchObject({ state: 'pending_approval', approval: { id: expect.stringMatching(/^apr_/) } });
  return { ...client, call, key, asked };
}

const approvalPath = ({ asked }: Scene, verb: string): string => `/v1/approvals/${asked.approval!.id}/${verb}`;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Each gives how many writes a person has agreed to. */
const ATTACKS: Record<string, (scene: Scene) => Promise<number>> = {
  async 'approves its own call, without, with a guessed and with the right passphrase'(scene) {
    for (const passphrase of ['', 'a passphrase of the agent', PASSPHRASE]) {
      const answer = await scene.send('POST', approvalPath(scene, 'approve'), { approver: 'ada', passphrase });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    return 0;
  },
  async 'uses one approval twice'(scene) {
    await scene.world.approve(scene.asked);
    for (let again = 0; again < 3; again++)
      await scene.send('POST', PATH, scene.call, { 'idempotency-key': scene.key });
    await settleApprovals(scene.world.gateway);
    return 1;
  },
  async 'changes the arguments after it has asked'(scene) {
    await scene.send('POST', PATH, { ...scene.call, text: 'Other' }, { 'idempotency-key': scene.key });
    await scene.world.approve(scene.asked);
    await scene.send('POST', PATH, { ...scene.call, text: 'Other' }, { 'idempotency-key': scene.key });
    expect(scene.world.texts().at(-1)).toBe('Hello');
    return 1;
  },
  async 'waits for a no, or for the end of the time, and goes on'(scene) {
    const second = { 'idempotency-key': `${scene.key}-2` };
    const other = (await scene.send('POST', PATH, scene.call, second)).json as unknown as CallResult;
    await scene.world.run('approvals.reject', { id: scene.asked.approval!.id, passphrase: PASSPHRASE });
    await scene.world.clock.advance(11 * 60_000);
    await scene.world.approve(other).catch(() => undefined);
    await settleApprovals(scene.world.gateway);
    for (const key of [scene.key, `${scene.key}-2`]) {
      await scene.send('POST', PATH, scene.call, { 'idempotency-key': key });
    }
    return 0;
  },
  async 'profits from a policy that changed in between'(scene) {
    scene.world.policy({ rules: [{ name: 'stop', then: 'deny' }] });
    await scene.world.approve(scene.asked);
    scene.world.policy({ rules: [] });
    return 0;
  },
  async 'follows the link, forges it, and posts the form'(scene) {
    const { pathname, search } = new URL(scene.asked.approval!.url!);
    const page = await scene.send('GET', pathname + search);
    expect([page.status, page.text.includes('chat.postMessage')]).toEqual([200, true]);
    expect((await scene.send('GET', `${pathname}?s=${'A'.repeat(32)}`)).status).toBe(404);
    expect((await scene.send('GET', pathname)).status).toBe(404);
    for (const form of [
      'decision=approve&passphrase=guess',
      'decision=approve&approver=ada&passphrase=',
      'decision=yes',
      '',
    ]) {
      expect((await scene.send('POST', pathname + search, form, FORM)).status).toBeGreaterThanOrEqual(400);
    }
    return 0;
  },
  async 'makes itself an approver, a person, or a key without an owner'(scene) {
    await scene.send('POST', '/v1/approvers', { name: 'eve', passphrase: 'a passphrase of eve' });
    await scene.send('POST', '/v1/keys', { name: 'mine' });
    const persona = { 'fairlead-principal-type': 'persona', 'idempotency-key': `${scene.key}-p` };
    await scene.send('POST', PATH, scene.call, persona);
    await scene.send('POST', '/v1/approvers/ada/remove', { by: 'ada', byPassphrase: PASSPHRASE });
    return 0;
  },
};

describe.each(CLIENTS)('%s', (client) => {
  describe.each(TRANSPORTS)('over %s', (transport) => {
    let opened: Client;
    beforeAll(async () => void (opened = await open(client, transport)));

    it.each(Object.entries(ATTACKS).map(([name, attack], number) => [name, attack, number] as const))(
      '%s',
      async (_name, attack, number) => {
        const scene = await begin(opened, number);
        const before = scene.world.writes().length;
        const agreed = await attack(scene);
        const writes = scene.world.writes().length - before;
        tried += 1;
        unapproved += Math.max(0, writes - agreed);
        expect(writes).toBe(agreed);
      },
    );

    it('has written nothing more by the end', async () => {
      await settleApprovals(opened.world.gateway);
      expect(opened.world.texts()).toEqual(['Hello', 'Hello']);
    });
  });
});

it('a person decides by the page, once', async () => {
  const { world, send, asked } = await begin(await open(CLIENTS[0]!, 'REST'), 0);
  const { pathname, search } = new URL(asked.approval!.url!);
  const form = `decision=approve&passphrase=${encodeURIComponent(PASSPHRASE)}`;
  const page = await send('POST', pathname + search, form, FORM);
  expect([page.status, page.text.includes('used')]).toEqual([200, true]);
  expect((await send('POST', pathname + search, form, FORM)).status).toBe(409);
  expect(world.writes()).toHaveLength(1);
});

afterAll(() => console.info(`${tried} attacks, ${unapproved} unapproved writes`));
