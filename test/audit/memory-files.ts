/** Files in memory, which can be told to fail. @module */
import type { Files } from '../../src/core/ports.js';

export class MemoryFiles implements Files {
  readonly contents = new Map<string, Uint8Array>();
  /** When set, the next append writes only so many bytes and then fails, as a full disk does. */
  failAppendAfter: number | undefined;

  text(path: string): string {
    return Buffer.from(this.contents.get(path) ?? []).toString();
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.contents.get(path);
  }

  async readAt(path: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    return this.contents.get(path)?.slice(offset, offset + length);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.contents.set(path, bytes);
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    const cut = this.failAppendAfter;
    this.failAppendAfter = undefined;
    const old = this.contents.get(path) ?? new Uint8Array();
    this.contents.set(path, Buffer.concat([old, bytes.subarray(0, cut ?? bytes.length)]));
    if (cut !== undefined) throw new Error('ENOSPC');
  }

  async size(path: string): Promise<number | undefined> {
    return this.contents.get(path)?.length;
  }

  async truncate(path: string, size: number): Promise<void> {
    this.contents.set(path, this.contents.get(path)!.slice(0, size));
  }
}
