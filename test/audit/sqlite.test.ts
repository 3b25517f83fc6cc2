/** The audit log over the real SQLite engine: order, restart, search, retention, and tampering with SQL. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  announcePruning,
  auditEntry,
  exportAudit,
  parseAuditQuery,
  Projection,
  proveEntry,
  receiptLeaf,
  searchAudit,
  Sequencer,
  verifyAudit,
  verifyProof,
  type AuditView,
  type VerifyReport,
} from '../../src/audit/index.js';
import { receiptId, type ReceiptColumns } from '../../src/core/audit.js';
import { checkpointOrigin, publicKeyOf } from '../../src/core/checkpoint.js';
import { newId } from '../../src/core/ids.js';
import { openSqliteInProcess, type InProcessStore } from '../../src/storage/sqlite/index.js';
import { MemoryFiles } from './memory-files.js';
import {
  INSTALLATION,
  LOG_PATH,
  newKeyPem,
  PLAIN_SEALER,
  SANDBOX,
  sampleDraft,
  seededRandom,
  SteppedClock,
} from './setting.js';

const DAY_MS = 86_400_000;
const ORIGIN = checkpointOrigin(INSTALLATION, 'sandbox');

let folder: string;
let clock: SteppedClock;
let store: InProcessStore;
let files: MemoryFiles;
let sequencer: Sequencer;
const keyPem = newKeyPem();
const random = seededRandom(3);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-audit-'));
  clock = new SteppedClock();
  files = new MemoryFiles();
  store = await openSqliteInProcess(join(folder, 'fairlead.db'), { clock });
  sequencer = sequencerOver(store);
});
afterEach(async () => {
  await store.system.close();
  rmSync(folder, { recursive: true });
});

describe('over SQLite', () => {
  it('verifies what entries, receipts and restarts made of it', async () => {
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 60; i++) await (i % 3 === 0 ? accept(i + round * 60) : write(i));
      await sequencer.run();
      clock.jump(61_000);
      store.crash();
      store = await store.reopen();
      sequencer = sequencerOver(store);
    }
    expect(await verify()).toMatchObject({
      ok: true,
      entries: 360,
      covered: 360,
      receipts: 120,
      bodies: 120,
      checkpoints: 6,
    });
    const lines = files.text(LOG_PATH).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as AuditView).seq)).toEqual([...Array(360).keys()]);
  });

  it('answers the same to a search, an export and a proof', async () => {
    for (let i = 0; i < 40; i++) await (i % 4 === 0 ? accept(i) : write(i));
    await sequencer.run();
    const query = parseAuditQuery('provider=shop since=1h', clock.nowMs());
    const { entries } = await searchAudit(store.audit, SANDBOX, query, { limit: 100 });
    expect(entries).toHaveLength(10);
    const { text, checkpoint } = await exportAudit(store, SANDBOX, { format: 'ndjson', query, proofs: true });
    let exported = '';
    for await (const piece of text) exported += piece;
    expect(exported.trimEnd().split('\n')).toHaveLength(10);
    expect(checkpoint).toContain(`${ORIGIN}\n40\n`);
    for (const { id, seq } of entries) {
      const proof = await proveEntry(store, SANDBOX, id);
      expect(verifyProof(proof, ORIGIN, [publicKeyOf(keyPem)])).toMatchObject({ ok: true, index: seq });
    }
  });

  it('keeps hostile text of a provider as it is hashed', async () => {
    for (const [i, key] of ['\ud800', 'a\u2028b', '"\\\u0001', '😀', 'x'.repeat(256)].entries())
      await accept(i, { key, type: key });
    await sequencer.run();
    expect(await verify()).toMatchObject({ ok: true, receipts: 5 });
  });

  it('thins checkpoints', async () => {
    for (let second = 0; second < 600; second += 10) {
      await write(second);
      await sequencer.run();
      clock.jump(10_000);
    }
    expect(await store.system.auditCheckpoints('sandbox', 0, 1_000)).toHaveLength(10);
    expect(await verify()).toMatchObject({ ok: true, entries: 60, checkpoints: 10 });
  });

  it('takes announced pruning for what it is', async () => {
    for (let i = 0; i < 30; i++) await (i % 3 === 0 ? accept(i) : write(i));
    await sequencer.run();
    clock.jump(410 * DAY_MS);
    for (let i = 30; i < 40; i++) await write(i);
    await sequencer.run();
    const retention = { bodiesMs: 30 * DAY_MS, attemptsMs: DAY_MS, dedupeMs: 35 * DAY_MS, auditMs: 400 * DAY_MS };
    expect(await announcePruning(store, recorder(), 'sandbox', retention.auditMs)).toBe(true);
    await sequencer.run();
    for (let i = 0; i < 5; i++) await store.system.prune(retention, 1_000);
    const report = await verify();
    expect(report).toMatchObject({ ok: true, entries: 41 });
    expect(report.pruned).toBeGreaterThanOrEqual(20);
  });
});

describe('tampering with SQL', () => {
  it.each<[string, string, string, number]>([
    ['a record', `update audit set record = replace(record, 'channel', 'chancel') where leaf = 301`, 'changed', 300],
    ['a receipt', `update event set key = 'other' where leaf = 304`, 'changed', 303],
    ['a body hash', `update event set body_sha256 = zeroblob(32) where leaf = 304`, 'changed', 303],
    ['an entry', `delete from audit where leaf = 301`, 'missing', 300],
    ['a leaf', `delete from leaf_sandbox where n = 301`, 'missing', 300],
    [
      'the order',
      `update leaf_sandbox set ref = (select ref from leaf_sandbox where n = 12) where n = 11`,
      'changed',
      10,
    ],
    ['a stored hash', `update leaf_sandbox set hash = zeroblob(32) where n = 301`, 'tile', 300],
    ['a tile', `update tile set hashes = zeroblob(8192) where level = 0 and idx = 0`, 'tile', 0],
    ['a checkpoint', `update checkpoint set note = replace(note, 'fairlead', 'fairlady')`, 'checkpoint', 360],
  ])('%s', async (_what, sql, kind, index) => {
    for (let i = 0; i < 360; i++) await ((i + 1) % 4 === 0 ? accept(i) : write(i));
    await sequencer.run();
    expect(await verify()).toMatchObject({ ok: true });
    store.engine.connection.exec(sql);
    expect((await verify()).problems[0]).toMatchObject({ kind, index });
  });
});

function sequencerOver(over: InProcessStore): Sequencer {
  const log = (): void => {};
  const projection = new Projection({ store: over.system, files, path: LOG_PATH, log });
  const keys = { auditKeyPem: () => keyPem };
  return new Sequencer({ store: over.system, clock, log, keys, installationId: INSTALLATION, projection });
}

function recorder(): Parameters<typeof auditEntry>[0] {
  return { clock, random, sealer: PLAIN_SEALER };
}

async function write(i: number): Promise<void> {
  await store.audit.append(SANDBOX, [auditEntry(recorder(), SANDBOX, sampleDraft(i))]);
}

async function accept(i: number, change: { key?: string; type?: string } = {}): Promise<void> {
  const body = Buffer.from(JSON.stringify({ i }));
  const id = newId('event', clock, random);
  const columns: ReceiptColumns = {
    eventId: id,
    sourceId: 'src_1',
    provider: 'shop',
    type: 'order.paid',
    key: `delivery-${i}`,
    receivedAtMs: clock.nowMs(),
    bodySha256: createHash('sha256').update(body).digest(),
    bodyBytes: body.length,
    secretId: 'sec_1',
    ...SANDBOX,
    ...change,
  };
  const acceptance = await store.events.accept(SANDBOX, {
    id,
    sourceId: columns.sourceId,
    provider: columns.provider,
    type: columns.type,
    key: columns.key,
    dedupeKey: createHash('sha256').update(String(i)).digest().subarray(0, 16),
    receivedAtMs: columns.receivedAtMs,
    headers: '{}',
    body,
    bodySha256: columns.bodySha256,
    sealed: false,
    secretId: columns.secretId!,
    jobs: [],
    leaf: receiptLeaf(columns),
  });
  expect(acceptance.kind).toBe('stored');
  expect(await store.audit.get(SANDBOX, receiptId(id))).toMatchObject({ receipt: { eventId: id } });
}

function verify(): Promise<VerifyReport> {
  return verifyAudit(store.system, {
    environment: 'sandbox',
    origin: ORIGIN,
    publicKeys: [publicKeyOf(keyPem)],
    bodyOf: async ({ eventId }) => (await store.events.get(SANDBOX, eventId))?.body,
  });
}
