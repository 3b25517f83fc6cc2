/** Documents that point into the tree point at something. */
import { describe, expect, it } from 'vitest';
import { exists, pathsIn } from './markdown.js';
import { textOf, treeFiles } from './tree.js';

const FILES = treeFiles();

describe('documents', () => {
  it('name paths that exist', () => {
    const missing = FILES.filter((path) => path.endsWith('.md')).flatMap((path) =>
      pathsIn(path, textOf(path))
        .filter((named) => !exists(named, FILES))
        .map((named) => `${path}: ${named}`),
    );
    expect(missing).toEqual([]);
  });

  it('cite decisions that were written down', () => {
    const decisions = new Set(FILES.map((path) => /^docs\/adr\/(\d{4})-/.exec(path)?.[1]).filter(Boolean));
    const citing = FILES.filter(
      (path) => /\.([cm]?[jt]s|md|json|sql)$|^\.ci\//.test(path) && path !== 'package-lock.json',
    );
    const missing = citing.flatMap((path) =>
      [...textOf(path).matchAll(/\bADR[ -](\d{4})\b/g)]
        .filter(([, number = '']) => !decisions.has(number))
        .map(([citation]) => `${path}: ${citation}`),
    );
    expect(missing).toEqual([]);
  });

  it('have one decision a number', () => {
    const numbers = FILES.map((path) => /^docs\/adr\/(\d{4})-/.exec(path)?.[1]).filter(Boolean);
    expect(numbers).toEqual([...new Set(numbers)]);
  });
});

describe('the search for paths', () => {
  const tree = [
    'src/core/ports.ts',
    'src/storage/sqlite/jobs.ts',
    'src/storage/postgres/jobs.ts',
    'docs/adr/0001-x.md',
  ];

  it('takes code spans and links, and leaves fences and addresses', () => {
    const text = [
      'See `src/core/ports.ts:12`, `npm test`, [one](adr/0001-x.md#why) and [far](https://example.com/src/x.ts).',
      '```',
      '`src/in/a/fence.ts`',
      '```',
    ].join('\n');
    expect(pathsIn('docs/guide.md', text)).toEqual(['src/core/ports.ts', 'docs/adr/0001-x.md']);
  });

  it.each([
    'src/core/',
    'src/core',
    'src/storage/{sqlite,postgres}/jobs.ts',
    'src/storage/<driver>/*.ts',
    'src/*/ports.ts',
  ])('finds %s', (path) => expect(exists(path, tree)).toBe(true));

  it.each(['src/cor', 'src/core/port.ts', 'src/storage/{sqlite,mysql}/jobs.ts', 'src/<lane>/none.ts'])(
    'misses %s',
    (path) => expect(exists(path, tree)).toBe(false),
  );
});
