/**
 * The credential of this machine: a random token in `keys/local.json`, readable by the user that runs Fairlead.
 * The process that owns the data directory makes it, so no two can make it at once.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import { isObject, parseJson } from '../../core/json.js';
import type { Clock, Files, Random } from '../../core/ports.js';

export const LOCAL_CREDENTIAL_FILE = 'keys/local.json';
const TOKEN_BYTES = 32;
const TOKEN = /^fll_[A-Za-z0-9_-]{43}$/;

/** `undefined` when there is none yet. @throws AppError `config_invalid` for a file that holds none. */
export async function readLocalCredential(files: Files): Promise<string | undefined> {
  const bytes = await files.read(LOCAL_CREDENTIAL_FILE);
  if (bytes === undefined) return undefined;
  const result = parseJson(bytes, { maxBytes: 4_096, maxDepth: 2 });
  const token = result.ok && isObject(result.value) ? result.value['token'] : undefined;
  if (typeof token === 'string' && TOKEN.test(token)) return token;
  const problem = 'it holds no credential; delete it and start again, and a new one is made';
  throw new AppError('config_invalid', { where: LOCAL_CREDENTIAL_FILE, problem });
}

export async function ensureLocalCredential(files: Files, random: Random, clock: Clock): Promise<string> {
  const known = await readLocalCredential(files);
  if (known !== undefined) return known;
  const token = `fll_${Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')}`;
  const text = `${JSON.stringify({ v: 1, token, createdAtMs: clock.nowMs() }, null, 2)}\n`;
  await files.write(LOCAL_CREDENTIAL_FILE, new TextEncoder().encode(text), 0o600);
  return token;
}
