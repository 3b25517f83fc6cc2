/** What must not be in the tree: paths of a machine, addresses of registries, unfinished work. */
import { describe, expect, it } from 'vitest';
import { textOf, treeFiles } from './tree.js';

const BINARY = /\.(png|ico|woff2?|gz|tgz|wasm)$/;
/** Put together here, so that this file does not hold what it looks for. */
const any = (...parts: string[]): RegExp => new RegExp(parts.join('|'));
const MACHINE_PATHS = any(
  `/${'work'}/(main|steering|shared|\\.library)`,
  `/${'farm'}/`,
  `/tmp/${'studio'}`,
  `/${'home'}/[a-z]+/`,
  `/${'Users'}/[A-Za-z]+/`,
);
const REGISTRIES = any(
  `${'registry'}\\.npmjs`,
  `${'registry'}\\.yarnpkg`,
  `deb\\.${'debian'}`,
  `npm\\.${'pkg'}\\.github`,
);
const UNFINISHED = any(
  `\\b${'TO'}${'DO'}\\b`,
  `\\b${'FIX'}${'ME'}\\b`,
  `\\b${'XX'}${'X'}\\b`,
  `[Nn]ot (yet )?${'implemented'}\\b`,
);

/** `path:line text` of every line that has it. */
function lines(paths: string[], sought: RegExp): string[] {
  return paths.flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, index) => (sought.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 120)}`] : [])),
  );
}

const TEXTS = treeFiles().filter((path) => !BINARY.test(path));

describe('the tree', () => {
  it('names no path of a machine', () => expect(lines(TEXTS, MACHINE_PATHS)).toEqual([]));

  it('names no registry', () => expect(lines(TEXTS, REGISTRIES)).toEqual([]));

  it('holds no unfinished work', () => {
    const code = TEXTS.filter((path) => /\.([cm]?[jt]sx?|sh)$|^\.ci\//.test(path));
    expect(lines(code, UNFINISHED)).toEqual([]);
  });

  it('has every file that an npm script starts', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const started = Object.values(scripts).flatMap(
      (script) => script.match(/\b(?:scripts|bench)\/[\w-]+\.mjs\b/g) ?? [],
    );
    expect([...new Set(started)].filter((path) => !TEXTS.includes(path))).toEqual([]);
  });

  it('locks packages without saying where they were fetched', () => {
    expect(lines(['package-lock.json'], /"resolved"/)).toEqual([]);
    expect(textOf('.npmrc').split('\n')).toContain('omit-lockfile-registry-resolved=true');
  });
});

describe('the search', () => {
  it.each([
    [MACHINE_PATHS, `see /${'work'}/main/src`],
    [MACHINE_PATHS, `/${'home'}/ann/notes`],
    [REGISTRIES, `https://${'registry'}.npmjs.org/zod`],
    [UNFINISHED, `// ${'TO'}${'DO'}: later`],
    [UNFINISHED, `throw x('not yet ${'implemented'}')`],
  ])('%s finds %s', (sought, text) => expect(sought.test(text)).toBe(true));
});
