import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SANDBOX, Setting, START_MS } from '../../test/audit/setting.js';
import { isAppError } from '../core/errors.js';
import { parseAuditQuery, searchAudit, type AuditPage } from './search.js';

describe('parseAuditQuery', () => {
  it('asks the store for what it has columns for, and looks at the rest itself', () => {
    const query = parseAuditQuery(
      'provider=slack status!=succeeded actor=prn_1 since=24h until=2026-02-01T00:00:00Z actor.type=agent error.message~"not in"',
      START_MS,
    );
    expect(query).toEqual({
      filter: {
        provider: 'slack',
        actor: 'prn_1',
        sinceMs: START_MS - 86_400_000,
        untilMs: Date.parse('2026-02-01T00:00:00Z'),
      },
      also: [
        { path: 'status', operator: '!=', value: 'succeeded' },
        { path: 'actor.type', operator: '=', value: 'agent' },
        { path: 'error.message', operator: '~', value: 'not in' },
      ],
    });
  });

  it('takes ids alone, several conditions on one column, and a star', () => {
    expect(parseAuditQuery(' evt_1 call_2\taud_3 ', 0)).toEqual({
      filter: { eventId: 'evt_1', callId: 'call_2' },
      also: [{ path: 'id', operator: '=', value: 'aud_3' }],
    });
    expect(parseAuditQuery('action=slack.* target!=C1 target=C2 target=C3', 0)).toEqual({
      filter: { target: 'C2' },
      also: [
        { path: 'action', operator: '=', value: 'slack.*' },
        { path: 'target.id', operator: '!=', value: 'C1' },
        { path: 'target.id', operator: '=', value: 'C3' },
      ],
    });
    expect(parseAuditQuery('', 0)).toEqual({ filter: {}, also: [] });
  });

  it.each([
    ['colour=red', /colour is not a field; there are since, until, status, action/],
    ['status=good', /status is one of started, succeeded/],
    ['status~succ', /status is one of/],
    ['since=yesterday', /an age such as 24h/],
    ['since!=24h', /since takes =/],
    ['something', /"something" is neither/],
    ['provider=', /is neither/],
    ['__proto__=x', /is neither/],
    ['constructor=x', /is not a field/],
    ['x'.repeat(3_000), /longer than/],
  ])('refuses %s', (text, problem) => {
    expect(() => parseAuditQuery(text, 0)).toThrow(problem);
  });

  it('either understands or says why not', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('status=', 'since=', '"', '=', '!=', '~', ' ', 'details.x=', '24h'),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        try {
          parseAuditQuery(parts.join(''), 0);
        } catch (error) {
          expect(isAppError(error, 'invalid_argument')).toBe(true);
        }
      }),
    );
  });
});

describe('searchAudit', () => {
  it('gives what matches, newest first, each once over all pages', async () => {
    const s = new Setting();
    s.write(100);
    await s.sequencer.run();
    s.write(20);
    const query = parseAuditQuery('provider=chat status!=failed actor.type=person', s.clock.nowMs());
    const found: AuditPage['entries'] = [];
    let cursor: string | undefined;
    do {
      const page: AuditPage = await searchAudit(s.log.audit, SANDBOX, query, { limit: 7, cursor });
      expect(page.entries.length).toBeLessThanOrEqual(7);
      found.push(...page.entries);
      cursor = page.cursor;
    } while (cursor !== undefined);
    const wanted = [...Array(20).keys(), ...Array(100).keys()].filter((i) => i % 2 === 0 && i % 7 !== 0 && i % 3 !== 0);
    expect(found).toHaveLength(wanted.length);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    expect(found.map(({ seq }) => seq ?? 999)).toEqual(found.map(({ seq }) => seq ?? 999).sort((a, b) => b - a));
    expect(found[0]!.seq).toBeUndefined();
  });

  it('matches by parts and prefixes, and a missing member like an empty one', async () => {
    const s = new Setting();
    s.write(1, SANDBOX, { error: { code: 'internal', message: 'The channel is Archived' } });
    s.write(1, SANDBOX, { action: 'mail.send', details: { retry: true, n: 3 } });
    const count = async (text: string): Promise<number> =>
      (await searchAudit(s.log.audit, SANDBOX, parseAuditQuery(text, 0), { limit: 10 })).entries.length;
    expect(await count('error.message~archived')).toBe(1);
    expect(await count('error.code!=internal')).toBe(1);
    expect(await count('action=mail.*')).toBe(1);
    expect(await count('action!=mail.*')).toBe(1);
    expect(await count('details.retry=true details.n=3')).toBe(1);
    expect(await count('details.retry=false')).toBe(0);
  });

  it('says where to look when a record is none', async () => {
    const s = new Setting();
    s.write(2);
    await s.sequencer.run();
    s.log.audit.search = async () => ({ rows: [{ ...s.log.held.sandbox.rows[1]!, record: '{"v":1' }] });
    const search = searchAudit(s.log.audit, SANDBOX, parseAuditQuery('', 0), { limit: 10 });
    await expect(search).rejects.toThrow('Entry 1 of the audit log (sandbox) cannot be read');
  });

  it('keeps to its tenant', async () => {
    const s = new Setting();
    s.write(3);
    const other = await searchAudit(s.log.audit, { ...SANDBOX, tenant: 'other' }, parseAuditQuery('', 0), {
      limit: 10,
    });
    expect(other.entries).toEqual([]);
  });
});
