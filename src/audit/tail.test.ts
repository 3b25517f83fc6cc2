import { describe, expect, it } from 'vitest';
import { SANDBOX, Setting } from '../../test/audit/setting.js';
import { parseAuditQuery, SCAN_MAX } from './search.js';
import { tailAudit, type TailOptions } from './tail.js';

const OTHER = { leaf: new Uint8Array(32), ...SANDBOX };

describe('tailAudit', () => {
  it('shows the last entries in order and ends', async () => {
    const s = new Setting();
    s.write(10);
    await s.sequencer.run();
    s.write(2);
    // The two that have no place yet are no reason to show fewer.
    expect(await collect(s, { last: 3, follow: false })).toEqual([7, 8, 9]);
    await s.sequencer.run();
    expect(await collect(s, { last: 3, follow: false })).toEqual([9, 10, 11]);
    expect(await collect(s, { last: 0, follow: false })).toEqual([]);
  });

  it('shows as many as were asked for, however many have no place yet', async () => {
    const s = new Setting();
    s.write(5);
    await s.sequencer.run();
    s.write(50);
    expect(await collect(s, { last: 4, follow: false })).toEqual([1, 2, 3, 4]);
    expect(await collect(s, { last: 1_000, follow: false })).toEqual([0, 1, 2, 3, 4]);
  });

  it('looks further than one search does for the last that match', async () => {
    const s = new Setting();
    s.write(1, SANDBOX, { cause: 'rare' });
    s.write(4);
    await s.sequencer.run();
    const { search } = s.log.audit;
    // So much that retention has emptied lies before it that one search gives up.
    let looks = 0;
    s.log.audit.search = async (scope, filter, page) => {
      if (looks++ < SCAN_MAX / 1_000) return { rows: Array.from({ length: 1_000 }, () => OTHER), cursor: 'start' };
      return await search(scope, filter, page.cursor === 'start' ? { ...page, cursor: undefined } : page);
    };
    expect(await collect(s, { last: 2, follow: false }, 'cause=rare')).toEqual([0]);
    expect(looks).toBeGreaterThan(SCAN_MAX / 1_000);
  });

  it('follows what comes, each once, in its tenant, until it is stopped', async () => {
    const s = new Setting();
    s.write(3);
    await s.sequencer.run();
    const stop = new AbortController();
    const seen = collect(s, { last: 1, follow: true, signal: stop.signal }, 'provider=chat');
    await s.clock.advance(600);
    s.write(4);
    s.write(2, { ...SANDBOX, tenant: 'other' });
    await s.sequencer.run();
    await s.clock.advance(600);
    s.write(1);
    await s.sequencer.run();
    await s.clock.advance(600);
    stop.abort();
    expect(await seen).toEqual([2, 3, 5, 9]);
  });
});

async function collect(s: Setting, options: TailOptions, query = ''): Promise<(number | undefined)[]> {
  const seen: (number | undefined)[] = [];
  const parts = { audit: s.log.audit, system: s.log, clock: s.clock };
  for await (const { seq } of tailAudit(parts, SANDBOX, parseAuditQuery(query, 0), options)) seen.push(seq);
  return seen;
}
