/** How the program that runs now is called again from the same folder. @module */
import { dirname, join, sep } from 'node:path';

const BUILT = ['main.cjs', 'main.js'].map((file) => sep + join('dist', file));
const BIN = `${sep}node_modules${sep}.bin${sep}`;

/**
 * `npx fairlead` in a clone of this package, and below a project that has it installed; `fairlead` where it was called
 * so; the file itself for everything else.
 *
 * @param script what the interpreter was started with
 */
export function commandName(script: string, cwd: string): string {
  if (script.includes(BIN)) return 'npx fairlead';
  if (!BUILT.some((file) => script.endsWith(file))) return 'fairlead';
  const packageFolder = dirname(dirname(script));
  const [project] = packageFolder.split(`${sep}node_modules${sep}`);
  const isBelow = cwd === project || cwd.startsWith(`${project}${sep}`);
  return isBelow ? 'npx fairlead' : `node ${quoted(script)}`;
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
