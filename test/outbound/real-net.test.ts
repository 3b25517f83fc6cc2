/** The pipeline over real sockets: what the guarded network says about a lost answer is what the ledger goes by. */
import { afterEach, expect, it } from 'vitest';
import { guardedNet, realClock, realDns } from '../../src/host/index.js';
import { InternalToolSandbox, SlackSandbox, startSandbox } from '../../src/sandbox/index.js';
import { outboundWorld } from './world.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function realWorld() {
  const slack = new SlackSandbox();
  const tool = new InternalToolSandbox();
  const server = await startSandbox({ providers: [slack, tool], clock: realClock });
  const { host } = new URL(server.url);
  const net = guardedNet({ dns: realDns(realClock), allowedPrivateHosts: [host] });
  open.push(net, server);
  const world = await outboundWorld({
    env: slack.variablesAt(server.urlOf(slack)),
    settings: { connections: { slack: { baseUrl: `${server.urlOf(slack)}/api` } }, idempotentHosts: [host] },
    net,
  });
  return { world, slack, tool, toolUrl: `${server.urlOf(tool)}/customers` };
}

it('posts to the simulated Slack both ways', async () => {
  const { world, slack } = await realWorld();
  expect((await world.begin('slack.sendMessage', { text: 'Hello' })).state).toBe('done');
  expect((await world.begin('slack.sendMessage', { channel: 'general', text: 'Hello' })).state).toBe('done');
  expect(slack.posts.map(({ via }) => via)).toEqual(['webhook', 'web_api']);
});

it('calls a lost answer unknown where nothing tells a repeat, and has one effect', async () => {
  const { world, slack } = await realWorld();
  slack.faults.add({ kind: 'lost_answer' });
  expect((await world.begin('slack.sendMessage', { text: 'Hello' })).state).toBe('unknown');
  expect(slack.posts).toHaveLength(1);
});

it('repeats a lost answer under the key where the tool goes by it, and has one effect', async () => {
  const { world, tool, toolUrl } = await realWorld();
  tool.faults.add({ kind: 'lost_answer' });
  const calling = world.begin('http.post', { url: toolUrl, json: { id: 7 } });
  // The wait between the two attempts is the pipeline's own, in virtual time.
  await expect.poll(() => world.clock.pending).toBeGreaterThan(0);
  expect((await world.clock.runUntil(calling)).state).toBe('done');
  expect(tool.effects).toMatchObject([{ repeats: 1 }]);
});

it('does not reach what the operator did not allow', async () => {
  const { world, tool } = await realWorld();
  const other = await startSandbox({ providers: [tool], clock: realClock });
  open.push(other);
  const result = await world.begin('http.post', { url: `${other.url}/internal-tool/x`, json: {} });
  expect(result).toMatchObject({ state: 'failed', error: { code: 'egress_denied' } });
  expect(tool.effects).toEqual([]);
});
