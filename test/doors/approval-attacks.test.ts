/**
 * Clients x transports x attacks on a call that a person has to agree to. What is counted is what reaches the target:
 * nothing without a person's word, and nothing twice with it.
 */
import type { Hono } from 'hono';
import { afterAll, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import type { CallResult } from '../../src/core/call.js';
import { knownCredentials, withKeys } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { operationTable } from '../../src/operations/index.js';
import { settleApprovals } from '../../src/operations/approval-desk.js';
import { openWorld, PASSPHRASE, type ApprovalWorld } from '../outbound/approval-world.js';

const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
const PATH = '/v1/actions/slack.sendMessage';
const CALL = { channel: 'C024BE91L', text: 'Hello' };
const table = operationTable(CONNECTORS);
let tried = 0;
let unapproved = 0;

interface Scene {
  world: ApprovalWorld;
  /** One request as this client over this transport. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  asked: CallResult;
}
type Answer = { status: number; json: Record<string, unknown>; text: string };

const CLIENTS = ['a local agent', 'an agent with a key', 'a key that says it is an agent', 'an agent on behalf of ada'];
const TRANSPORTS = ['REST', 'a tool call'];

async function open(client: string, transport: string): Promise<Scene> {
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
  const send: Scene['send'] = async (method, path, body, more = {}) => {
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
  const asked = (await send('POST', PATH, CALL, { 'idempotency-key': 'k' })).json as unknown as CallResult;
  expect(asked).toMatchObject({ state: 'pending_approval', approval: { id: expect.stringMatching(/^apr_/) } });
  return { world, send, asked };
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
    for (let again = 0; again < 3; again++) await scene.send('POST', PATH, CALL, { 'idempotency-key': 'k' });
    await settleApprovals(scene.world.gateway);
    return 1;
  },
  async 'changes the arguments after it has asked'(scene) {
    await scene.send('POST', PATH, { ...CALL, text: 'Other' }, { 'idempotency-key': 'k' });
    await scene.world.approve(scene.asked);
    await scene.send('POST', PATH, { ...CALL, text: 'Other' }, { 'idempotency-key': 'k' });
    expect(scene.world.texts()).toEqual(['Hello']);
    return 1;
  },
  async 'waits for a no, or for the end of the time, and goes on'(scene) {
    const other = (await scene.send('POST', PATH, CALL, { 'idempotency-key': 'k2' })).json as unknown as CallResult;
    await scene.world.run('approvals.reject', { id: scene.asked.approval!.id, passphrase: PASSPHRASE });
    await scene.world.clock.advance(11 * 60_000);
    await scene.world.approve(other).catch(() => undefined);
    await settleApprovals(scene.world.gateway);
    for (const key of ['k', 'k2']) await scene.send('POST', PATH, CALL, { 'idempotency-key': key });
    return 0;
  },
  async 'profits from a policy that changed in between'(scene) {
    scene.world.policy({ rules: [{ name: 'stop', then: 'deny' }] });
    await scene.world.approve(scene.asked);
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
    await scene.send('POST', PATH, CALL, { 'fairlead-principal-type': 'persona', 'idempotency-key': 'p' });
    await scene.send('POST', '/v1/approvers/ada/remove', { by: 'ada', byPassphrase: PASSPHRASE });
    return 0;
  },
};

describe.each(CLIENTS)('%s', (client) => {
  describe.each(TRANSPORTS)('over %s', (transport) => {
    it.each(Object.entries(ATTACKS))('%s', async (_name, attack) => {
      const scene = await open(client, transport);
      const agreed = await attack(scene);
      tried += 1;
      unapproved += Math.max(0, scene.world.writes().length - agreed);
      expect(scene.world.writes()).toHaveLength(agreed);
    });
  });
});

it('a person decides by the page, once', async () => {
  const { world, send, asked } = await open(CLIENTS[0]!, 'REST');
  const { pathname, search } = new URL(asked.approval!.url!);
  const form = `decision=approve&passphrase=${encodeURIComponent(PASSPHRASE)}`;
  const page = await send('POST', pathname + search, form, FORM);
  expect([page.status, page.text.includes('used')]).toEqual([200, true]);
  expect((await send('POST', pathname + search, form, FORM)).status).toBe(409);
  expect(world.writes()).toHaveLength(1);
});

afterAll(() => console.info(`${tried} attacks, ${unapproved} unapproved writes`));
