import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newKeyPem, SANDBOX, Setting } from '../../test/audit/setting.js';
import type { AuditRecord } from '../core/audit.js';
import { publicKeyOf } from '../core/checkpoint.js';
import { verifyConsistency } from '../core/merkle.js';
import { proveEntry, verifyProof } from './proof.js';
import { TreeReader } from './tree.js';

describe('a proof', () => {
  it.each([1, 2, 255, 256, 257, 513, 1_300])('holds for every kind of place in a log of %i', async (count) => {
    const s = new Setting();
    s.write(count - 1);
    s.accept();
    await s.sequencer.run();
    for (const index of new Set(
      [0, 1, 254, 255, 256, 511, 512, count - 2, count - 1].filter((i) => i >= 0 && i < count),
    )) {
      const text = await prove(s, index);
      const verdict = verifyProof(text, s.origin(), [s.publicKey]);
      expect(verdict).toMatchObject({ ok: true, index, checkpoint: { size: count } });
    }
  });

  it('is text a person can look at', async () => {
    const s = new Setting();
    s.write(3);
    await s.sequencer.run();
    const text = await prove(s, 1);
    expect(text).toMatch(
      /^c2sp\.org\/tlog-proof@v1\nextra \S+\nindex 1\n\S{44}\n\S{44}\n\nfairlead\/test\/sandbox\n3\n/,
    );
    const extra = /^extra (.+)$/m.exec(text)![1]!;
    expect(JSON.parse(Buffer.from(extra, 'base64').toString())).toMatchObject({ action: 'chat.sendMessage' });
  });

  it('is spoiled by any change', async () => {
    const s = new Setting();
    s.write(40);
    await s.sequencer.run();
    const text = await prove(s, 17);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', '1', 'A', 'b', '\n', ' ', ''), (at, character) => {
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        fc.pre(changed !== text);
        expect(verifyProof(changed, s.origin(), [s.publicKey]).ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not hold for another record, log or key', async () => {
    const s = new Setting();
    s.write(10);
    await s.sequencer.run();
    const [one, two] = [await prove(s, 3), await prove(s, 4)];
    const extraOf = (text: string): string => /^extra .+$/m.exec(text)![0];
    const swapped = one.replace(extraOf(one), extraOf(two));
    expect(verifyProof(swapped, s.origin(), [s.publicKey])).toEqual({ ok: false, reason: 'not_included' });
    expect(verifyProof(one, s.origin('live'), [s.publicKey])).toEqual({ ok: false, reason: 'wrong_origin' });
    const other = publicKeyOf(newKeyPem());
    expect(verifyProof(one, s.origin(), [other])).toEqual({ ok: false, reason: 'unknown_key' });
    expect(verifyProof(one, s.origin(), [other, s.publicKey])).toMatchObject({ ok: true });
    expect(verifyProof(one, s.origin(), [])).toEqual({ ok: false, reason: 'unknown_key' });
    expect(verifyProof('', s.origin(), [s.publicKey])).toEqual({ ok: false, reason: 'malformed' });
  });

  it('waits for a checkpoint', async () => {
    const s = new Setting();
    s.write(1);
    const id = idAt(s, 0);
    await expect(proveEntry({ audit: s.log.audit, system: s.log }, SANDBOX, id)).rejects.toMatchObject({
      code: 'conflict',
    });
    await s.sequencer.run();
    expect(await prove(s, 0)).toContain('index 0');
    const nowhere = proveEntry({ audit: s.log.audit, system: s.log }, SANDBOX, 'aud_none');
    await expect(nowhere).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('TreeReader', () => {
  it('proves that every checkpoint continues every earlier one', async () => {
    const s = new Setting();
    for (let i = 0; i < 12; i++) {
      s.write(1 + i * 37);
      await s.sequencer.run();
      s.clock.jump(61_000);
    }
    const { checkpoints } = s.log.held.sandbox;
    expect(checkpoints).toHaveLength(12);
    for (const later of checkpoints) {
      const tree = new TreeReader(s.log, 'sandbox', later.size);
      for (const earlier of checkpoints.filter(({ size }) => size <= later.size)) {
        expect(verifyConsistency(earlier, later, await tree.consistencyProof(earlier.size))).toBe(true);
      }
    }
  });
});

function idAt(s: Setting, index: number): string {
  const { record, receipt } = s.log.held.sandbox.rows[index]!;
  return record === undefined ? `aud_${receipt!.eventId.slice(4)}` : (JSON.parse(record) as AuditRecord).id;
}

function prove(s: Setting, index: number): Promise<string> {
  return proveEntry({ audit: s.log.audit, system: s.log }, SANDBOX, idAt(s, index));
}
