/**
 * Key-encryption keys: `keys/vault.json` lists all of them by id. The keys themselves lie there (default), or wrapped by
 * a command of the operator, or not at all, when a variable of the environment brings them.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { AppError } from '../core/errors.js';
import type { Clock, KekFacts, Random } from '../core/ports.js';
import type { KeyWrapper } from './key-command.js';
import { createPrivateFile, readPrivateFile, replacePrivateFile, unusable } from './private-file.js';

const KEK_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Where new keys come from. Keys that came another way still open what is under them. */
export type KekOrigin =
  | { kind: 'file' }
  /** Base64 of 32 bytes each, separated by commas or spaces, the current one first. */
  | { kind: 'environment'; keys: string }
  | { kind: 'command'; wrapper: KeyWrapper };

/** Exactly one of `key`, `wrapped` (both base64) and `external`. */
interface Entry {
  key?: string;
  wrapped?: string;
  external?: true;
  createdAtMs: number;
  retiredAtMs?: number;
}

/** More than one key while records are moved to a new one, and as long as old backups should open. */
interface VaultFile {
  v: 1;
  current: string;
  keys: Record<string, Entry>;
}

export interface KekParts {
  /** Of `vault.json`. */
  path: string;
  random: Random;
  clock: Clock;
}

export class Keks {
  readonly #parts: KekParts;
  readonly #origin: KekOrigin;
  readonly #keys: Map<string, Uint8Array>;
  #file: VaultFile;

  private constructor(parts: KekParts, origin: KekOrigin, file: VaultFile, keys: Map<string, Uint8Array>) {
    this.#parts = parts;
    this.#origin = origin;
    this.#file = file;
    this.#keys = keys;
  }

  /**
   * Reads the list at once, so that a wrong one is found at start, and makes the first key where there is none. Only
   * without a command; see {@link openWrapped}.
   *
   * @throws AppError `config_invalid` for an unusable file or variable, `io_failure`
   */
  static open(parts: KekParts, origin: Exclude<KekOrigin, { kind: 'command' }>): Keks {
    if (origin.kind === 'environment') return Keks.#fromEnvironment(parts, origin);
    const text = readPrivateFile(parts.path) ?? Keks.#create(parts, plainEntry(parts));
    const file = parseVaultFile(text, parts.path);
    return new Keks(parts, origin, requireCurrent(file, parts.path), plainKeys(file, parts.path));
  }

  /** As {@link open}, with keys that the command unwraps once, now. @throws AppError `secret_unavailable` as well */
  static async openWrapped(parts: KekParts, origin: Extract<KekOrigin, { kind: 'command' }>): Promise<Keks> {
    const there = readPrivateFile(parts.path);
    const text = there ?? Keks.#create(parts, await wrappedEntry(parts, origin.wrapper));
    const file = parseVaultFile(text, parts.path);
    const keys = plainKeys(file, parts.path);
    for (const [id, { wrapped }] of Object.entries(file.keys)) {
      if (wrapped === undefined) continue;
      keys.set(id, checkedKey(await origin.wrapper.unwrap(Buffer.from(wrapped, 'base64')), 'the key command'));
    }
    return new Keks(parts, origin, requireCurrent(file, parts.path), keys);
  }

  static #create(parts: KekParts, [id, entry]: [string, Entry]): string {
    const text = render({ v: 1, current: id, keys: { [id]: entry } });
    createPrivateFile(parts.path, parts.random, text);
    return readPrivateFile(parts.path) ?? text;
  }

  /** The list remembers which keys the variable brought and since when; a new first one becomes the current one. */
  static #fromEnvironment(parts: KekParts, origin: Extract<KekOrigin, { kind: 'environment' }>): Keks {
    const given = keysOfText(origin.keys);
    const current = [...given.keys()][0]!;
    const text = readPrivateFile(parts.path);
    const known = text === undefined ? undefined : parseVaultFile(text, parts.path);
    const keys = new Map([...(known === undefined ? [] : plainKeys(known, parts.path)), ...given]);
    const added = [...given.keys()].filter((id) => known?.keys[id] === undefined);
    const entry: Entry = { external: true, createdAtMs: parts.clock.nowMs() };
    const entries = { ...known?.keys, ...Object.fromEntries(added.map((id) => [id, entry])) };
    delete entries[current]?.retiredAtMs;
    const keks = new Keks(parts, origin, { v: 1, current, keys: entries }, keys);
    if (added.length > 0 || known?.current !== current) keks.#write(keks.#file);
    return keks;
  }

  get(id: string): Uint8Array | undefined {
    return this.#keys.get(id);
  }

  get current(): string {
    return this.#file.current;
  }

  list(): KekFacts[] {
    const all = Object.entries(this.#file.keys).map(([id, { createdAtMs, retiredAtMs }]) => ({
      id,
      createdAtMs,
      ...(retiredAtMs === undefined ? {} : { retiredAtMs }),
    }));
    return all.sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  async add(): Promise<string> {
    const origin = this.#origin;
    if (origin.kind === 'environment') {
      const problem = 'keys come from FAIRLEAD_VAULT_KEYS; put a new one in front there, restart, and rotate again';
      throw new AppError('conflict', { what: 'the vault', problem });
    }
    const parts = this.#parts;
    const key = newKey(parts);
    const [id, entry] =
      origin.kind === 'file' ? plainEntry(parts, key) : await wrappedEntry(parts, origin.wrapper, key);
    this.#write({ v: 1, current: id, keys: { ...this.#file.keys, [id]: entry } });
    this.#keys.set(id, key);
    return id;
  }

  retire(id: string): void {
    const entry = this.#entryOf(id);
    if (entry.retiredAtMs !== undefined) return;
    const retired = { ...entry, retiredAtMs: this.#parts.clock.nowMs() };
    this.#write({ ...this.#file, keys: { ...this.#file.keys, [id]: retired } });
  }

  destroy(id: string): void {
    const { retiredAtMs } = this.#entryOf(id);
    if (retiredAtMs === undefined) throw inUse(id, 'it is not retired; run fairlead vault rotate first');
    const { [id]: _gone, ...keys } = this.#file.keys;
    this.#write({ ...this.#file, keys });
    this.#keys.get(id)?.fill(0);
    this.#keys.delete(id);
  }

  #entryOf(id: string): Entry {
    const entry = Object.hasOwn(this.#file.keys, id) ? this.#file.keys[id] : undefined;
    if (entry === undefined) throw new AppError('not_found', { what: 'key', id: id.slice(0, 64) });
    if (id === this.#file.current) throw inUse(id, 'it is the current one');
    return entry;
  }

  /** On the disk first: what is in memory never knows more than a process that starts after a crash. */
  #write(file: VaultFile): void {
    replacePrivateFile(this.#parts.path, this.#parts.random, render(file));
    this.#file = file;
  }
}

function newKey({ random }: KekParts): Uint8Array {
  return new Uint8Array(random.bytes(KEK_BYTES));
}

const newId = ({ random }: KekParts): string => `k${Buffer.from(random.bytes(6)).toString('hex')}`;

function plainEntry(parts: KekParts, key = newKey(parts)): [string, Entry] {
  return [newId(parts), { key: Buffer.from(key).toString('base64'), createdAtMs: parts.clock.nowMs() }];
}

async function wrappedEntry(parts: KekParts, wrapper: KeyWrapper, key = newKey(parts)): Promise<[string, Entry]> {
  const wrapped = await wrapper.wrap(key);
  const opened = await wrapper.unwrap(wrapped);
  // A command that cannot undo what it does would cost every secret at the next start.
  if (!Buffer.from(opened).equals(key))
    throw unusable('the key command', 'unwrap does not give back what wrap was given');
  return [newId(parts), { wrapped: Buffer.from(wrapped).toString('base64'), createdAtMs: parts.clock.nowMs() }];
}

/** Keys by an id that is made of the key, so that a list of keys is all there is to configure. */
function keysOfText(text: string): Map<string, Uint8Array> {
  const keys = text.split(/[\s,]+/).filter((part) => part !== '');
  if (keys.length === 0) throw unusable('FAIRLEAD_VAULT_KEYS', 'it names no key');
  return new Map(
    keys.map((base64) => {
      const key = checkedKey(Buffer.from(base64, 'base64'), 'FAIRLEAD_VAULT_KEYS');
      return [`e${createHash('sha256').update('fairlead key id').update(key).digest('hex').slice(0, 12)}`, key];
    }),
  );
}

function checkedKey(bytes: Uint8Array, where: string): Uint8Array {
  if (bytes.byteLength === KEK_BYTES) return new Uint8Array(bytes);
  throw unusable(where, `a key is 32 bytes in base64 (openssl rand -base64 32), and this one has ${bytes.byteLength}`);
}

function render(file: VaultFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

function parseVaultFile(text: string, path: string): VaultFile {
  const file = asVaultFile(text);
  if (!file) throw unusable(path, 'is not a key file of version 1');
  return file;
}

function requireCurrent(file: VaultFile, path: string): VaultFile {
  const entry = Object.hasOwn(file.keys, file.current) ? file.keys[file.current] : undefined;
  if (entry == null) throw unusable(path, 'names a current key that it does not hold');
  if (entry.external === true) throw unusable('FAIRLEAD_VAULT_KEYS', `the current key ${file.current} came from it`);
  return file;
}

function plainKeys(file: VaultFile, path: string): Map<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>();
  for (const [id, entry] of Object.entries(file.keys)) {
    const isElsewhere = entry?.external === true || typeof entry?.wrapped === 'string';
    const key = Buffer.from(String(entry?.key), 'base64');
    if (!KEY_ID.test(id) || (!isElsewhere && key.byteLength !== KEK_BYTES)) {
      throw unusable(path, 'holds a key that is not 32 bytes under a plain id');
    }
    if (!isElsewhere) keys.set(id, new Uint8Array(key));
  }
  return keys;
}

function asVaultFile(text: string): VaultFile | undefined {
  try {
    const file = JSON.parse(text) as Partial<VaultFile> | null;
    const isFile =
      file?.v === 1 && typeof file.current === 'string' && typeof file.keys === 'object' && file.keys !== null;
    return isFile ? (file as VaultFile) : undefined;
  } catch {
    // The parser's message would quote the file, so it is not passed on.
    return undefined;
  }
}

function inUse(id: string, problem: string): AppError {
  return new AppError('conflict', { what: `key ${id}`, problem });
}
