import { describe, expect, it } from 'vitest';
import { LIVE, LOG_PATH, newKeyPem, SANDBOX, Setting, START_MS } from '../../test/audit/setting.js';
import { checkpointVerifier } from '../core/checkpoint.js';
import { leafHash, rootOf } from '../core/merkle.js';
import { tileHashes } from '../core/tiles.js';
import type { AuditRow } from '../core/audit.js';

describe('Sequencer', () => {
  it('orders what is committed and signs a checkpoint over it, each environment apart', async () => {
    const s = new Setting();
    s.write(5);
    s.write(3, LIVE);
    await s.sequencer.run();
    for (const [environment, size] of [
      ['sandbox', 5],
      ['live', 3],
    ] as const) {
      const { rows, checkpoints } = s.log.held[environment];
      const [checkpoint] = checkpoints;
      expect(checkpoint).toMatchObject({ size, atMs: START_MS, root: rootOf(rows.map(({ leaf }) => leaf)) });
      const check = checkpointVerifier(s.origin(environment), s.publicKey);
      expect(check(checkpoint!.note)).toMatchObject({ ok: true, checkpoint: { size } });
    }
  });

  it('stores nothing when nothing happened', async () => {
    const s = new Setting();
    await s.sequencer.run();
    expect(s.log.held.sandbox.checkpoints).toEqual([]);
    s.write(1);
    await s.sequencer.run();
    await s.sequencer.run();
    expect(s.log.held.sandbox.checkpoints).toHaveLength(1);
  });

  it('stores each full tile once, at every level', async () => {
    const s = new Setting();
    const rows: AuditRow[] = s.log.held.sandbox.rows;
    for (let i = 0; i < 256 * 257; i++)
      rows.push({ leaf: leafHash(String(i)), tenant: 'default', environment: 'sandbox' });
    await s.sequencer.run();
    const { tiles, checkpoints } = s.log.held.sandbox;
    expect(tiles.filter(({ level }) => level === 0).map(({ index }) => index)).toEqual([...Array(257).keys()]);
    expect(tiles.filter(({ level }) => level === 1).map(({ index }) => index)).toEqual([0]);
    const leaves = rows.map(({ leaf }) => leaf);
    expect(tileHashes(tiles.find(({ level }) => level === 0)!).map(hex)).toEqual(leaves.slice(0, 256).map(hex));
    const upper = tileHashes(tiles.find(({ level }) => level === 1)!);
    expect(hex(upper[3]!)).toBe(hex(rootOf(leaves.slice(3 * 256, 4 * 256))));
    expect(checkpoints.at(-1)!.root).toEqual(rootOf(leaves));
  });

  it('runs each second, sooner on a hint, and not after it was stopped', async () => {
    const s = new Setting();
    s.sequencer.start();
    await s.clock.advance(10);
    s.write(1);
    await s.clock.advance(980);
    expect(s.log.held.sandbox.size).toBe(0);
    await s.clock.advance(20);
    expect(s.log.held.sandbox.size).toBe(1);
    s.write(1);
    for (let i = 0; i < 100; i++) s.sequencer.hint();
    await s.clock.advance(60);
    expect(s.log.held.sandbox.size).toBe(2);
    expect(s.clock.timers).toBe(1);
    s.write(1);
    await s.sequencer.stop();
    expect(s.log.held.sandbox.size).toBe(3);
    s.sequencer.hint();
    expect(s.clock.timers).toBe(0);
  });

  it('answers run() with a turn that began after it was called', async () => {
    const s = new Setting();
    s.write(1);
    const first = s.sequencer.run();
    s.write(1);
    await Promise.all([first, s.sequencer.run()]);
    expect(s.log.held.sandbox.size).toBe(2);
  });

  it.each([0, 1, 255, 256, 257, 700, 2_000])(
    'goes on after a restart as if it had never stopped (%i before)',
    async (before) => {
      const s = new Setting();
      s.write(before);
      await s.sequencer.run();
      s.restarted();
      s.write(300);
      await s.sequencer.run();
      const leaves = s.log.held.sandbox.rows.map(({ leaf }) => leaf);
      expect(s.log.held.sandbox.checkpoints.at(-1)!.root).toEqual(rootOf(leaves));
      expect(s.log.held.sandbox.tiles).toHaveLength(Math.floor((before + 300) / 256));
    },
  );

  it('takes up what was ordered but not signed when it crashed', async () => {
    const s = new Setting();
    s.write(300);
    await s.sequencer.run();
    s.write(2_500);
    await s.log.auditSequence('sandbox', 300, 2_500);
    await s.restarted().run();
    const { rows, checkpoints, tiles } = s.log.held.sandbox;
    expect(checkpoints.at(-1)).toMatchObject({ size: 2_800, root: rootOf(rows.map(({ leaf }) => leaf)) });
    expect(tiles).toHaveLength(10);
    expect(lines(s)).toHaveLength(2_800);
  });

  it('notices that another sequencer was here', async () => {
    const s = new Setting();
    s.write(10);
    const first = s.sequencer;
    await first.run();
    const second = s.restarted();
    s.write(10);
    await second.run();
    s.write(10);
    await first.run();
    const leaves = s.log.held.sandbox.rows.map(({ leaf }) => leaf);
    expect(s.log.held.sandbox.checkpoints.at(-1)).toMatchObject({ size: 30, root: rootOf(leaves) });
  });

  it('says when the store refuses, and recovers with the next turn', async () => {
    const s = new Setting();
    s.write(5);
    const store = s.log.auditCheckpoint.bind(s.log);
    s.log.auditCheckpoint = async () => Promise.reject(new Error('disk full'));
    await expect(s.sequencer.run()).rejects.toThrow('disk full');
    s.sequencer.start();
    await s.clock.advance(1_500);
    expect(s.logged).toContain('the audit log could not be sequenced; it is tried again');
    s.log.auditCheckpoint = store;
    await s.clock.advance(1_000);
    expect(s.log.held.sandbox.checkpoints.at(-1)!.size).toBe(5);
    expect(lines(s)).toHaveLength(5);
  });

  it('refuses a key that is none', async () => {
    const s = new Setting();
    s.write(1);
    Object.assign(s, { keyPem: newKeyPem().replace(/M/g, 'N') });
    await expect(s.sequencer.run()).rejects.toMatchObject({ code: 'config_invalid' });
  });
});

describe('checkpoints', () => {
  it('keeps one a minute for a day and one an hour after that', async () => {
    const s = new Setting();
    for (let second = 0; second < 30 * 3600; second += 30) {
      s.write(1);
      await s.sequencer.run();
      s.clock.jump(30_000);
    }
    const { checkpoints } = s.log.held.sandbox;
    const nowMs = s.clock.nowMs();
    const old = checkpoints.filter(({ atMs }) => atMs < nowMs - 25 * 3_600_000);
    const fresh = checkpoints.filter(({ atMs }) => atMs >= nowMs - 24 * 3_600_000);
    expect(old.length).toBeLessThanOrEqual(6);
    expect(old.length).toBeGreaterThanOrEqual(4);
    expect(fresh.length).toBeGreaterThan(1_400);
    expect(fresh.length).toBeLessThanOrEqual(1_442);
  }, 60_000);
});

describe('the file', () => {
  it('has a line an entry, both environments, with the place of each', async () => {
    const s = new Setting();
    s.write(2);
    s.accept();
    s.write(1, LIVE);
    await s.sequencer.run();
    const written = lines(s);
    expect(written.map(({ seq, environment }) => `${environment}:${seq}`)).toEqual([
      'sandbox:0',
      'sandbox:1',
      'sandbox:2',
      'live:0',
    ]);
    expect(written[0]).toMatchObject({ action: 'chat.sendMessage', status: 'failed', provider: 'chat' });
    expect(written[2]).toMatchObject({ action: 'webhook.receive', eventId: `evt_${'0'.repeat(26)}` });
    expect(written[3]).toMatchObject({ projected: { sandbox: 3, live: 1 } });
    expect(s.files.text(LOG_PATH)).not.toContain('Name 1');
  });

  it('goes on where it was after a crash at any byte of an append', async () => {
    const whole = new Setting();
    whole.write(6);
    whole.write(2, LIVE);
    await whole.sequencer.run();
    const length = whole.files.contents.get(LOG_PATH)!.length;
    for (let cut = 0; cut <= length; cut += 97) {
      const s = new Setting();
      s.write(3);
      await s.sequencer.run();
      s.write(3);
      s.write(2, LIVE);
      s.files.failAppendAfter = cut;
      await s.sequencer.run();
      await s.restarted().run();
      const places = lines(s).map(({ seq, environment }) => `${environment}:${seq}`);
      expect(places.sort()).toEqual(['live:0', 'live:1', ...[0, 1, 2, 3, 4, 5].map((seq) => `sandbox:${seq}`)]);
    }
  });

  it('heals within the process too, and says so meanwhile', async () => {
    const s = new Setting();
    s.write(3);
    s.files.failAppendAfter = 100;
    await s.sequencer.run();
    expect(s.sequencer.fileProblem).toContain('ENOSPC');
    expect(s.log.held.sandbox.checkpoints).toHaveLength(1);
    await s.sequencer.run();
    expect(s.sequencer.fileProblem).toBeUndefined();
    expect(lines(s)).toHaveLength(3);
  });

  it('leaves nothing out when no checkpoint could be stored while it was behind', async () => {
    const s = new Setting();
    s.write(2, LIVE);
    s.files.failAppendAfter = 0;
    await s.sequencer.run();
    s.write(5);
    s.write(1, LIVE);
    const store = s.log.auditCheckpoint.bind(s.log);
    s.log.auditCheckpoint = async () => Promise.reject(new Error('disk full'));
    await expect(s.sequencer.run()).rejects.toThrow('disk full');
    s.log.auditCheckpoint = store;
    s.write(1);
    await s.sequencer.run();
    const places = lines(s).map(({ seq, environment }) => `${environment}:${seq}`);
    expect(places.sort()).toEqual([
      ...[0, 1, 2].map((seq) => `live:${seq}`),
      ...[0, 1, 2, 3, 4, 5].map((seq) => `sandbox:${seq}`),
    ]);
  });

  it('starts over when it was moved away, from what it had written', async () => {
    const s = new Setting();
    s.write(3);
    s.write(4, LIVE);
    await s.sequencer.run();
    s.files.contents.delete(LOG_PATH);
    s.write(2);
    await s.sequencer.run();
    await s.restarted().run();
    s.write(1, LIVE);
    await s.sequencer.run();
    expect(lines(s).map(({ seq, environment }) => `${environment}:${seq}`)).toEqual([
      'sandbox:3',
      'sandbox:4',
      'live:4',
    ]);
  });

  it('leaves what others wrote alone', async () => {
    const s = new Setting();
    s.files.contents.set(LOG_PATH, Buffer.from(`a note\n{"seq":1}\n${'x'.repeat(300_000)}\nwithout end`));
    s.write(2);
    await s.sequencer.run();
    const text = s.files.text(LOG_PATH);
    expect(text.startsWith('a note\n{"seq":1}\nxxx')).toBe(true);
    expect(text).toContain('x\nwithout end\n{"seq":0,');
    expect(s.logged).toContain('the audit log file holds another history; ours is written after it');
    s.write(1);
    await s.restarted().run();
    expect(
      s.files
        .text(LOG_PATH)
        .split('\n')
        .slice(4, -1)
        .map((line) => JSON.parse(line).seq),
    ).toEqual([0, 1, 2]);
  });

  it('goes back to where a restored database agrees with it', async () => {
    const s = new Setting();
    s.write(5);
    await s.sequencer.run();
    const backup = structuredClone(s.log.held);
    s.write(3);
    await s.sequencer.run();
    Object.assign(s.log.held, backup);
    s.write(1);
    await s.restarted().run();
    expect(lines(s).map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 5]);
  });

  it('starts over below the lines of another database', async () => {
    const s = new Setting();
    s.write(5);
    await s.sequencer.run();
    const other = new Setting(2);
    other.files.contents.set(LOG_PATH, s.files.contents.get(LOG_PATH)!);
    other.write(7);
    await other.sequencer.run();
    expect(lines(other).map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6]);
  });

  it('keeps hostile text on one line', async () => {
    const s = new Setting();
    s.write(1, SANDBOX, { idempotencyKey: 'a\u2028b\u2029c\u0085d\ne\r\u007ff\u001bg' });
    await s.sequencer.run();
    expect(s.files.text(LOG_PATH).split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(2);
    expect(lines(s)[0]!['idempotencyKey']).toBe('a\u2028b\u2029c\u0085d\ne\r\u007ff\u001bg');
  });
});

function lines(s: Setting): Record<string, unknown>[] {
  const text = s.files.text(LOG_PATH);
  return text === ''
    ? []
    : text
        .slice(0, -1)
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
