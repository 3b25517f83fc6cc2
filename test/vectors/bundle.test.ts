/** `fairlead/verify` stays small in other people's bundles, and pulls nothing in. */
import { build, type BuildResult } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What `import { verify } from 'fairlead/verify'` may cost, minified. */
const VERIFY_BYTES_MAX = 20 * 1024;
/** With signing and the sentences of the diagnosis. */
const ALL_BYTES_MAX = 56 * 1024;

async function bundle(contents: string): Promise<BuildResult<{ write: false; metafile: true }>> {
  return build({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
  });
}

const sizeOf = (result: BuildResult<{ write: false }>): number => result.outputFiles[0]!.contents.length;

describe('the bundle', () => {
  it('of verify alone is small', async () => {
    const size = sizeOf(await bundle(`export { verify } from './src/verify.js'`));
    console.log(`verify, minified: ${size} bytes`);
    expect(size).toBeLessThan(VERIFY_BYTES_MAX);
  });

  it('of everything is bounded', async () => {
    const size = sizeOf(await bundle(`export * from './src/verify.js'`));
    console.log(`verify, sign, diagnose, minified: ${size} bytes`);
    expect(size).toBeLessThan(ALL_BYTES_MAX);
  });

  it('holds core and connectors, no package, no samples, and of Node only its cryptography', async () => {
    const { metafile } = await bundle(`export * from './src/verify.js'`);
    const inputs = Object.keys(metafile.inputs).filter((path) => path !== '<stdin>');
    expect(inputs.filter((path) => !/^src\/(?:core|connectors)\/|^src\/verify\.ts$/.test(path))).toEqual([]);
    expect(inputs.filter((path) => path.includes('samples'))).toEqual([]);
    const outside = Object.values(metafile.inputs).flatMap((input) => input.imports.filter(({ external }) => external));
    expect([...new Set(outside.map(({ path }) => path))]).toEqual(['node:crypto']);
  });
});
