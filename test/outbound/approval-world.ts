/** A composed Fairlead in live, with a simulated target and one approver, for what a person has to agree to. */
import type { Fairlead } from '../../src/compose.js';
import { readConfig } from '../../src/config.js';
import { CONNECTORS } from '../../src/connectors/index.js';
import type { CallResult } from '../../src/core/call.js';
import { newId } from '../../src/core/ids.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import type { Principal } from '../../src/core/principal.js';
import type { Scope } from '../../src/core/scope.js';
import { operationTable, runOperation } from '../../src/operations/index.js';
import { parsePolicy, type Policy } from '../../src/policy/index.js';
import { openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import { memoryKeys, SeededRandom, VirtualClock, VirtualNet } from '../../src/testing/index.js';
import { composeVirtual } from '../support/compose.js';

export const LIVE: Scope = { tenant: 'default', environment: 'live' };
export const PASSPHRASE = 'a passphrase nobody guesses';
export const AGENT: Principal = localPrincipal('agent', 'local', 'mcp', { client: 'claude-code', session: 's1' });
export const PERSON: Principal = localPrincipal('person', 'local', 'cli');
const TOKEN = 'xoxb-000000000000-of-this-test';
const TABLE = operationTable(CONNECTORS);

export async function openWorld(policy: object = { rules: [] }) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 31, 12));
  const random = new SeededRandom(7);
  const keys = memoryKeys(random.fork('keys'));
  const net = new VirtualNet({ clock });
  const rules: Policy = { ...parsePolicy(policy, 'test') };
  net.on('POST https://slack.com/api/chat.postMessage', () => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ok: true, channel: 'C024BE91L', ts: '1769860800.000100' }),
  }));
  let store = await openSqliteInProcess(':memory:', { clock });
  const config = {
    ...readConfig({ variables: { SLACK_BOT_TOKEN: TOKEN, INTEGRATION_ENV: 'live' }, cwd: '/work' }),
    policy: rules,
  };
  const compose = (): Promise<Fairlead> =>
    composeVirtual({ config, clock, random, net, keys, store, variables: { SLACK_BOT_TOKEN: TOKEN } });
  let { gateway } = await compose();
  const run = async (name: string, input: object, principal: Principal = PERSON): Promise<unknown> => {
    const operation = TABLE.find((row) => row.name === name)!;
    return await runOperation(gateway, operation, { scope: LIVE, principal }, input);
  };
  await run('approvers.add', { name: 'ada', passphrase: PASSPHRASE });
  const writes = (): { body?: Uint8Array }[] => net.requests.filter(({ method }) => method === 'POST');
  const idOf = ({ approval }: CallResult): string => approval!.id;
  return {
    clock,
    net,
    keys,
    token: TOKEN,
    run,
    writes,
    get gateway() {
      return gateway;
    },
    get store() {
      return store;
    },
    texts: () => writes().map(({ body }) => (JSON.parse(Buffer.from(body ?? []).toString()) as { text: string }).text),
    agentCalls: async (
      input: object,
      more: { principal?: Principal; idempotencyKey?: string } = {},
    ): Promise<CallResult> => {
      const { principal = AGENT, ...rest } = more;
      const context = { scope: LIVE, principal, callId: newId('call', clock, random), dryRun: false, ...rest };
      return await gateway.callAction({ context, action: 'slack.sendMessage', input });
    },
    approve: (asked: CallResult, by: Principal = PERSON) =>
      run('approvals.approve', { id: idOf(asked), passphrase: PASSPHRASE }, by),
    /** The yes is committed, and the process falls over before anything is sent. */
    async decideOnly(asked: CallResult): Promise<void> {
      const { carryOut, calls } = { carryOut: gateway.carryOut, calls: store.approvals };
      const start = calls.start.bind(calls);
      Object.assign(calls, { start: async () => false });
      await run('approvals.approve', { id: idOf(asked), passphrase: PASSPHRASE });
      Object.assign(calls, { start });
      Object.assign(gateway, { carryOut });
    },
    policy(next: object): void {
      Object.assign(rules, parsePolicy(next, 'test'));
    },
    async restart(): Promise<void> {
      store.crash();
      store = await store.reopen();
      ({ gateway } = await compose());
    },
  };
}

export type ApprovalWorld = Awaited<ReturnType<typeof openWorld>>;
