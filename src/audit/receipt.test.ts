import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditRecord, ReceiptColumns } from '../core/audit.js';
import { canonicalJson, wellFormed } from '../core/canonical.js';
import { leafHash } from '../core/merkle.js';
import { receiptLeaf, receiptRecord } from './receipt.js';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.string({ unit: hostileUnit() }));

const columns: fc.Arbitrary<ReceiptColumns> = fc.record(
  {
    eventId: text.map((rest) => `evt_${rest}`),
    sourceId: text,
    provider: text,
    type: text,
    key: text,
    receivedAtMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    bodySha256: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    bodyBytes: fc.nat(),
    secretId: text,
    tenant: text,
    environment: fc.constantFrom('sandbox', 'live'),
  },
  {
    requiredKeys: [
      ...(['eventId', 'sourceId', 'provider', 'type', 'key', 'receivedAtMs'] as const),
      ...(['bodySha256', 'bodyBytes', 'tenant', 'environment'] as const),
    ],
  },
);

describe('receiptRecord', () => {
  it('is the canonical text of its object, whatever the columns hold', () => {
    fc.assert(
      fc.property(columns, (row) => {
        expect(receiptRecord(row)).toBe(canonicalJson(receiptObject(row)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('survives a trip through UTF-8, which is what a database does to it', () => {
    fc.assert(
      fc.property(columns, (row) => {
        const stored = Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            typeof value === 'string' ? Buffer.from(value).toString() : value,
          ]),
        ) as unknown as ReceiptColumns;
        expect(receiptRecord(stored)).toBe(receiptRecord(row));
      }),
    );
  });

  it('names what arrived, where, and under which secret', () => {
    const record = JSON.parse(receiptRecord(SAMPLE)) as Record<string, unknown>;
    expect(record).toMatchObject({
      id: 'aud_01kabcdefghijklmnopqrstuvw',
      ts: '2026-01-01T00:00:00.000Z',
      action: 'webhook.receive',
      actor: { type: 'provider', id: 'stripe' },
      target: { type: 'source', id: 'src_1' },
      idempotencyKey: 'evt_stripe_1',
      status: 'succeeded',
      details: { type: 'invoice.paid', bodyBytes: 2048, secretId: 'sec_1' },
    });
  });
});

describe('receiptLeaf', () => {
  it('is the leaf hash of the record', () => {
    expect(receiptLeaf(SAMPLE)).toEqual(leafHash(receiptRecord(SAMPLE)));
    expect(receiptLeaf(SAMPLE)).toHaveLength(32);
  });

  it('changes with every column', () => {
    const leaves = new Set([Buffer.from(receiptLeaf(SAMPLE)).toString('hex')]);
    const others: Partial<ReceiptColumns>[] = [
      { eventId: 'evt_other' },
      { sourceId: 'src_2' },
      { provider: 'github' },
      { type: 'invoice.void' },
      { key: 'evt_stripe_2' },
      { receivedAtMs: SAMPLE.receivedAtMs + 1 },
      { bodySha256: new Uint8Array(32).fill(8) },
      { bodyBytes: 2049 },
      { secretId: 'sec_2' },
      { tenant: 'other' },
      { environment: 'live' },
    ];
    for (const other of others) leaves.add(Buffer.from(receiptLeaf({ ...SAMPLE, ...other })).toString('hex'));
    expect(leaves.size).toBe(others.length + 1);
  });
});

const SAMPLE: ReceiptColumns = {
  eventId: 'evt_01kabcdefghijklmnopqrstuvw',
  sourceId: 'src_1',
  provider: 'stripe',
  type: 'invoice.paid',
  key: 'evt_stripe_1',
  receivedAtMs: 1_767_225_600_000,
  bodySha256: new Uint8Array(32).fill(7),
  bodyBytes: 2048,
  secretId: 'sec_1',
  tenant: 'default',
  environment: 'sandbox',
};

function hostileUnit(): fc.Arbitrary<string> {
  return fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '\u007f', '\u2028', '\ud800', '\udc00', '😀', 'é', 'a');
}

/** The record as an object, spelled out a second time: what the hand-written text has to agree with. */
function receiptObject(columns: ReceiptColumns): AuditRecord {
  const { eventId, secretId } = columns;
  return {
    v: 1,
    id: wellFormed(`aud_${eventId.slice(4)}`),
    ts: new Date(columns.receivedAtMs).toISOString(),
    phase: 'receipt',
    tenant: wellFormed(columns.tenant),
    environment: columns.environment,
    actor: { type: 'provider', id: wellFormed(columns.provider) },
    via: 'webhook',
    origin: 'fairlead',
    provider: wellFormed(columns.provider),
    action: 'webhook.receive',
    target: { type: 'source', id: wellFormed(columns.sourceId) },
    idempotencyKey: wellFormed(columns.key),
    eventId: wellFormed(eventId),
    status: 'succeeded',
    request: { hash: `sha256:${Buffer.from(columns.bodySha256).toString('hex')}` },
    details: {
      type: wellFormed(columns.type),
      bodyBytes: columns.bodyBytes,
      ...(secretId === undefined ? {} : { secretId: wellFormed(secretId) }),
    },
  };
}
