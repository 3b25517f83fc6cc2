/**
 * Shares of record keys in files beside the database: `keys/shares-00.json` to `keys/shares-ff.json`, each read when it
 * is first needed. A share is spread by the hash of its id, so that a file stays small with a hundred thousand records.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { KeyShares, Random } from '../core/ports.js';
import { readPrivateFile, replacePrivateFile, unusable } from './private-file.js';

const SHARE_BYTES = 32;

interface SharesFile {
  v: 1;
  /** By id, in base64. */
  shares: Record<string, string>;
}

export function openKeyShares(folder: string, random: Random): KeyShares {
  const buckets = new Map<string, Map<string, Uint8Array>>();
  const pathOf = (bucket: string): string => join(folder, `shares-${bucket}.json`);

  const opened = (bucket: string): Map<string, Uint8Array> => {
    let shares = buckets.get(bucket);
    if (shares === undefined) buckets.set(bucket, (shares = readShares(pathOf(bucket))));
    return shares;
  };

  /** What is in memory changes only once it is on the disk. */
  const keep = (bucket: string, shares: Map<string, Uint8Array>): void => {
    const file: SharesFile = {
      v: 1,
      shares: Object.fromEntries([...shares].map(([id, share]) => [id, toText(share)])),
    };
    replacePrivateFile(pathOf(bucket), random, `${JSON.stringify(file)}\n`);
    buckets.set(bucket, shares);
  };

  return {
    get: (id) => opened(bucketOf(id)).get(id),
    async make(id) {
      const bucket = bucketOf(id);
      const there = opened(bucket).get(id);
      if (there !== undefined) return there;
      const share = new Uint8Array(random.bytes(SHARE_BYTES));
      keep(bucket, new Map([...opened(bucket), [id, share]]));
      return share;
    },
    async destroy(id) {
      const bucket = bucketOf(id);
      const shares = new Map(opened(bucket));
      const share = shares.get(id);
      if (share === undefined) return;
      shares.delete(id);
      keep(bucket, shares);
      share.fill(0);
    },
  };
}

function bucketOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 2);
}

function readShares(path: string): Map<string, Uint8Array> {
  const text = readPrivateFile(path);
  if (text === undefined) return new Map();
  const entries = Object.entries(asSharesFile(text) ?? refuse(path));
  const shares = new Map(entries.map(([id, base64]) => [id, new Uint8Array(Buffer.from(String(base64), 'base64'))]));
  for (const share of shares.values()) if (share.byteLength !== SHARE_BYTES) refuse(path);
  return shares;
}

function asSharesFile(text: string): Record<string, string> | undefined {
  try {
    const file = JSON.parse(text) as Partial<SharesFile> | null;
    return file?.v === 1 && typeof file.shares === 'object' && file.shares !== null ? file.shares : undefined;
  } catch {
    // The parser's message would quote the file, so it is not passed on.
    return undefined;
  }
}

function refuse(path: string): never {
  throw unusable(path, 'is not a file of key shares of version 1');
}

const toText = (share: Uint8Array): string => Buffer.from(share).toString('base64');
