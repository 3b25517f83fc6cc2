/**
 * Where the Unix domain socket of a data directory lies.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, a NUL among them. */
const PATH_BYTES_MAX = 103;

export interface SocketPlace {
  path: string;
  /** Removes what was made for it. The socket itself goes when its listener is closed. */
  remove(): Promise<void>;
}

/** In the data directory, or where that path is too long, in a new folder (0700) among the temporary files. */
export async function placeSocket(dataDir: string): Promise<SocketPlace> {
  const path = join(dataDir, 'fairlead.sock');
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return { path, remove: async () => {} };
  const { tmpdir } = await import('node:os');
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-'));
  return { path: join(folder, 's.sock'), remove: () => rm(folder, { recursive: true, force: true }) };
}
