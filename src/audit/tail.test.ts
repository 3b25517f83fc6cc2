import { describe, expect, it } from 'vitest';
import { SANDBOX, Setting } from '../../test/audit/setting.js';
import { parseAuditQuery } from './search.js';
import { tailAudit, type TailOptions } from './tail.js';

describe('tailAudit', () => {
  it('shows the last entries in order and ends', async () => {
    const s = new Setting();
    s.write(10);
    await s.sequencer.run();
    s.write(2);
    expect(await collect(s, { last: 3, follow: false })).toEqual([9]);
    await s.sequencer.run();
    expect(await collect(s, { last: 3, follow: false })).toEqual([9, 10, 11]);
    expect(await collect(s, { last: 0, follow: false })).toEqual([]);
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
