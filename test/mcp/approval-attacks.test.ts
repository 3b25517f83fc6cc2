/**
 * Eras of the protocol x transports x kinds of clients x attacks on a call that a person has to agree to. What is counted
 * is what reaches the target: nothing without a person's word, and nothing twice with it.
 *
 * `FAIRLEAD_MCP_ATTACKS=all` tries every combination; otherwise two are tried.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { settleApprovals } from '../../src/operations/approval-desk.js';
import { PASSPHRASE } from '../outbound/approval-world.js';
import { CLIENTS, ERAS, openScene, TRANSPORTS, type ApprovalScene, type Told } from './approval-scene.js';

const CHANNEL = 'C024BE91L';
const CONSENT = { approved: true, confirm: true, passphrase: 'a guess of the agent' };
let tried = 0;
let unapproved = 0;

const ask = async (scene: ApprovalScene, text: string, more: object = {}, session?: string): Promise<Told> =>
  await scene.call({ channel: CHANNEL, text, ...more }, session);
/** After a while, so that the pace of the channel holds nothing up. */
const approve = async ({ world }: ApprovalScene, { structuredContent }: Told): Promise<unknown> => {
  await world.clock.advance(5_000);
  return await world.run('approvals.approve', { id: structuredContent.approval!.id, passphrase: PASSPHRASE });
};

/** Each is about a message of its own, and gives how many of it a person has agreed to. */
const ATTACKS: Record<string, (scene: ApprovalScene, text: string) => Promise<number>> = {
  async replay(scene, text) {
    await approve(scene, await ask(scene, text));
    for (let again = 0; again < 3; again++) await ask(scene, text);
    await settleApprovals(scene.world.gateway);
    return 1;
  },
  async tampered(scene, text) {
    const asked = await ask(scene, text);
    await ask(scene, text, CONSENT);
    await ask(scene, text, { idempotencyKey: asked.structuredContent.approval!.id });
    for (const state of ['', 'v1.e30.AAAA', Buffer.from('{"p":{"call":"call_1","key":"k"}}').toString('base64url')]) {
      await scene.raw(answered(text, state));
    }
    await scene.raw(answered(text));
    return 0;
  },
  async 'other arguments'(scene, text) {
    const idempotencyKey = `key-${text}`;
    const asked = await ask(scene, text, { idempotencyKey });
    await approve(scene, asked);
    for (const more of [{ text: `${text} and more` }, { channel: 'C0OTHER000' }]) {
      await ask(scene, text, { ...more, idempotencyKey });
    }
    return 1;
  },
  async 'other caller'(scene, text) {
    await approve(scene, await ask(scene, text, {}, 's1'));
    const other = await ask(scene, text, {}, 's2');
    expect(other.structuredContent.state).toBe('pending_approval');
    return 1;
  },
  async expired(scene, text) {
    const asked = await ask(scene, text);
    await scene.world.clock.advance(11 * 60_000);
    await approve(scene, asked).catch(() => undefined);
    await settleApprovals(scene.world.gateway);
    await ask(scene, text);
    return 0;
  },
};

/** A try that brings the answer before it was asked for anything. */
function answered(text: string, requestState?: string): object {
  const response = { action: 'accept', content: CONSENT };
  const params = {
    name: 'slack_send_message',
    arguments: { channel: CHANNEL, text },
    inputResponses: { approval: response },
    ...(requestState !== undefined && { requestState }),
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'forged', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } },
    },
  };
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
}

const all = ERAS.flatMap((era) => TRANSPORTS.flatMap((over) => CLIENTS.map((client) => ({ era, over, client }))));
const isWhole = process.env['FAIRLEAD_MCP_ATTACKS'] === 'all';
const some = new Set(['legacy stdio lying', 'auto HTTP accepting']);
const combinations = all.filter(({ era, over, client }) => isWhole || some.has(`${era} ${over} ${client}`));

describe('statement 8: no tool call writes without a person, and statement 13: no answer of a client is one', () => {
  it.each(combinations)(
    'era $era, $over, client $client',
    async ({ era, over, client }) => {
      const scene = await openScene(era, over, client);
      try {
        for (const [name, attack] of Object.entries(ATTACKS)) {
          const before = scene.world.writes().length;
          const agreed = await attack(scene, `a message for ${name}`);
          const writes = scene.world.writes().length - before;
          tried += 1;
          unapproved += Math.max(0, writes - agreed);
          expect([name, writes]).toEqual([name, agreed]);
        }
      } finally {
        await scene.close();
      }
    },
    60_000,
  );
});

afterAll(() => console.info(`${tried} attacks over MCP, ${unapproved} unapproved writes`));
