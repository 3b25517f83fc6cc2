import { describe, expect, it } from 'vitest';
import { NODE_BEAT_MS, NODE_LEASE_MS, type Beat, type NewNode } from '../core/node.js';
import { captureLog, VirtualClock } from '../testing/index.js';
import { Membership } from './membership.js';

const NODE: NewNode = { id: 'nod_a', role: 'worker', version: '1', startedAtMs: 0, listens: false };

/** A store of which each answer can be chosen. */
function setting(over: Partial<NewNode> = {}, concurrentWriters = true) {
  const clock = new VirtualClock();
  const { log, lines } = captureLog();
  const answer = { joined: true, isAway: false, works: 1, keeps: 1, listens: 0, buried: [] as string[] };
  const asked: string[] = [];
  const heard: (number | undefined)[] = [];
  const membership: Membership = new Membership({
    store: {
      capabilities: { concurrentWriters, notify: false, backup: false },
      nodes: {
        async beat(): Promise<Beat> {
          asked.push('beat');
          if (answer.isAway) throw new Error('away');
          const { joined, works, keeps, listens, buried } = answer;
          answer.joined = false;
          return { joined, live: { receives: 1, works, keeps, listens }, buried };
        },
        leave: async () => void asked.push('leave'),
        list: async () => [],
      },
    },
    clock,
    log,
    node: { ...NODE, ...over },
    onHeard: () => heard.push(membership.standing()),
  });
  return { clock, membership, answer, asked, heard, lines };
}

describe('a node among others', () => {
  it('stands when it was heard, and not before', async () => {
    const { membership, heard } = setting();
    expect(membership.standing()).toBe(undefined);
    await membership.start();
    expect([membership.standing(), heard]).toEqual([1, [1]]);
  });

  it('stands as long as it is heard, and stops to before the others take it for dead', async () => {
    const { clock, membership, answer, heard } = setting();
    await membership.start();
    await clock.advance(NODE_BEAT_MS * 10);
    expect([membership.standing(), heard]).toEqual([1, [1]]);
    answer.isAway = true;
    await clock.advance(NODE_LEASE_MS - NODE_BEAT_MS - 1);
    expect(membership.standing()).toBe(1);
    await clock.advance(NODE_BEAT_MS + 1);
    expect(membership.standing()).toBe(undefined);
    answer.isAway = false;
    await clock.advance(NODE_BEAT_MS);
    expect([membership.standing(), heard]).toEqual([1, [1, 1]]);
  });

  it('stands anew when the others had taken it out', async () => {
    const { clock, membership, answer, heard, lines } = setting();
    await membership.start();
    answer.joined = true;
    await clock.advance(NODE_BEAT_MS);
    expect([membership.standing(), heard]).toEqual([2, [1, 2]]);
    expect(lines.some(({ message }) => message.includes('others have its jobs'))).toBe(true);
  });

  it('leaves, and is not heard again', async () => {
    const { clock, membership, asked } = setting();
    await membership.start();
    await membership.stop();
    await clock.advance(NODE_BEAT_MS * 3);
    expect(asked).toEqual(['beat', 'leave']);
    expect(clock.pending).toBe(0);
  });

  it('that never came does not leave', async () => {
    const { membership, asked } = setting();
    await membership.stop();
    expect(asked).toEqual([]);
  });

  it('has its part of what nodes cannot draw from together', async () => {
    for (const [role, works, part] of [
      ['worker', 3, 1 / 3],
      ['intake', 3, 1 / 4],
      ['all', 1, 1],
    ] as const) {
      const { membership, answer } = setting({ role });
      expect(membership.fraction()).toBe(1);
      answer.works = works;
      await membership.start();
      expect(membership.fraction()).toBeCloseTo(part);
    }
  });

  it('says once that nobody keeps the log, and who is silent', async () => {
    const { clock, membership, answer, lines } = setting();
    answer.keeps = 0;
    answer.buried = ['nod_b'];
    await membership.start();
    await clock.advance(NODE_BEAT_MS * 4);
    expect(lines.filter(({ message }) => message.includes('no node keeps')).length).toBe(1);
    expect(lines.filter(({ message }) => message.includes('their jobs are free'))[0]?.fields).toEqual({
      nodes: ['nod_b'],
    });
  });
});

describe('the one process of a store', () => {
  it('is heard once, and stands always', async () => {
    const { clock, membership, asked } = setting({ role: 'all' }, false);
    expect(membership.standing()).toBe(0);
    await membership.start();
    await clock.advance(NODE_LEASE_MS * 10);
    expect([membership.standing(), asked]).toEqual([0, ['beat']]);
  });
});
