import { describe, expect, it } from 'vitest';
import { LIVE, newKeyPem, Setting } from '../../test/audit/setting.js';
import type { Held } from '../../test/audit/memory-log.js';
import type { AuditRow } from '../core/audit.js';
import { publicKeyOf, signCheckpoint } from '../core/checkpoint.js';
import { leafHash, rootOf } from '../core/merkle.js';
import { announcePruning } from './retention.js';
import { verifyAudit, type VerifyOptions, type VerifyReport } from './verify.js';

const DAY_MS = 86_400_000;

describe('a sound log', () => {
  it.each([0, 1, 2, 255, 256, 257, 1_000, 2_100])('of %i entries verifies', async (count) => {
    const s = await grown(count);
    expect(await verify(s)).toEqual({
      ok: true,
      environment: 'sandbox',
      entries: count,
      covered: count,
      checkpoints: s.log.held.sandbox.checkpoints.length,
      receipts: Math.floor(count / 10),
      bodies: 0,
      pruned: 0,
      problems: [],
    });
  });

  it('verifies against a checkpoint somebody kept, of any size', async () => {
    const s = await grown(700);
    const leaves = s.log.held.sandbox.rows.map(({ leaf }) => leaf);
    const held = [1, 123, 256, 700].map((size) => noteOver(s, leaves, size));
    expect(await verify(s, { held })).toMatchObject({ ok: true, covered: 700 });
  });

  it('counts what no checkpoint covers yet, and looks at it all the same', async () => {
    const s = await grown(300);
    s.write(5);
    await s.log.auditSequence('sandbox', 300, 5);
    expect(await verify(s)).toMatchObject({ ok: true, entries: 305, covered: 300 });
    row(s, 302).record = row(s, 302).record!.replace('succeeded', 'failed');
    expect(await verify(s)).toMatchObject({ ok: false, problems: [{ kind: 'changed', index: 302 }] });
    remove(s, 301);
    expect((await verify(s)).problems[0]).toMatchObject({ kind: 'missing', index: 301 });
  });

  it('checks environments apart', async () => {
    const s = await grown(20);
    s.write(5, LIVE);
    await s.sequencer.run();
    row(s, 3).leaf = new Uint8Array(32);
    expect((await verify(s)).ok).toBe(false);
    expect(await verify(s, { environment: 'live', origin: s.origin('live') })).toMatchObject({ ok: true, entries: 5 });
  });

  it('stops when it is told to', async () => {
    const s = await grown(20);
    const stopped = verify(s, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('tampering is named and located', () => {
  it('a changed record', async () => {
    const s = await grown(700);
    row(s, 345).record = row(s, 345).record!.replace('"type":"channel"', '"type":"chancel"');
    await expectFirst(s, { kind: 'changed', index: 345, within: { from: 345, to: 346 } });
  });

  it('several changed records, all of them', async () => {
    const s = await grown(700);
    for (const index of [12, 345, 346, 698]) row(s, index).record = row(s, index).record!.replace('chat', 'shat');
    const { problems } = await verify(s);
    expect(problems.map(({ kind, index }) => `${kind} ${index}`)).toEqual([
      'changed 12',
      'changed 345',
      'changed 346',
      'changed 698',
    ]);
  });

  it('a changed receipt column', async () => {
    const s = await grown(700);
    const index = s.log.held.sandbox.rows.findIndex(({ receipt }) => receipt !== undefined);
    row(s, index).receipt!.bodyBytes += 1;
    await expectFirst(s, { kind: 'changed', index });
  });

  it('a changed record whose leaf was adapted', async () => {
    const s = await grown(700);
    forge(row(s, 345));
    await expectFirst(s, { kind: 'changed', index: 345, within: { from: 345, to: 346 } });
  });

  it('a removed entry, its place left empty', async () => {
    const s = await grown(700);
    remove(s, 345);
    await expectFirst(s, { kind: 'missing', index: 345 });
  });

  it('a removed entry, the others moved up', async () => {
    const s = await grown(700);
    remove(s, 345);
    renumber(s.log.held.sandbox);
    await expectFirst(s, { kind: 'missing', index: 345 });
  });

  it('an inserted entry', async () => {
    const s = await grown(700);
    insert(s, 345);
    await expectFirst(s, { kind: 'inserted', index: 345 });
  });

  it('an entry that claims the place of another', async () => {
    const s = await grown(700);
    const rows = s.log.held.sandbox.rows;
    rows.push({ ...structuredClone(rows[12]!), index: 345 });
    await expectFirst(s, { kind: 'inserted', index: 345 });
  });

  it.each([
    [345, 346],
    [10, 200],
    [10, 300],
  ])('entries that changed places (%i, %i)', async (a, b) => {
    const s = await grown(700);
    const { rows } = s.log.held.sandbox;
    [rows[a], rows[b]] = [rows[b]!, rows[a]!];
    renumber(s.log.held.sandbox);
    const report = await verify(s);
    expect(report.problems).toHaveLength(1);
    expect(report.problems[0]).toMatchObject({ kind: 'swapped', index: a, with: b });
  });

  it('a log that was cut off, against a checkpoint kept elsewhere', async () => {
    const s = await grown(700);
    const held = [s.log.held.sandbox.checkpoints.at(-1)!.note];
    const log = s.log.held.sandbox;
    log.rows = log.rows.slice(0, 512);
    log.size = 512;
    log.checkpoints = log.checkpoints.filter(({ size }) => size <= 512);
    log.tiles = log.tiles.slice(0, 2);
    expect((await verify(s)).ok).toBe(true);
    const report = await verify(s, { held });
    expect(report.problems[0]).toMatchObject({ kind: 'truncated', index: 512, within: { to: 700 } });
  });

  it('a log that was written anew, tree and all, from some entry on', async () => {
    const s = await grown(700);
    const held = [s.log.held.sandbox.checkpoints.at(-1)!.note];
    const good = s.log.held.sandbox.checkpoints.map(({ size }) => size);
    rewriteFrom(s, 345);
    const { problems } = await verify(s, { held });
    const before = good.filter((size) => size <= 345).at(-1)!;
    const [first] = problems.filter(({ kind }) => kind !== 'checkpoint');
    expect(first).toMatchObject({ kind: 'rewritten', within: { from: before } });
    expect(first!.within.to).toBeGreaterThan(345);
  });

  it('a record that is gone without an announcement', async () => {
    const s = await grown(700);
    delete row(s, 345).record;
    await expectFirst(s, { kind: 'missing', index: 345 });
  });

  it('a body that is not the one received', async () => {
    const s = await grown(100);
    const receipts = s.log.held.sandbox.rows.filter(({ receipt }) => receipt !== undefined);
    const bodyOf: VerifyOptions['bodyOf'] = async ({ eventId }) => s.log.bodies.get(eventId);
    expect(await verify(s, { bodyOf })).toMatchObject({ ok: true, bodies: receipts.length });
    s.log.bodies.delete(receipts[0]!.receipt!.eventId);
    s.log.bodies.set(receipts[2]!.receipt!.eventId, Buffer.from('{"n":999}'));
    const report = await verify(s, { bodyOf });
    expect(report).toMatchObject({ ok: false, bodies: receipts.length - 1 });
    expect(report.problems).toEqual([expect.objectContaining({ kind: 'body', index: receipts[2]!.index })]);
  });

  it('a tile', async () => {
    const s = await grown(700);
    s.log.held.sandbox.tiles[1]!.hashes[5]! ^= 1;
    await expectFirst(s, { kind: 'tile', index: 256, within: { from: 256, to: 512 } });
    s.log.held.sandbox.tiles.shift();
    await expectFirst(s, { kind: 'tile', index: 0 });
    const other = await grown(20);
    row(other, 3).leaf = new Uint8Array(32);
    await expectFirst(other, { kind: 'tile', index: 3, says: 'the hash stored beside it is wrong' });
  });
});

describe('checkpoints', () => {
  it('of another key, another log, or none are refused', async () => {
    const s = await grown(50);
    const leaves = s.log.held.sandbox.rows.map(({ leaf }) => leaf);
    const root = rootOf(leaves);
    const held = [
      'no checkpoint',
      signCheckpoint({ origin: s.origin(), size: 50, root }, newKeyPem()),
      signCheckpoint({ origin: 'another/log', size: 50, root }, s.keyPem),
      noteOver(s, leaves, 50).replace('\n50\n', '\n49\n'),
    ];
    const { problems } = await verify(s, { held });
    expect(problems.map(({ kind }) => kind)).toEqual(['checkpoint', 'checkpoint', 'checkpoint', 'checkpoint']);
    expect(problems.map(({ says }) => says).join('\n')).toMatch(
      /cannot be read[^]*signature[^]*our key[^]*another log/,
    );
  });

  it('may be signed by any of several keys, as after a change of keys', async () => {
    const s = await grown(50);
    const publicKeys = [publicKeyOf(newKeyPem()), s.publicKey];
    expect(await verify(s, { publicKeys })).toMatchObject({ ok: true });
    expect(await verify(s, { publicKeys: publicKeys.slice(0, 1) })).toMatchObject({ ok: false });
  });

  it('filed under another size are noticed', async () => {
    const s = await grown(50);
    s.log.held.sandbox.checkpoints.at(-1)!.size = 49;
    expect((await verify(s)).problems[0]).toMatchObject({ kind: 'checkpoint', index: 49 });
  });

  it('that contradict the log show that it was rewritten, even with our own signature', async () => {
    const s = await grown(50);
    const held = [signCheckpoint({ origin: s.origin(), size: 20, root: leafHash('x') }, s.keyPem)];
    const { problems } = await verify(s, { held });
    expect(problems[0]).toMatchObject({ kind: 'rewritten' });
  });
});

describe('pruning', () => {
  it('is no tampering where it was announced', async () => {
    const s = await aged();
    const announced = await announcePruning({ audit: s.log.audit, system: s.log }, s.recorder, 'sandbox', 400 * DAY_MS);
    expect(announced).toBe(true);
    await s.sequencer.run();
    const announcement = row(s, 700).record!;
    for (let index = 0; index < 400; index++) delete row(s, index).record;
    expect(await verify(s)).toMatchObject({ ok: true, pruned: 400 });
    row(s, 700).record = '{"action":"audit.prune"';
    expect((await verify(s)).problems).toMatchObject([
      { kind: 'missing', within: { from: 0, to: 400 } },
      { kind: 'changed', index: 700 },
    ]);
    row(s, 700).record = announcement;
    delete row(s, 690).record;
    expect((await verify(s)).problems).toEqual([expect.objectContaining({ kind: 'missing', index: 690 })]);
  });

  it('is announced once a day at most, and not before anything is old enough', async () => {
    const s = await aged();
    const announce = (): Promise<boolean> =>
      announcePruning({ audit: s.log.audit, system: s.log }, s.recorder, 'sandbox', 400 * DAY_MS);
    expect([await announce(), await announce()]).toEqual([true, false]);
    const young = await grown(10);
    expect(
      await announcePruning({ audit: young.log.audit, system: young.log }, young.recorder, 'sandbox', 400 * DAY_MS),
    ).toBe(false);
    const empty = new Setting();
    expect(await announcePruning({ audit: empty.log.audit, system: empty.log }, empty.recorder, 'live', DAY_MS)).toBe(
      false,
    );
  });
});

/** A log of `count` entries, every tenth a receipt, with a checkpoint about every hundred. */
async function grown(count: number): Promise<Setting> {
  const s = new Setting();
  for (let i = 1; i <= count; i++) {
    if (i % 10 === 0) s.accept();
    else s.write(1);
    if (i % 97 === 0) {
      s.clock.jump(61_000);
      await s.sequencer.run();
    }
  }
  await s.sequencer.run();
  return s;
}

/** Seven hundred entries, a day apart in hundreds, and then a year and a half. */
async function aged(): Promise<Setting> {
  const s = new Setting();
  for (let day = 0; day < 7; day++) {
    s.write(100);
    await s.sequencer.run();
    s.clock.jump(DAY_MS);
  }
  s.clock.jump(396 * DAY_MS);
  return s;
}

function verify(s: Setting, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> {
  return verifyAudit(s.log, { environment: 'sandbox', origin: s.origin(), publicKeys: [s.publicKey], ...options });
}

async function expectFirst(s: Setting, expected: object): Promise<void> {
  const report = await verify(s);
  expect(report.ok).toBe(false);
  expect(report.problems[0]).toMatchObject(expected);
}

function noteOver(s: Setting, leaves: readonly Uint8Array[], size: number): string {
  return signCheckpoint({ origin: s.origin(), size, root: rootOf(leaves.slice(0, size)) }, s.keyPem);
}

function row(s: Setting, index: number): AuditRow {
  return s.log.held.sandbox.rows.find((one) => one.index === index)!;
}

function remove(s: Setting, index: number): void {
  const { rows } = s.log.held.sandbox;
  rows.splice(rows.indexOf(row(s, index)), 1);
}

function insert(s: Setting, index: number): void {
  const held = s.log.held.sandbox;
  const forged = structuredClone(held.rows[index]!);
  forge(forged);
  held.rows.splice(index, 0, forged);
  renumber(held);
}

function renumber(held: Held): void {
  held.rows.forEach((one, i) => (one.index = i));
  held.size = held.rows.length;
}

/** Another record with its own leaf. */
function forge(one: AuditRow): void {
  if (one.record !== undefined) {
    one.record = one.record.replace(/"tenant":"[^"]*"/, '"tenant":"mallory"');
    one.leaf = leafHash(one.record);
  }
}

/** Everything from `index` on, with its tree and its checkpoints, by somebody without the key. */
function rewriteFrom(s: Setting, index: number): void {
  const held = s.log.held.sandbox;
  held.rows.slice(index).forEach(forge);
  const leaves = held.rows.map(({ leaf }) => leaf);
  for (const tile of held.tiles) {
    if (tile.level === 0) tile.hashes = Buffer.concat(leaves.slice(tile.index * 256, (tile.index + 1) * 256));
  }
  const mallory = newKeyPem();
  for (const checkpoint of held.checkpoints.filter(({ size }) => size > index)) {
    checkpoint.root = rootOf(leaves.slice(0, checkpoint.size));
    checkpoint.note = signCheckpoint({ origin: s.origin(), size: checkpoint.size, root: checkpoint.root }, mallory);
  }
}
