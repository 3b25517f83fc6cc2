import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAppError } from './core/errors.js';
import { findPolicyFile, loadPolicyFile } from './policy-file.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'fairlead-policy-'))));
afterEach(() => rm(folder, { recursive: true }));

async function load(text: string): Promise<unknown> {
  await writeFile(join(folder, 'fairlead.policy.yaml'), text);
  const path = findPolicyFile(folder)!;
  return await loadPolicyFile(path).catch((error: unknown) => {
    if (!isAppError(error, 'config_invalid')) throw error;
    return [error.data.where.slice(path.length), error.data.problem];
  });
}

describe('a policy file', () => {
  it('becomes rules', async () => {
    expect(findPolicyFile(folder)).toBeUndefined();
    const text =
      'version: 1\nrules:\n  - name: releases\n    principal: agent\n    target: { channel: [C1] }\n    then: allow\n';
    expect(await load(text)).toMatchObject({
      rules: [{ name: 'releases', target: { channel: { is: 'in', values: ['C1'] } } }],
    });
    expect(await load('')).toMatchObject({ rules: [] });
  });

  it.each([
    ['rules:\n  - name: x\n    then: alow\n', ':3', 'rules.0.then: it is one of allow, ask, deny'],
    ['rules:\n  - name: x\n    then: deny\n    acton: y\n', ':4', /acton/],
    ['rules:\n  - name: x\n   then: deny\n', /^:[23]$/, /.+/],
    ['rules: [\n', /^:\d$/, /.+/],
    ['rules:\n  - name: x\n    name: y\n    then: deny\n', ':3', /unique/],
    ['a: &a [1]\nb: [*a, *a]\n', /^(:\d)?$/, /.+/],
  ])('%j is refused with its line and words', async (text, line, words) => {
    const [where, problem] = (await load(text)) as [string, string];
    expect(where).toEqual(typeof line === 'string' ? line : expect.stringMatching(line));
    expect(problem).toEqual(typeof words === 'string' ? words : expect.stringMatching(words));
  });
});
