import { describe, expect, it } from 'vitest';
import { suppressedBy, suppressionKey, suppressionsOf } from './mail.js';

const bounce = {
  type: 'email.bounced',
  created_at: '2026-02-02T12:00:00.000Z',
  data: { to: ['Ada <Ada@Example.org>'], bounce: { type: 'Permanent', message: 'No such user.' } },
};

describe('fairlead/mail', () => {
  it('reads bounces and complaints of each provider', () => {
    expect(suppressionsOf('resend', bounce)).toEqual([
      { address: 'ada@example.org', reason: 'bounced', atMs: Date.UTC(2026, 1, 2, 12), detail: 'No such user.' },
    ]);
    const report = { event: 'spamreport', email: 'bob@example.org', timestamp: 1_770_000_000 };
    expect(suppressionsOf('sendgrid', report)).toEqual([
      { address: 'bob@example.org', reason: 'complained', atMs: 1_770_000_000_000 },
    ]);
    const dropped = { event: 'dropped', email: 'x@example.org', reason: 'Invalid' };
    expect(suppressionsOf('sendgrid', dropped)).toMatchObject([{ reason: 'invalid', detail: 'Invalid' }]);
  });

  it('reads nothing elsewhere', () => {
    for (const provider of ['github', 'nobody', 'constructor', ''])
      expect(suppressionsOf(provider, bounce)).toEqual([]);
    for (const data of [undefined, null, 7, 'x', [], {}]) {
      expect([...suppressionsOf('resend', data), ...suppressionsOf('sendgrid', data)]).toEqual([]);
    }
  });

  it('knows an address in any spelling, and nothing that is none', () => {
    const list = suppressionsOf('resend', bounce);
    expect(suppressedBy('ADA@example.org', list)?.reason).toBe('bounced');
    expect(suppressedBy(['bob@example.org', 'Ada L. <ada@example.org>'], list)?.reason).toBe('bounced');
    expect(suppressedBy(['ada@example.com', 'not an address'], list)).toBeUndefined();
    expect(suppressionKey('ada@example.org, bob@example.org')).toBeUndefined();
  });
});
