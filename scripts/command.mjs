/**
 * Runs one program of this repository and waits for it. Tools are started by their file under Node, never by a shell,
 * so that names with spaces and a missing PATH do no harm.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Arguments that start an installed tool: `tool('typescript', 'tsc')` -> `[<path of tsc>]`. */
export function tool(packageName, binary = packageName) {
  const folder = join(ROOT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return [join(folder, typeof bin === 'string' ? bin : bin[binary])];
}

/**
 * Runs `node <args>`.
 *
 * @param {string[]} args
 * @param {{env?: Record<string, string | undefined>, quiet?: boolean, cwd?: string}} [options] `quiet` holds the output
 *   back and returns it as `output`; otherwise it goes to this process's own streams.
 * @returns {Promise<{code: number, output: string}>} never rejects for a failing program.
 */
export function runNode(args, options = {}) {
  return run(process.execPath, args, options);
}

/** Runs any program; see {@link runNode}. */
export function run(program, args, { env = {}, quiet = false, cwd = ROOT } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk));
    const output = () => Buffer.concat(chunks).toString('utf8');
    child.on('error', (error) => resolve({ code: 127, output: `${output()}${program}: ${error.message}\n` }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 130), output: output() }));
  });
}
