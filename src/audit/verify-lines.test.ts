import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { newKeyPem, SANDBOX, Setting } from '../../test/audit/setting.js';
import { publicKeyOf } from '../core/checkpoint.js';
import { exportAudit } from './export.js';
import { verifyLines } from './verify-lines.js';

let lines: string[];
let withProofs: string[];
let note: string;
let key: string;

async function* each(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}
const check = (texts: readonly string[], by = note, keys = [key]) => verifyLines(each(texts), by, keys);

async function exported(setting: Setting, proofs: boolean): Promise<string[]> {
  const store = { audit: setting.log.audit, system: setting.log };
  const query = { filter: {}, also: [] };
  const { text, checkpoint } = await exportAudit(store, SANDBOX, { format: 'ndjson', whole: !proofs, proofs, query });
  note = checkpoint!;
  let all = '';
  for await (const piece of text) all += piece;
  return all.trimEnd().split('\n');
}

beforeAll(async () => {
  const setting = new Setting();
  setting.write(40);
  await setting.sequencer.run();
  key = setting.publicKey;
  lines = await exported(setting, false);
  withProofs = await exported(setting, true);
});

describe('an export', () => {
  it('holds when it is whole', async () => {
    expect(lines).toHaveLength(40);
    expect(await check(lines)).toMatchObject({ ok: true, size: 40, proven: 40, problems: [] });
    expect(await check([...lines, ''])).toMatchObject({ ok: true });
  });

  it('holds in part, line by line, when the lines carry proofs', async () => {
    expect(await check(withProofs.slice(7, 9))).toMatchObject({ ok: true, proven: 2 });
  });

  it.each<[string, () => string[], string]>([
    ['a line is gone', () => lines.toSpliced(5, 1), 'entry 5 is expected here, this is 6'],
    ['the end is gone', () => lines.slice(0, 39), 'only 39 of the 40'],
    ['two lines are swapped', () => lines.with(3, lines[4]!).with(4, lines[3]!), 'entry 3 is expected here'],
    ['a line is there twice', () => lines.toSpliced(3, 0, lines[3]!), 'entry 4 is expected here, this is 3'],
    [
      'a value is changed',
      () => lines.with(8, lines[8]!.replace('"default"', '"defaulT"')),
      'not those that were signed',
    ],
    ['a line is no entry', () => lines.with(2, 'oops'), 'no entry of an audit log'],
  ])('does not hold when %s', async (_what, spoilt, says) => {
    const report = await check(spoilt());
    expect(report.ok).toBe(false);
    expect(report.problems[0]?.says).toContain(says);
  });

  it('does not hold in part when a line with a proof is changed', async () => {
    expect(await check([withProofs[7]!.replace('"default"', '"defaulT"')])).toMatchObject({ ok: false, proven: 0 });
  });

  it('is believed only on the word of the key', async () => {
    expect(await check(lines, note, [publicKeyOf(newKeyPem())])).toMatchObject({ ok: false });
    expect(await check(lines, note.replace('\n40\n', '\n39\n'))).toMatchObject({ ok: false });
    expect(await check(lines, 'nonsense')).toMatchObject({ ok: false });
    expect(await check(lines, note, [])).toMatchObject({ ok: false });
  });

  it('says what came after the checkpoint, and what is of another environment', async () => {
    const after = lines[39]!.replace('{"seq":39,', '{"seq":40,');
    const other = lines[0]!.replace('"environment":"sandbox"', '"environment":"live"');
    expect(await check([other, ...lines, after])).toMatchObject({ ok: true, proven: 40, after: 1, others: 1 });
  });

  it('never throws, whatever the lines are', async () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(...lines),
      fc.constant('{"seq":0,"environment":"sandbox","proof":1}'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (texts) => {
        expect((await check(texts)).size).toBe(40);
      }),
      { numRuns: 300 },
    );
  });
});
