/** Finds and reads `fairlead.policy.yaml`. What cannot be used is named with its line. @module */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from './core/errors.js';
import { parsePolicy, PolicyProblem, type Policy } from './policy/index.js';

const NAMES = ['fairlead.policy.yaml', 'fairlead.policy.yml'];
const BYTES_MAX = 1024 * 1024;

export function findPolicyFile(directory: string): string | undefined {
  return NAMES.map((name) => join(directory, name)).find((path) => existsSync(path));
}

/** @throws AppError `config_invalid` with file, line and words */
export async function loadPolicyFile(path: string): Promise<Policy> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new AppError('config_invalid', { where: path, problem: error.message });
  });
  if (text.length > BYTES_MAX)
    throw new AppError('config_invalid', { where: path, problem: 'it is larger than 1 MiB' });
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  // An alias could make a few lines into many; nothing here needs one.
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  const at = (offset: number): string => `${path}:${lines.linePos(offset).line}`;
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const problem = error.message.split('\n', 1)[0]!.replace(/ at line \d+, column \d+:?$/, '');
    throw new AppError('config_invalid', { where: at(error.pos[0]), problem });
  }
  try {
    return parsePolicy(document.toJS({ maxAliasCount: 0 }), path);
  } catch (thrown) {
    // The parser says in words what it does not take, e.g. aliases.
    if (!(thrown instanceof PolicyProblem)) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      throw new AppError('config_invalid', { where: path, problem });
    }
    const { path: place, message } = thrown;
    const problem = place.length === 0 ? message : `${place.join('.')}: ${message}`;
    throw new AppError('config_invalid', { where: at(offsetOf(document, place)), problem });
  }
}

/** Where the value stands, or the nearest thing around it that is there. */
function offsetOf(
  document: { getIn(path: unknown[], keepScalar: boolean): unknown },
  place: readonly (string | number)[],
): number {
  for (let length = place.length; length > 0; length--) {
    const node = document.getIn(place.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}
