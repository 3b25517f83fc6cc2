import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIVE, LOG_PATH, newKeyPem, SANDBOX, Setting } from '../../test/audit/setting.js';
import { publicKeyOf, verifierKey } from '../core/checkpoint.js';
import { exportAudit, type ExportOptions } from './export.js';
import { parseAuditQuery } from './search.js';

const HOSTILE = 'a\u2028b\u2029c\u0085d\u001b]0;x\u0007e\u007f,"f"\r\n=1+1 é😀';
const SCRIPT = join(import.meta.dirname, '../../scripts/verify-audit-export.mjs');

describe('NDJSON', () => {
  it('has one line an entry, whatever the text, and the same values', async () => {
    const s = await filled();
    const { text } = await exported(s);
    const lines = text.trimEnd().split(/\r\n|[\n\r\u000b\u000c\u0085\u2028\u2029]/);
    expect(lines).toHaveLength(120);
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.map(({ seq }) => seq)).toEqual([...Array(120).keys()]);
    expect(entries.filter(({ idempotencyKey }) => idempotencyKey === HOSTILE)).toHaveLength(3);
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(64 * 1024);
  });

  it('holds only the tenant, unless everything is asked for', async () => {
    const s = await filled();
    s.write(5, { ...SANDBOX, tenant: 'other' });
    await s.sequencer.run();
    expect((await exported(s)).text.split('\n')).toHaveLength(121);
    expect((await exported(s, { whole: true })).text.split('\n')).toHaveLength(126);
  });

  it('leaves out what the checkpoint does not cover', async () => {
    const s = await filled();
    s.write(5);
    expect((await exported(s)).text.split('\n')).toHaveLength(121);
    const empty = new Setting();
    expect(await exported(empty)).toEqual({ checkpoint: undefined, text: '' });
  });

  it('takes a query, and stops when told to', async () => {
    const s = await filled();
    const query = parseAuditQuery('provider=shop details.bodyBytes!=0', 0);
    expect((await exported(s, { query })).text.split('\n')).toHaveLength(17);
    await expect(exported(s, { whole: true, query })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(exported(s, { format: 'csv', proofs: true })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(exported(s, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('CSV', () => {
  it('has a header, a row an entry, and no formula', async () => {
    const s = await filled();
    s.write(1, SANDBOX, { idempotencyKey: '=HYPERLINK("http://x")', details: { a: '@x' } });
    await s.sequencer.run();
    const { text } = await exported(s, { format: 'csv' });
    expect(text.startsWith('seq,id,ts,phase,status,tenant,environment,actor_type,actor_id,')).toBe(true);
    expect(text).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(text).not.toMatch(/(?:^|,)"?[=+@-]/);
    expect(text.match(/,[0-9a-f]{64}\r\n/g)).toHaveLength(121);
  });
});

describe('the independent verifier', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'fairlead-export-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('accepts a whole export, records that are gone included', async () => {
    const s = await filled();
    delete s.log.held.sandbox.rows.find(({ record }) => record !== undefined)!.record;
    const { text, checkpoint } = await exported(s, { whole: true });
    expect(check(text, checkpoint!, s.publicKey)).toEqual({
      ok: true,
      origin: 'fairlead/test/sandbox',
      size: 120,
      proven: 0,
      pruned: 1,
      entries: 120,
      uncovered: 0,
      elsewhere: 0,
    });
    expect(check(text, checkpoint!, verifierKey(s.origin(), s.publicKey))).toMatchObject({ ok: true });
  });

  it('accepts a part with proofs', async () => {
    const s = await filled();
    const { text, checkpoint } = await exported(s, { proofs: true, query: parseAuditQuery('provider=shop', 0) });
    expect(check(text, checkpoint!, s.publicKey)).toMatchObject({ ok: true, proven: 16, entries: 16 });
  });

  it('accepts the file that the sequencer writes, against a checkpoint that was kept', async () => {
    const s = await filled();
    const kept = s.log.held.sandbox.checkpoints.at(-1)!.note;
    s.write(3, LIVE);
    s.write(4);
    await s.sequencer.run();
    const text = s.files.text(LOG_PATH);
    expect(check(text, kept, s.publicKey)).toMatchObject({ ok: true, entries: 120, uncovered: 4, elsewhere: 3 });
    const changed = text.replace('"key-3"', '"key-4"');
    expect(check(changed, kept, s.publicKey)).toMatchObject({ ok: false });
  });

  it('refuses every kind of tampering', async () => {
    const s = await filled();
    const whole = await exported(s, { whole: true });
    const proven = await exported(s, { proofs: true });
    const note = whole.checkpoint!;
    const lines = whole.text.trimEnd().split('\n');
    const without = (index: number): string => lines.toSpliced(index, 1).join('\n');
    const renumbered = lines
      .toSpliced(40, 1)
      .map((line, i) => line.replace(/^\{"seq":\d+/, `{"seq":${i}`))
      .join('\n');
    const cases: [string, string, string, RegExp][] = [
      [whole.text.replace('chat.sendMessage', 'chat.sentMessage'), note, s.publicKey, /not what was logged/],
      [without(40), note, s.publicKey, /entry 40 is missing/],
      [renumbered, note, s.publicKey, /has 119 entries, the checkpoint covers 120/],
      [lines.slice(0, 100).join('\n'), note, s.publicKey, /has 100 entries/],
      [lines.toSpliced(40, 0, lines[39]!).join('\n'), note, s.publicKey, /line 41: entry 40 is missing/],
      [lines.join('\n').replaceAll('"sandbox"', '"live"'), note, s.publicKey, /has 0 entries/],
      [proven.text.replace('chat.sendMessage', 'chat.sentMessage'), note, s.publicKey, /line 1: entry 0 is not what/],
      [proven.text.replace('"seq":7,', '"seq":8,'), note, s.publicKey, /line 8: entry 8/],
      [proven.text.replace(/"proof":\["[^"]+",/, '"proof":['), note, s.publicKey, /line 1: /],
      [whole.text, note.replace('\n120\n', '\n119\n'), s.publicKey, /signature does not verify/],
      [whole.text, note, publicKeyOf(newKeyPem()), /not signed by a given key/],
      [whole.text, 'nothing', s.publicKey, /not a signed note/],
      ['no json', note, s.publicKey, /line 1/],
      ['', note, s.publicKey, /has 0 entries/],
    ];
    for (const [text, checkpoint, key, problem] of cases) {
      expect(check(text, checkpoint, key)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
    }
  });

  it('is short and stands alone', async () => {
    const { readFileSync } = await import('node:fs');
    const source = readFileSync(SCRIPT, 'utf8');
    expect(source.split('\n').length).toBeLessThanOrEqual(200);
    expect([...source.matchAll(/from '([^']+)'/g)].every(([, name]) => name!.startsWith('node:'))).toBe(true);
  });

  function check(text: string, checkpoint: string, publicKey: string): unknown {
    const files = { export: text, checkpoint, 'public-key': publicKey };
    const args = Object.entries(files).flatMap(([name, content]) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return [`--${name}`, path];
    });
    try {
      return JSON.parse(execFileSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' }));
    } catch (error) {
      return JSON.parse((error as { stdout: string }).stdout);
    }
  }
});

async function filled(): Promise<Setting> {
  const s = new Setting();
  for (let i = 0; i < 17; i++) {
    s.write(i % 6 === 0 ? 7 : 6);
    if (i % 6 === 0) s.write(1, SANDBOX, { idempotencyKey: HOSTILE });
    s.accept();
  }
  const { rows } = s.log.held.sandbox;
  rows.length = 120;
  await s.sequencer.run();
  return s;
}

async function exported(
  s: Setting,
  options: Partial<ExportOptions> = {},
): Promise<{ checkpoint: string | undefined; text: string }> {
  const store = { audit: s.log.audit, system: s.log };
  const { checkpoint, text } = await exportAudit(store, SANDBOX, {
    format: 'ndjson',
    query: parseAuditQuery('', 0),
    ...options,
  });
  let whole = '';
  for await (const piece of text) whole += piece;
  return { checkpoint, text: whole };
}
