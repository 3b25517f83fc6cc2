/** `server.json` in the data directory: where the process that owns it can be reached. @module */
import { isObject, parseJson } from '../../core/json.js';
import type { Files } from '../../core/ports.js';

export const SERVER_FILE = 'server.json';

/** A `command` owns the directory for as long as it takes; `serve` and `dev` until they are stopped. */
export type OwnerKind = 'serve' | 'dev' | 'command';

export interface ServerFile {
  v: 1;
  kind: OwnerKind;
  pid: number;
  version: string;
  /** Path of the Unix domain socket. */
  socket: string;
  /** The private listener; a `command` has none. */
  url?: string;
  startedAtMs: number;
}

/** What the file says, or `undefined` when it is missing or not ours. It may be stale: its process may be dead. */
export async function readServerFile(files: Files): Promise<ServerFile | undefined> {
  const bytes = await files.read(SERVER_FILE);
  if (bytes === undefined) return undefined;
  const result = parseJson(bytes, { maxBytes: 16 * 1024, maxDepth: 4 });
  return result.ok && isServerFile(result.value) ? result.value : undefined;
}

export async function writeServerFile(files: Files, server: ServerFile): Promise<void> {
  await files.write(SERVER_FILE, new TextEncoder().encode(`${JSON.stringify(server)}\n`), 0o600);
}

function isServerFile(value: unknown): value is ServerFile {
  if (!isObject(value) || value['v'] !== 1) return false;
  return typeof value['socket'] === 'string' && typeof value['pid'] === 'number' && typeof value['kind'] === 'string';
}
