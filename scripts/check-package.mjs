/**
 * Packs what would be published and looks into it: only what users need, under 3 MB, every export path there, types
 * that every module resolution finds, a verifier that adds little to a bundle. Prints the figures; exit code 1 when
 * something is wrong.
 *
 * @module
 */
import { build } from 'esbuild';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, runNode, tool } from './command.mjs';

const PACKED_BYTES_MAX = 3_000_000;
/** What `import { verify } from 'fairlead/verify'` may add to somebody's bundle, minified. */
const VERIFY_BYTES_MAX = 20 * 1024;
/** The REST client, which knows an address of every operation and nothing of the server. */
const CLIENT_BYTES_MAX = 24 * 1024;
const WANTED = [
  /^\.claude-plugin\/\w+\.json$/,
  /^skills\/fairlead\/SKILL\.md$/,
  /^package\.json$/,
  /^(README|CHANGELOG|SECURITY)\.md$/,
  /^LICENSE$/,
  /^dist\/.+\.(c?js|d\.ts)$/,
];
/** Beside what export paths name. */
const REQUIRED = ['package.json', 'README.md', 'LICENSE', 'dist/main.js', 'dist/main.cjs'];

/** @returns {Promise<{file: string, bytes: number, files: {path: string, mode: number}[]}>} */
async function pack(folder) {
  const { code, output } = await run('npm', ['pack', '--json', '--pack-destination', folder], { quiet: true });
  if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
  const [{ filename, size, files }] = JSON.parse(output.slice(output.search(/^\[\s*\{/m)));
  return { file: join(folder, filename), bytes: size, files };
}

/** Every file that an entry of `exports` leads to. */
function exported(node) {
  if (typeof node === 'string') return [node.replace(/^\.\//, '')];
  return Object.values(node).flatMap(exported);
}

function problemsOf({ bytes, files }) {
  const { exports, bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const paths = new Set(files.map(({ path }) => path));
  const required = [...REQUIRED, ...exported(exports), ...Object.values(bin)];
  return [
    ...[...paths].filter((path) => !WANTED.some((pattern) => pattern.test(path))).map((path) => `nobody needs ${path}`),
    ...[...new Set(required)].filter((path) => !paths.has(path)).map((path) => `${path} is not in the package`),
    ...(bytes > PACKED_BYTES_MAX ? [`${bytes} bytes, more than ${PACKED_BYTES_MAX}`] : []),
    ...files
      .filter(({ path, mode }) => path === bin.fairlead && (mode & 0o111) === 0)
      .map(({ path }) => `${path} cannot be executed`),
  ];
}

/** Bytes of a program that does nothing but use one export, on `platform`: what it needs beside is an error there. */
async function bytesOf(name, file, platform) {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${name} } from './dist/${file}.js';`, resolveDir: ROOT },
    bundle: true,
    minify: true,
    format: 'esm',
    platform,
    write: false,
  });
  return outputFiles[0].contents.length;
}

const folder = join(ROOT, '.tmp', `pack-${process.pid}`);
mkdirSync(folder, { recursive: true });
try {
  const packed = await pack(folder);
  const problems = problemsOf(packed);
  for (const [name, args] of [
    ['publint', [...tool('publint'), 'run', packed.file, '--strict']],
    [
      'attw',
      [...tool('@arethetypeswrong/cli', 'attw'), packed.file, '--profile', 'esm-only', '--no-emoji', '--no-color'],
    ],
  ]) {
    const { code, output } = await runNode(args, { quiet: true });
    if (code !== 0) problems.push(`${name} says:\n${output.trim()}`);
  }
  for (const [name, file, platform, max] of [
    ['verify', 'verify', 'node', VERIFY_BYTES_MAX],
    ['createClient', 'client', 'browser', CLIENT_BYTES_MAX],
  ]) {
    const bytes = await bytesOf(name, file, platform);
    if (bytes > max) problems.push(`${name} bundles to ${bytes} bytes, more than ${max}`);
    console.log(`${name} bundles to ${bytes} bytes for ${platform}`);
  }
  console.log(`${packed.files.length} files, ${packed.bytes} bytes packed`);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
