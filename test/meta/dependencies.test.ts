/** What a user installs with us: few packages, each for a reason that is written down. */
import { describe, expect, it } from 'vitest';
import { textOf } from './tree.js';

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}
interface Lockfile {
  packages: Record<string, { dev?: boolean; hasInstallScript?: boolean }>;
}

const DIRECT_MAX = 25;
const TREE_MAX = 120;

const manifest = JSON.parse(textOf('package.json')) as Manifest;
const lockfile = JSON.parse(textOf('package-lock.json')) as Lockfile;
const direct = Object.keys({
  ...manifest.dependencies,
  ...manifest.optionalDependencies,
  ...manifest.peerDependencies,
});
const installed = Object.entries(lockfile.packages).filter(([path, entry]) => path !== '' && !entry.dev);

describe('runtime dependencies', () => {
  it('each have a line that says why', () => {
    const decision = textOf('docs/adr/0002-dependencies.md');
    expect(direct.filter((name) => !decision.includes(`\`${name}\``))).toEqual([]);
  });

  it('stay within the budget', () => {
    console.log(`runtime dependencies: ${direct.length} direct, ${installed.length} installed`);
    expect(direct.length).toBeLessThanOrEqual(DIRECT_MAX);
    expect(installed.length).toBeLessThanOrEqual(TREE_MAX);
  });

  it('are pinned, so that what was tested is what is installed', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});
