/**
 * A file tree in memory.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import type { Files } from '../core/ports.js';

export interface MemoryFiles extends Files {
  /** Path -> content. May be read and changed. */
  readonly contents: Map<string, Uint8Array>;
}

type Verb = 'read' | 'readAt' | 'write' | 'append' | 'size' | 'truncate';

/**
 * @param fault asked before each access; `true` makes it fail with `io_failure`, as a full or broken disk does
 */
export function memoryFiles(fault: (verb: Verb, path: string) => boolean = () => false): MemoryFiles {
  const contents = new Map<string, Uint8Array>();
  const access = async <T>(verb: Verb, path: string, run: () => T): Promise<T> => {
    if (fault(verb, path)) throw new AppError('io_failure', { problem: `${verb} ${path}: EIO` });
    return run();
  };
  return {
    contents,
    read: (path) => access('read', path, () => contents.get(path)?.slice()),
    readAt: (path, offset, length) => access('readAt', path, () => contents.get(path)?.slice(offset, offset + length)),
    write: (path, bytes) => access('write', path, () => void contents.set(path, bytes.slice())),
    append: (path, bytes) =>
      access('append', path, () => {
        const before = contents.get(path) ?? new Uint8Array();
        const whole = new Uint8Array(before.byteLength + bytes.byteLength);
        whole.set(before);
        whole.set(bytes, before.byteLength);
        contents.set(path, whole);
      }),
    size: (path) => access('size', path, () => contents.get(path)?.byteLength),
    truncate: (path, size) =>
      access('truncate', path, () => {
        const before = contents.get(path);
        if (!before) throw new AppError('io_failure', { problem: `truncate ${path}: ENOENT` });
        const whole = new Uint8Array(size);
        whole.set(before.subarray(0, size));
        contents.set(path, whole);
      }),
  };
}
