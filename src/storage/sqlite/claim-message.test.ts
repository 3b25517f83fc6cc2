import { describe, expect, it } from 'vitest';
import type { ClaimedJob } from '../../core/job.js';
import { ClaimPacker, type PackedClaim } from './claim-message.js';
import type { DueEvent, DueJob } from './due-job.js';
import { packOutcome, unpackOutcome } from './thread-protocol.js';
import { packTurn, unpackTurn } from './turn-message.js';

const SCOPE = { tenant: 'default', environment: 'sandbox' } as const;
const HEADERS = '{"x":"Zoë 😀"}';
const HEADERS_BYTES = Buffer.byteLength(HEADERS);
const EVENT: DueEvent = [2, 'evt_1', 'stripe', 'paid', 'k "1" \ud800', 5, 4, 'acct', 'sub', 1, 'sec_1'];
const BARE: DueEvent = [0, 'evt_2', 'stripe', 'paid', 'k2', 6, null, null, null, 0, null];
const SEGMENT = Buffer.concat([
  Buffer.from('before'),
  ...[Buffer.from(HEADERS), Buffer.from('one'), Buffer.alloc(32, 1)],
  ...[Buffer.from('{}'), Buffer.from(''), Buffer.alloc(32, 2)],
]);

function jobOf(
  id: string,
  headersBytes: number,
  bodyBytes: number,
  more: Partial<Record<number, unknown>> = {},
): DueJob {
  const row: unknown[] = [1_024, id, 0, 3, 6, null, 0, 9, 1, 6, headersBytes, bodyBytes, null];
  for (const [at, value] of Object.entries(more)) row[Number(at)] = value;
  return row as unknown as DueJob;
}

/** Three jobs of which the second is left out and the third has no body any more; a fourth was not looked at. */
function packed(): PackedClaim {
  const packer = new ClaimPacker();
  const firstEnd = 6 + HEADERS_BYTES + 3 + 32;
  packer.addBytes(SEGMENT, 6, firstEnd);
  packer.addBytes(SEGMENT, firstEnd, SEGMENT.length);
  const jobs = [
    jobOf('job_1', HEADERS_BYTES, 3),
    jobOf('job_2', 2, 0, { 2: 1, 12: 77 }),
    jobOf('job_3', 5, 5),
    jobOf('job_4', 9, 9, { 3: 1 }),
    jobOf('job_5', 1, 1),
  ];
  packer.addBytes(new Uint8Array(32).fill(3), 0, 32);
  const share = { scope: SCOPE, queue: 'q', origins: { 9: 'env:a' }, taken: 4, left: [2], bodiless: [3] };
  const events = [EVENT, BARE, EVENT, BARE, EVENT];
  packer.addShare(share, { jobs: JSON.stringify(jobs), events: JSON.stringify(events) });
  return packer.pack(['job_0']);
}

const COMMON = { scope: SCOPE, queue: 'q', fence: 7, maxAttempts: 3 };
const BARE_EVENT = { id: 'evt_2', sourceId: 'env:a', provider: 'stripe', type: 'paid', key: 'k2', receivedAtMs: 6 };
const CLAIMED: ClaimedJob[] = [
  {
    ...{ ...COMMON, id: 'job_1', attempt: 1, generation: 2 },
    event: {
      ...{
        ...BARE_EVENT,
        id: 'evt_1',
        key: 'k "1" \ud800',
        receivedAtMs: 5,
        sealed: true,
        headers: HEADERS,
        bodyBytes: 3,
      },
      ...{ occurredAtMs: 4, account: 'acct', subject: 'sub', secretId: 'sec_1' },
      ...{ body: new Uint8Array(Buffer.from('one')), bodySha256: new Uint8Array(32).fill(1) },
    },
  },
  {
    ...{ ...COMMON, id: 'job_2', attempt: 2, generation: 0, ahead: true, waitingSinceMs: 77 },
    event: {
      ...{ ...BARE_EVENT, sealed: false, headers: '{}', bodyBytes: 0 },
      ...{ body: new Uint8Array(0), bodySha256: new Uint8Array(32).fill(2) },
    },
  },
  {
    ...{ ...COMMON, id: 'job_4', attempt: 1, generation: 0, maxAttempts: 1, ahead: true },
    event: {
      ...{ ...BARE_EVENT, sealed: false, headers: '{}', bodyBytes: 9 },
      bodySha256: new Uint8Array(32).fill(3),
    },
  },
];

describe('a claim in a message', () => {
  it('is the jobs that were taken, with their bytes; without them where retention has taken those', () => {
    expect(packed().unpack()).toEqual({ claimed: CLAIMED, refused: ['job_0'] });
  });

  it('crosses as text and one buffer', () => {
    const buffers: ArrayBuffer[] = [];
    const outcome = packOutcome({ name: 'system.turn', args: [] }, { ok: true, value: packed() }, buffers);
    expect(packed().size).toBe(SEGMENT.length - 6 + 32);
    expect(buffers.length).toBe(1);
    const unpacked = unpackOutcome(structuredClone(outcome), structuredClone(buffers));
    expect(unpacked).toEqual({ ok: true, value: { claimed: CLAIMED, refused: ['job_0'] } });
  });

  it('holds the jobs of several queues', () => {
    const packer = new ClaimPacker();
    for (const [queue, fill] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      packer.addBytes(Buffer.concat([Buffer.from('{}x'), Buffer.alloc(32, fill)]), 0, 35);
      const share = { scope: SCOPE, queue, origins: { 9: queue }, taken: 1, left: [], bodiless: [] };
      packer.addShare(share, { jobs: JSON.stringify([jobOf('job', 2, 1)]), events: JSON.stringify([BARE]) });
    }
    const { claimed } = packer.pack([]).unpack();
    expect(claimed.map(({ queue, event }) => [queue, event.sourceId, event.bodySha256[0]])).toEqual([
      ['a', 'a', 1],
      ['b', 'b', 2],
    ]);
  });
});

describe('a turn in a message', () => {
  it('is what it was, in its order', () => {
    const turn = {
      settled: [
        { id: 'job_1', fence: 1, outcome: 'completed' as const },
        { id: 'job_2', fence: 2, outcome: 'retry' as const, delayMs: 5, error: 'Zoë \ud800' },
        { id: 'job_3', fence: 3, outcome: 'released' as const },
        { id: 'job_4', fence: 4, outcome: 'completed' as const },
      ],
      start: [{ id: 'job_5', fence: 1 }],
      claim: { limit: 3, leaseMs: 4, owner: 'o' },
    };
    expect(unpackTurn(structuredClone(packTurn(turn)))).toEqual({ name: 'system.turn', args: [turn] });
    expect(unpackTurn(packTurn({ settled: [] }))).toEqual({ name: 'system.turn', args: [{ settled: [] }] });
  });
});
