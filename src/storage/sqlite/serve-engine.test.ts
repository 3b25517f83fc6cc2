import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Claim } from '../../core/job.js';
import { newId } from '../../core/ids.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { Fixtures, hash, SANDBOX, VirtualClock } from '../../testing/store-conformance/index.js';
import { serveWriter, type Post } from './serve-engine.js';
import { bufferOfClaim, packGroup, unpackOutcome, type FromEngine } from './thread-protocol.js';
import type { VerbCall } from './verb-lanes.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-serve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clock = new VirtualClock(1_000_000);
const random = new SeededRandom(5);
const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);

type Committed = FromEngine & { kind: 'committed' };

/** Runs groups as a thread would: what is posted with a list of buffers takes them along. */
async function writer(name: string): Promise<(calls: VerbCall[], spare?: ArrayBuffer) => Committed> {
  const said: FromEngine[] = [];
  const post: Post = (message, transfer = []) => void said.push(structuredClone(message, { transfer }));
  const listener = await serveWriter({ path: join(folder, name), nowMs: clock.nowMs() }, post);
  return (calls, spare) => {
    const group = packGroup(clock.nowMs(), true, calls);
    listener!(spare === undefined ? group : { ...group, spare });
    return said.at(-1) as Committed;
  };
}

const claimOf = (limit: number): VerbCall => ({
  name: 'system.turn',
  args: [{ settled: [], claim: { limit, leaseMs: 1_000, owner: 'o' } }],
});

const claimed = (answer: Committed): Claim['claimed'] => {
  const outcome = unpackOutcome(answer.outcomes[0]!, answer.bytes);
  return outcome.ok ? (outcome.value as Claim).claimed : [];
};

const isWhole = ({ event }: Claim['claimed'][number]): boolean =>
  Buffer.compare(hash(event.body!), event.bodySha256) === 0;

it('claims bodies of more segments than are kept in memory: each is given back once nothing looks into it', async () => {
  const run = await writer('segments.db');
  const accepts = Array.from({ length: 24 }, (): VerbCall => {
    return { name: 'events.accept', args: [SANDBOX, make.event({ body: random.bytes(130_000) })] };
  });
  run(accepts);
  const all = claimed(run([claimOf(24)]));
  expect(all).toHaveLength(24);
  expect(all.every(isWhole)).toBe(true);
});

it('puts a claim into the buffer of the last one; who holds jobs of that keeps their bodies', async () => {
  const run = await writer('spares.db');
  run(Array.from({ length: 4 }, () => ({ name: 'events.accept', args: [SANDBOX, make.event()] })));
  const first = run([claimOf(2)]);
  const jobs = claimed(first);
  const buffer = bufferOfClaim(first)!;
  const given = new ArrayBuffer(buffer.byteLength + 1);
  const second = run([claimOf(2)], given);
  expect(bufferOfClaim(second)!.byteLength).toBe(buffer.byteLength + 1);
  new Uint8Array(buffer).fill(0);
  expect([...jobs, ...claimed(second)].every(isWhole)).toBe(true);
  expect(run([{ name: 'system.sourcesVersion', args: [] }]).bytes).toEqual([]);
});
