import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { Fixtures, hash, SANDBOX, VirtualClock } from '../../testing/store-conformance/index.js';
import { PackedRows } from './audit-message.js';
import type { Outcome } from './committer.js';
import { ownBuffer } from './packed.js';
import { packError, packGroup, packOutcome, packOutcomes } from './thread-protocol.js';
import { unpackError, unpackGroup, unpackOutcome } from './thread-protocol.js';
import type { VerbCall } from './verb-lanes.js';

const clock = new VirtualClock(1_000_000);
const random = new SeededRandom(3);
const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);

describe('messages between the threads of the store', () => {
  it('carry a group with its events', () => {
    const events = [
      make.event({ headers: '{"x":"Zoë 😀\\ud800"}', bodyKey: hash('b').subarray(0, 16) }),
      make.event({ body: new Uint8Array(0), occurredAtMs: 4, jobs: [] }),
    ];
    const calls: VerbCall[] = [
      { name: 'events.accept', args: [SANDBOX, events[0]] },
      { name: 'system.sourcesVersion', args: [] },
      { name: 'events.accept', args: [SANDBOX, events[1]] },
    ];
    const message = structuredClone(packGroup(5, true, calls));
    expect([message.nowMs, message.isIdle]).toEqual([5, true]);
    const unpacked = unpackGroup(message);
    expect(unpacked.map(({ name }) => name)).toEqual(calls.map(({ name }) => name));
    for (const [at, event] of [unpacked[0]!, unpacked[2]!].entries()) {
      const { headers, ...rest } = event.args[1] as { headers: Uint8Array };
      const { headers: given, ...others } = events[at]!;
      expect(Buffer.from(headers).toString()).toBe(Buffer.from(given).toString());
      expect(rest).toEqual({ ...others, body: new Uint8Array(others.body) });
    }
  });

  it('carry calls out with their entries, in their order', () => {
    const personal = Uint8Array.of(1, 2);
    const begun = make.call({ entry: make.entry({ record: '{"x":"Zoë 😀"}', target: '', callId: 'call_1' }) });
    const settled = {
      ...{ callId: 'call_1', fence: 2, state: 'done', result: '{"a":"ü"}', attempts: 1, durationMs: 3 },
      entry: make.entry({ provider: 'globex', eventId: 'evt_1', personal }),
    };
    const calls: VerbCall[] = [
      { name: 'calls.begin', args: [SANDBOX, begun] },
      { name: 'events.accept', args: [SANDBOX, make.event()] },
      { name: 'audit.append', args: [SANDBOX, [make.entry(), make.entry({ actor: 'prn_other' })]] },
      { name: 'calls.settle', args: [SANDBOX, settled] },
      { name: 'calls.sending', args: [SANDBOX, 'call_1', 2, 10] },
    ];
    const unpacked = unpackGroup(structuredClone(packGroup(5, true, calls)));
    unpacked[0]!.args[1] = { ...(unpacked[0]!.args[1] as object), inputHash: new Uint8Array(begun.inputHash) };
    for (const at of [0, 2, 3, 4]) expect(unpacked[at]).toEqual(calls[at]);
    expect(unpacked[1]!.name).toBe('events.accept');
  });

  it('use the buffer of the last group again where it is large enough', () => {
    const call = (bytes: number): VerbCall => ({
      name: 'events.accept',
      args: [SANDBOX, make.event({ body: new Uint8Array(bytes).fill(7) })],
    });
    const first = packGroup(5, true, [call(3_000)]);
    const second = packGroup(6, true, [call(2_000)], first.bytes);
    expect(second.bytes).toBe(first.bytes);
    const [{ args }] = unpackGroup(second) as [VerbCall];
    expect((args[1] as { body: Uint8Array }).body).toEqual(new Uint8Array(2_000).fill(7));
    expect(packGroup(7, true, [call(1_000_000)], second.bytes).bytes).not.toBe(first.bytes);
  });

  it('refuse keys and hashes of another length before they could shift what follows', () => {
    for (const over of [
      { leaf: new Uint8Array(31) },
      { dedupeKey: new Uint8Array(32) },
      { bodyKey: new Uint8Array(1) },
    ]) {
      expect(() => packGroup(5, true, [{ name: 'events.accept', args: [SANDBOX, make.event(over)] }])).toThrow(/bytes/);
    }
  });

  it('carry outcomes: stored, a claim, an error', () => {
    const { dedupeKey: _, leaf: __, jobs: ___, ...event } = make.event();
    const pruned = { ...make.event(), bodyBytes: 9 } as Partial<typeof event> & { bodyBytes: number };
    for (const member of ['body', 'dedupeKey', 'leaf', 'jobs']) delete (pruned as Record<string, unknown>)[member];
    const job = { id: 'job_1', scope: SANDBOX, queue: 'q', fence: 1, attempt: 1, maxAttempts: 2, generation: 0 };
    const claim = {
      claimed: [
        { ...job, event: { ...event, body: new Uint8Array(event.body), bodyBytes: event.body.length } },
        { ...job, event: pruned },
      ],
      refused: ['job_2'],
    };
    const error = new AppError('store_unavailable', { problem: 'full' });
    const calls: VerbCall[] = [
      { name: 'events.accept', args: [] },
      { name: 'system.turn', args: [] },
      { name: 'system.turn', args: [] },
      { name: 'events.accept', args: [] },
    ];
    const given: Outcome[] = [
      { ok: true, value: { kind: 'stored' } },
      { ok: true, value: claim },
      { ok: true, value: { claimed: [], refused: [] } },
      { ok: false, error },
    ];
    const packed = structuredClone(packOutcomes(calls, given, new ArrayBuffer(8)));
    expect(packed.group.byteLength).toBe(8);
    const outcomes = packed.outcomes.map((outcome) => unpackOutcome(outcome, packed.bytes));
    expect(outcomes.slice(0, 3)).toEqual([
      { ok: true, value: { kind: 'stored' } },
      { ok: true, value: claim },
      { ok: true, value: { claimed: [], refused: [] } },
    ]);
    expect(outcomes[3]).toMatchObject({ ok: false, error: { code: 'store_unavailable', data: { problem: 'full' } } });
  });

  it('carry what became of calls', () => {
    const given: [VerbCall['name'], unknown][] = [
      ['calls.begin', { kind: 'begun', fence: 7 }],
      ['calls.begin', { kind: 'running', callId: 'call_1' }],
      ['calls.settle', 'settled'],
      ['calls.settle', 'lost'],
      ['audit.append', undefined],
    ];
    for (const [name, value] of given) {
      const packed = structuredClone(packOutcome({ name, args: [] }, { ok: true, value }, []));
      expect(unpackOutcome(packed, [])).toEqual({ ok: true, value });
    }
  });

  it('carry rows of the audit log, also those whose bytes somebody else has cut', () => {
    const { leaf, bodySha256, ...rest } = make.event();
    const { sourceId, provider, type, key, receivedAtMs } = rest;
    const columns = { eventId: rest.id, sourceId, provider, type, key, receivedAtMs, bodySha256, bodyBytes: 9 };
    const place = { tenant: 't', environment: 'live' };
    const rows = [
      { index: 4, leaf, ...place, receipt: { ...columns, ...place } },
      {
        index: 5,
        leaf: leaf.slice(0, 3),
        ...place,
        receipt: { ...columns, ...place, secretId: 's', bodySha256: hash('x').slice(1) },
      },
      { leaf, ...place, record: '{"v":1}', personal: new Uint8Array(0) },
      { index: 6, leaf, ...place, record: 'Zoë \ud800', personal: Uint8Array.of(1, 2, 3) },
      { index: 7, leaf, ...place },
    ];
    const text = JSON.stringify([
      [4, 't', 'live', null, 32, -1, [rest.id, sourceId, provider, type, key, receivedAtMs, 9, null, 32]],
      [5, 't', 'live', null, 3, -1, [rest.id, sourceId, provider, type, key, receivedAtMs, 9, 's', 31]],
      [null, 't', 'live', '{"v":1}', 32, 0, null],
      [6, 't', 'live', 'Zoë \ud800', 32, 3, null],
      [7, 't', 'live', null, 32, -1, null],
    ]);
    const parts = [leaf, bodySha256, leaf.slice(0, 3), hash('x').slice(1), leaf, leaf, Uint8Array.of(1, 2, 3), leaf];
    const bytes: ArrayBuffer[] = [];
    const call: VerbCall = { name: 'system.auditRows', args: [] };
    const value = new PackedRows(text, ownBuffer(Buffer.concat(parts)));
    const packed = structuredClone(packOutcome(call, { ok: true, value }, bytes));
    expect(unpackOutcome(packed, structuredClone(bytes))).toEqual({ ok: true, value: rows });
  });

  it('carry errors that were thrown, whatever they are', () => {
    const strange = Object.assign(new AppError('timeout', { operation: 'x', limitMs: 1 }, { cause: () => {} }));
    expect(unpackError(structuredClone(packError(strange)))).toMatchObject({ code: 'timeout' });
    expect(unpackError(structuredClone(packError(() => {})))).toMatch(/=>/);
    expect(unpackError(structuredClone(packError(new RangeError('deep'))))).toMatchObject({ message: 'deep' });
  });
});
