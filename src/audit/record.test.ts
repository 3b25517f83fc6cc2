import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUDIT_STATUSES, type AuditRecord } from '../core/audit.js';
import { canonicalJson } from '../core/canonical.js';
import { AppError } from '../core/errors.js';
import { SecretSet } from '../core/secret-set.js';
import { jsonLine } from '../core/text.js';
import { openPersonal, type Sealer } from './personal.js';
import { auditEntry, RECORD_MAX_BYTES, type AuditDraft, type RecorderParts } from './record.js';

const SCOPE = { tenant: 'default', environment: 'sandbox' } as const;

const DRAFT: AuditDraft = {
  phase: 'outcome',
  status: 'succeeded',
  actor: {
    type: 'agent',
    id: 'prn_1',
    name: 'Ada',
    via: 'mcp',
    onBehalfOf: { type: 'person', id: 'prn_2' },
    agent: { client: 'coder/1.0', session: 's1', toolCallId: 't1' },
  },
  action: 'chat.sendMessage',
  effect: 'send',
  provider: 'chat',
  connection: 'con_1',
  target: { type: 'channel', id: 'C1', name: 'board' },
  idempotencyKey: 'order-1',
  callId: 'call_1',
  eventId: 'evt_1',
  request: { hash: 'sha256:00' },
  response: { hash: 'sha256:11', providerId: '17.5' },
  attempts: 2,
  durationMs: 12,
  cause: 'aud_0',
  trace: { traceId: 'aa', spanId: 'bb' },
  source: { ip: '192.0.2.1', userAgent: 'curl/8' },
  details: { retried: true, count: 3, note: 'fine' },
};

describe('auditEntry', () => {
  it('writes the fields of requirements H1', () => {
    const record = recordOf(DRAFT);
    expect(record).toMatchObject({
      v: 1,
      ts: '2026-01-01T00:00:00.000Z',
      phase: 'outcome',
      tenant: 'default',
      environment: 'sandbox',
      actor: { type: 'agent', id: 'prn_1' },
      onBehalfOf: { type: 'person', id: 'prn_2' },
      agent: { client: 'coder/1.0', session: 's1', toolCallId: 't1' },
      via: 'mcp',
      origin: 'fairlead',
      provider: 'chat',
      connection: 'con_1',
      action: 'chat.sendMessage',
      effect: 'send',
      target: { type: 'channel', id: 'C1' },
      idempotencyKey: 'order-1',
      callId: 'call_1',
      eventId: 'evt_1',
      status: 'succeeded',
      request: { hash: 'sha256:00' },
      response: { hash: 'sha256:11', providerId: '17.5' },
      attempts: 2,
      durationMs: 12,
      cause: 'aud_0',
      trace: { traceId: 'aa', spanId: 'bb' },
      source: { userAgent: 'curl/8' },
      details: { retried: true, count: 3, note: 'fine' },
    });
  });

  it.each([
    ['in order', { a: 1, b: 'x' }],
    ['in another order', { status: 200, endpoint: 'GET /x', Z: true }],
    ['that look like an index', { 10: 'ten', 9: 'nine', a: 1 }],
    ['in other scripts', { é: 1, '😀': 2, '\ufb33': 3 }],
    ['that are too long', { text: 'x'.repeat(2 * RECORD_MAX_BYTES), a: 1 }],
  ])('is canonical with details %s', (_what, details) => {
    const { record } = auditEntry(parts(), SCOPE, { ...DRAFT, details });
    expect(record).toBe(canonicalJson(JSON.parse(record)));
  });

  it('does not take a text for clean that became a secret later', () => {
    const secrets = new SecretSet();
    const written = (): string =>
      auditEntry({ ...parts(), secrets }, SCOPE, { ...DRAFT, cause: 'plainwords77' }).record;
    expect(written()).toContain('plainwords77');
    secrets.add('plainwords77');
    expect(written()).not.toContain('plainwords77');
  });

  it('gives canonical text and the columns it is searched by', () => {
    const entry = auditEntry(parts(), SCOPE, DRAFT);
    expect(entry.record).toBe(canonicalJson(JSON.parse(entry.record)));
    expect(entry).toMatchObject({
      atMs: 1_767_225_600_000,
      action: 'chat.sendMessage',
      status: 'succeeded',
      actor: 'prn_1',
      provider: 'chat',
      target: 'C1',
      callId: 'call_1',
      eventId: 'evt_1',
    });
    expect(entry.id).toBe((JSON.parse(entry.record) as AuditRecord).id);
  });

  it.each(AUDIT_STATUSES)('leaves out what is not known (%s)', (status) => {
    const actor = { type: 'system', id: 'fairlead', via: 'schedule' } as const;
    const record = recordOf({ phase: 'system', status, actor, action: 'audit.prune' });
    expect(Object.keys(record).sort()).toEqual(
      ['action', 'actor', 'environment', 'id', 'origin', 'phase', 'status', 'tenant', 'ts', 'v', 'via'].sort(),
    );
    expect(record.actor).toEqual({ type: 'system', id: 'fairlead' });
  });
});

describe('personal values', () => {
  it('are commitments in the record and come back from the sealed part', () => {
    const entry = auditEntry(parts(), SCOPE, DRAFT);
    for (const value of ['Ada', 'board', '192.0.2.1']) expect(entry.record).not.toContain(value);
    expect((JSON.parse(entry.record) as AuditRecord).actor.name$).toMatch(/^c:[0-9a-f]{64}$/);
    expect(openPersonal(SEALER, entry.personal!, SCOPE, entry.record)).toEqual({
      'actor.name$': 'Ada',
      'target.name$': 'board',
      'source.ip$': '192.0.2.1',
    });
  });

  it('differ from entry to entry, so that equal names cannot be linked', () => {
    const shared = parts();
    const names = [1, 2].map(() => (JSON.parse(auditEntry(shared, SCOPE, DRAFT).record) as AuditRecord).actor.name$);
    expect(names[0]).not.toBe(names[1]);
  });

  it('do not open in another tenant, environment or entry', () => {
    const shared = parts();
    const [one, two] = [auditEntry(shared, SCOPE, DRAFT), auditEntry(shared, SCOPE, DRAFT)];
    const open = (scope: Parameters<typeof openPersonal>[2], record: string) => () =>
      openPersonal(SEALER, one.personal!, scope, record);
    expect(open({ ...SCOPE, tenant: 'other' }, one.record)).toThrow(AppError);
    expect(open({ ...SCOPE, environment: 'live' }, one.record)).toThrow(AppError);
    expect(open(SCOPE, two.record)).toThrow(AppError);
  });

  it('are refused when the record commits to something else', () => {
    const entry = auditEntry(parts(), SCOPE, DRAFT);
    const forged = entry.record.replace(/"name\$":"c:[0-9a-f]{2}/, '"name$":"c:zz');
    expect(() => openPersonal(SEALER, entry.personal!, SCOPE, forged)).toThrow(/actor\.name\$/);
  });

  it('cost nothing where there are none', () => {
    const actor = { type: 'api_key', id: 'key_1', via: 'rest' } as const;
    const entry = auditEntry(parts(), SCOPE, { phase: 'intent', status: 'started', actor, action: 'x.y' });
    expect(entry.personal).toBeUndefined();
  });
});

describe('redaction', () => {
  const SECRET = 'correct-horse-battery';
  const secrets = new SecretSet();
  secrets.add(SECRET);

  it('reaches every free text, by value and by shape', () => {
    const shaped = 'xoxb-1234567890-abcdefgh';
    const text = `${SECRET} ${shaped}`;
    const draft: AuditDraft = {
      ...DRAFT,
      actor: {
        ...DRAFT.actor,
        id: text,
        onBehalfOf: { type: 'person', id: text },
        agent: { client: text, session: text, toolCallId: text },
      },
      target: { type: text, id: text },
      idempotencyKey: text,
      connection: text,
      response: { hash: 'sha256:1', providerId: text },
      error: { code: 'internal', message: text },
      source: { userAgent: text },
      trace: { traceId: text },
      approval: { by: text, at: 'x', argsHash: 'y' },
      details: { plain: text, password: 'short', [SECRET]: 1 },
    };
    const { record } = auditEntry({ ...parts(), secrets }, SCOPE, draft);
    expect(record).not.toContain(SECRET);
    expect(record).not.toContain(shaped);
    expect(record).not.toContain('short');
    expect(record).toContain('[redacted]');
  });

  it('keeps the message of an AppError', () => {
    const error = new AppError('provider_unavailable', { provider: 'chat', problem: `no answer for ${SECRET}` });
    const entry = auditEntry({ ...parts(), secrets }, SCOPE, { ...DRAFT, status: 'failed', error });
    expect((JSON.parse(entry.record) as AuditRecord).error).toEqual({
      code: 'provider_unavailable',
      message: 'chat: no answer for [redacted]',
    });
  });

  it('leaves ids and hashes alone', () => {
    const luhn = 'sha256:4242424242424242aaaa';
    expect(recordOf({ ...DRAFT, request: { hash: luhn } }).request!.hash).toBe(luhn);
  });
});

describe('bounds', () => {
  it('keeps large details by hash', () => {
    const details = { log: 'x'.repeat(100_000) };
    const record = recordOf({ ...DRAFT, details });
    expect(record.details).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: 100_010 });
    expect(record.target).toMatchObject({ id: 'C1' });
  });

  it('fits a line of 60 KiB whatever it is given', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.constantFrom('\u2028'.repeat(40_000), '\ud800', '\u0085'.repeat(70_000), 'é'.repeat(30_000)),
    );
    fc.assert(
      fc.property(text, text, text, fc.double(), (a, b, c, n) => {
        const entry = auditEntry(parts(), SCOPE, {
          ...DRAFT,
          idempotencyKey: a,
          target: { type: 'thing', id: b },
          durationMs: n,
          error: { code: 'internal', message: c },
          details: { a, n },
        });
        const line = jsonLine(entry.record);
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(RECORD_MAX_BYTES);
        expect(line).not.toMatch(/[\u007f-\u009f\u2028\u2029\n\r]/);
        expect(canonicalJson(JSON.parse(line))).toBe(entry.record);
      }),
      { numRuns: 50 },
    );
  });

  it('writes details that are no primitives as text', () => {
    const details = { list: [1, 2] } as unknown as AuditDraft['details'];
    expect(recordOf({ ...DRAFT, details }).details).toEqual({ list: '[1,2]' });
  });
});

function recordOf(draft: AuditDraft): AuditRecord {
  return JSON.parse(auditEntry(parts(), SCOPE, draft).record) as AuditRecord;
}

function parts(): RecorderParts {
  let counter = 0;
  const now = 1_767_225_600_000;
  return {
    clock: { nowMs: () => now, monotonicMs: () => 0, sleep: async () => {}, after: () => () => {} },
    random: { bytes: (length) => new Uint8Array(length).fill(++counter), float: () => 0.5 },
    sealer: SEALER,
  };
}

/** Binds without hiding: enough to see what is sealed where. */
const SEALER: Sealer = {
  seal: (plain, binding) => Buffer.concat([Buffer.from(`${binding}\n`), plain]),
  open(sealed, binding) {
    const text = Buffer.from(sealed).toString();
    if (!text.startsWith(`${binding}\n`)) throw new AppError('vault_tampered', { what: binding });
    return Buffer.from(text.slice(binding.length + 1));
  },
};
