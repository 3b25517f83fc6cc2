import { describe, expect, it } from 'vitest';
import { Caution } from './accept.js';
import { RecentLeaves, type UnplacedRow } from './recent-leaves.js';

const leaves = (first: number, count: number): Uint8Array => Buffer.alloc(32 * count, first);
const rows = (count: number): UnplacedRow[] =>
  Array.from({ length: count }, (_, at) => ({
    leaf: new Uint8Array(32),
    tenant: 't',
    environment: 'live',
    record: `${at}`,
  }));

describe('RecentLeaves', () => {
  it('keeps nothing until somebody asks', () => {
    const recent = new RecentLeaves();
    recent.keep(leaves(1, 2), rows(2));
    expect(recent.find(leaves(1, 2), true)).toBe(undefined);
    recent.keep(leaves(1, 2), rows(2));
    expect(recent.find(leaves(1, 2), true)).toEqual(rows(2));
  });

  it('finds by all leaves, and forgets with the last use', () => {
    const recent = new RecentLeaves();
    recent.find(leaves(0, 1), true);
    recent.keep(leaves(1, 2), rows(2));
    expect(recent.find(leaves(1, 3), true)).toBe(undefined);
    expect(recent.find(leaves(1, 2), false)).toHaveLength(2);
    expect(recent.find(leaves(1, 2), true)).toHaveLength(2);
    expect(recent.find(leaves(1, 2), true)).toBe(undefined);
  });

  it('gives up what nobody comes for, and begins again when somebody does', () => {
    const recent = new RecentLeaves();
    recent.find(leaves(0, 1), true);
    for (let group = 0; group < 70; group += 1) recent.keep(Buffer.from(`${group}`.padEnd(32)), rows(500));
    expect(recent.isAsked).toBe(false);
    expect(recent.find(Buffer.from('0'.padEnd(32)), true)).toBe(undefined);
    expect(recent.isAsked).toBe(true);
  });
});

describe('Caution', () => {
  it('lasts longer each time that it was due, and ends when nothing known comes for a while', () => {
    const caution = new Caution();
    const lasts = (): number => {
      caution.note(true);
      let groups = 0;
      for (; caution.isOn; groups += 1) caution.note(false);
      return groups;
    };
    expect([lasts(), lasts(), lasts()]).toEqual([4, 8, 16]);
    for (let most = 0; most < 10; most += 1) lasts();
    expect(lasts()).toBe(256);
    caution.note(false);
    expect(lasts()).toBe(4);
  });
});
