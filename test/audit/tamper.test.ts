/**
 * Tampering by somebody with full power over the database and without the signing key, in entries that a checkpoint
 * held elsewhere covers. Every one has to be found, and located as closely as what was left untouched allows.
 *
 * FAIRLEAD_TAMPERINGS says how many (default 200), FAIRLEAD_SEED where chance begins (default 1).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportAudit, receiptLeaf, verifyAudit, type AuditProblem } from '../../src/audit/index.js';
import type { AuditRow } from '../../src/core/audit.js';
import { signCheckpoint } from '../../src/core/checkpoint.js';
import { Frontier } from '../../src/core/frontier.js';
import { leafHash, rootOf } from '../../src/core/merkle.js';
import { TileBuilder } from '../../src/core/tiles.js';
import type { Held } from './memory-log.js';
import { newKeyPem, SANDBOX, seededRandom, Setting } from './setting.js';

const TAMPERINGS = Number(process.env['FAIRLEAD_TAMPERINGS'] ?? 200);
const SEED = Number(process.env['FAIRLEAD_SEED'] ?? 1);
const ENTRIES = 900;
/** Every so many tamperings an export of the tampered log goes to the independent verifier as well. */
const EXPORT_EVERY = 20;
const SCRIPT = join(import.meta.dirname, '../../scripts/verify-audit-export.mjs');

/** What was done, and what has to be said about it. */
interface Tampering {
  what: string;
  /** The first entry that is not what it was. */
  index: number;
  /** The stored hashes that were left alone still tell the very index. */
  exact: boolean;
  /** What an export shows is different, too. */
  exported: boolean;
}

describe(`${TAMPERINGS} tamperings (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  let folder: string;
  let s: Setting;
  let sound: Held;
  let held: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-tamper-'));
    s = await grown();
    sound = structuredClone(s.log.held.sandbox);
    held = sound.checkpoints.at(-1)!.note;
    expect(sound.checkpoints.length).toBeGreaterThan(5);
    writeFileSync(join(folder, 'checkpoint'), held);
    writeFileSync(join(folder, 'key'), s.publicKey);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('statement 37: are all found and located', async () => {
    const seen = new Map<string, number>();
    for (let i = 0; i < TAMPERINGS; i++) {
      const log = structuredClone(sound);
      const done = tamper(log);
      s.log.held.sandbox = log;
      const report = await verifyAudit(s.log, {
        environment: 'sandbox',
        origin: s.origin(),
        publicKeys: [s.publicKey],
        held: [held],
      });
      const label = `#${i} ${done.what} at ${done.index}`;
      expect(report.ok, label).toBe(false);
      expect(located(report.problems, done), `${label}: ${JSON.stringify(report.problems[0])}`).toBe(true);
      if (done.exported && i % EXPORT_EVERY === 0) expect(await exportHolds(), label).toBe(false);
      const kind = `${done.what.split(',')[0]} -> ${report.problems.find(({ kind }) => kind !== 'checkpoint')?.kind}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
    if (process.env['FAIRLEAD_TAMPERINGS'] !== undefined)
      for (const line of [...seen].sort()) process.stdout.write(`${line.join(' ')}\n`);
    expect(new Set([...seen.keys()].map((kind) => kind.split(' ->')[0])).size).toBe(KINDS.length);
  }, 600_000);

  it('leave a sound log sound', async () => {
    s.log.held.sandbox = structuredClone(sound);
    const options = { environment: 'sandbox', origin: s.origin(), publicKeys: [s.publicKey], held: [held] } as const;
    expect(await verifyAudit(s.log, options)).toMatchObject({ ok: true, entries: ENTRIES, covered: ENTRIES });
    expect(await exportHolds()).toBe(true);
  });

  function tamper(log: Held): Tampering {
    return KINDS[random.below(KINDS.length)]!(log);
  }

  const coin = (): boolean => random.below(2) === 0;

  function flip(log: Held): Tampering {
    const index = random.below(ENTRIES);
    const row = log.rows[index]!;
    changeContent(row);
    return { what: `flip${cover(log, index, row)}`, index, exact: isExact(log, index, row), exported: true };
  }

  function blank(log: Held): Tampering {
    const index = random.below(ENTRIES);
    delete log.rows[index]!.record;
    delete log.rows[index]!.receipt;
    return { what: 'blank', index, exact: true, exported: false };
  }

  function remove(log: Held): Tampering {
    const index = random.below(ENTRIES - 1);
    log.rows.splice(index, 1);
    const closeUp = coin();
    if (closeUp) renumber(log);
    return { what: `remove${closeUp ? ', closed up' : ''}`, index, exact: !closeUp || index < tiled(), exported: true };
  }

  function insert(log: Held): Tampering {
    const index = random.below(ENTRIES);
    const forged = structuredClone(log.rows[index]!);
    changeContent(forged);
    forged.leaf = leafOf(forged);
    log.rows.splice(index, 0, forged);
    renumber(log);
    return { what: 'insert', index, exact: index < tiled(), exported: true };
  }

  function swap(log: Held): Tampering {
    const [a, b] = [random.below(ENTRIES), random.below(ENTRIES)].sort((x, y) => x - y) as [number, number];
    if (a === b) return swap(log);
    [log.rows[a], log.rows[b]] = [log.rows[b]!, log.rows[a]!];
    renumber(log);
    const keepLeaves = coin();
    if (keepLeaves) [log.rows[a]!.leaf, log.rows[b]!.leaf] = [log.rows[b]!.leaf, log.rows[a]!.leaf];
    return { what: 'swap', index: a, exact: keepLeaves || a < tiled(), exported: true };
  }

  function truncate(log: Held): Tampering {
    const index = random.below(ENTRIES);
    log.rows.length = index;
    log.size = index;
    log.tiles = log.tiles.filter((tile) => (tile.index + 1) * 256 <= index);
    log.checkpoints = log.checkpoints.filter(({ size }) => size <= index);
    return { what: 'truncate', index, exact: true, exported: true };
  }

  function rewrite(log: Held): Tampering {
    const index = random.below(ENTRIES);
    for (const row of log.rows.slice(index)) {
      changeContent(row);
      row.leaf = leafOf(row);
    }
    rebuildTiles(log);
    const leaves = log.rows.map(({ leaf }) => leaf);
    const fate = random.below(3);
    if (fate === 0) log.checkpoints = log.checkpoints.filter(({ size }) => size <= index);
    if (fate === 1) log.checkpoints = [];
    if (fate === 2) resign(log, index, leaves);
    return { what: 'rewrite', index, exact: false, exported: true };
  }

  function spoilHash(log: Held): Tampering {
    const index = random.below(tiled());
    if (coin()) {
      log.rows[index]!.leaf = flipped(log.rows[index]!.leaf, random.below(256));
      return { what: 'spoil hash', index, exact: true, exported: false };
    }
    const tile = log.tiles.find((one) => one.level === 0 && one.index === Math.floor(index / 256))!;
    tile.hashes = flipped(tile.hashes, (index % 256) * 256 + random.below(256));
    return { what: 'spoil hash', index, exact: false, exported: false };
  }

  function spoilCheckpoint(log: Held): Tampering {
    const checkpoint = log.checkpoints[random.below(log.checkpoints.length)]!;
    const at = random.below(checkpoint.note.length);
    const other = checkpoint.note[at] === 'x' ? 'y' : 'x';
    checkpoint.note = checkpoint.note.slice(0, at) + other + checkpoint.note.slice(at + 1);
    return { what: 'spoil checkpoint', index: 0, exact: false, exported: false };
  }

  const KINDS = [flip, blank, remove, insert, swap, truncate, rewrite, spoilHash, spoilCheckpoint];

  /** One bit of what an entry says. */
  function changeContent(row: AuditRow): void {
    if (row.receipt !== undefined) {
      row.receipt.bodySha256 = flipped(row.receipt.bodySha256, random.below(256));
      return;
    }
    const bytes = flipped(Buffer.from(row.record!), 0);
    // Any bit that leaves text which a database would take.
    do bytes.set(flipped(Buffer.from(row.record!), random.below(bytes.length * 8)));
    while (Buffer.from(bytes).toString().includes('\ufffd'));
    row.record = Buffer.from(bytes).toString();
  }

  /** Adapts some of the hashes that would give a changed entry away. Says which. */
  function cover(log: Held, index: number, row: AuditRow): string {
    const depth = random.below(3);
    if (depth > 0) row.leaf = leafOf(row);
    if (depth > 1) rebuildTiles(log);
    return ['', ', leaf adapted', ', tree adapted'][depth]! + (index < tiled() ? '' : ', in the last tile');
  }

  function isExact(log: Held, index: number, row: AuditRow): boolean {
    if (Buffer.from(leafOf(row)).compare(row.leaf) !== 0) return true;
    const tile = log.tiles.find((one) => one.level === 0 && one.index === Math.floor(index / 256));
    const at = (index % 256) * 32;
    return tile !== undefined && Buffer.from(row.leaf).compare(tile.hashes.subarray(at, at + 32)) !== 0;
  }

  function resign(log: Held, index: number, leaves: readonly Uint8Array[]): void {
    const mallory = newKeyPem();
    for (const checkpoint of log.checkpoints.filter(({ size }) => size > index)) {
      checkpoint.root = rootOf(leaves.slice(0, checkpoint.size));
      checkpoint.note = signCheckpoint({ origin: s.origin(), size: checkpoint.size, root: checkpoint.root }, mallory);
    }
  }

  async function exportHolds(): Promise<boolean> {
    const { text } = await exportAudit({ audit: s.log.audit, system: s.log }, SANDBOX, {
      format: 'ndjson',
      query: { filter: {}, also: [] },
      whole: true,
    });
    let whole = '';
    for await (const piece of text) whole += piece;
    writeFileSync(join(folder, 'export'), whole);
    const args = [SCRIPT, ...['export', 'checkpoint', 'key'].flatMap((name) => [FLAGS[name]!, join(folder, name)])];
    try {
      return (JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as { ok: boolean }).ok;
    } catch {
      return false;
    }
  }
});

const FLAGS: Record<string, string> = { export: '--export', checkpoint: '--checkpoint', key: '--public-key' };

/** Entries and receipts, with a checkpoint every hundred or so. */
async function grown(): Promise<Setting> {
  const s = new Setting(SEED);
  for (let i = 1; i <= ENTRIES; i++) {
    if (i % 4 === 0) s.accept();
    else s.write(1);
    if (i % 97 === 0) {
      s.clock.jump(61_000);
      await s.sequencer.run();
    }
  }
  await s.sequencer.run();
  return s;
}

/** Entries below this stand in full tiles. */
function tiled(): number {
  return ENTRIES - (ENTRIES % 256);
}

function located(problems: readonly AuditProblem[], { what, index, exact }: Tampering): boolean {
  if (what === 'spoil checkpoint') return problems.some(({ kind }) => kind === 'checkpoint');
  const findings = problems.filter(({ kind }) => kind !== 'checkpoint');
  const first = findings[0];
  if (first === undefined || index < first.within.from || index >= first.within.to) return false;
  return !exact || first.index === index;
}

function renumber(log: Held): void {
  log.rows.forEach((row, i) => (row.index = i));
  log.size = log.rows.length;
}

function rebuildTiles(log: Held): void {
  const [frontier, tiles] = [new Frontier(), new TileBuilder()];
  for (const { leaf } of log.rows) tiles.append(frontier, leaf);
  log.tiles = tiles.take();
}

function leafOf(row: AuditRow): Uint8Array {
  return row.record === undefined ? receiptLeaf(row.receipt!) : leafHash(row.record);
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
