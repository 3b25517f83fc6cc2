/**
 * Every secret this process has handed out, and a search that finds all of them in a text at once, in the forms in
 * which they leak: plain, base64, base64url, hex, URL-encoded, JSON-escaped.
 *
 * @module
 */

/** Secrets shorter than this are not searched for by value: they would blot out ordinary words. */
export const MIN_SECRET_CHARACTERS = 6;
/** A longer secret is searched for by its first so many characters, and line by line. */
export const MAX_SECRET_CHARACTERS = 8 * 1024;

const DEFAULT_MAX_SECRETS = 10_000;
const MIN_LINE_CHARACTERS = 16;

/** The window of the rolling hash: as long as the shortest pattern. */
const WINDOW = MIN_SECRET_CHARACTERS;
const BASE = 0x01000193;
const BASE_OUT = outgoingFactor();
/** A bitmap in front of the table: 2^16 bits say at once that a window begins no pattern. */
const FILTER_MASK = 0xffff;

/**
 * A bounded set of secrets with one search over all of them (Rabin-Karp over the first characters, so the cost of a
 * search does not grow with the number of secrets). When it is full the secret that was added longest ago goes.
 */
export class SecretSet {
  readonly #max: number;
  readonly #patternsOf = new Map<string, readonly string[]>();
  /** Hash of the first {@link WINDOW} characters -> pattern -> how many secrets have it. */
  readonly #byHash = new Map<number, Map<string, number>>();
  readonly #filter = new Uint8Array(FILTER_MASK + 1);
  #version = 0;

  constructor(options: { maxSecrets?: number } = {}) {
    this.#max = options.maxSecrets ?? DEFAULT_MAX_SECRETS;
  }

  /** Another one whenever a text that held no secret may hold one now. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#patternsOf.size;
  }

  /** Adds a secret; adding it again makes it the newest. */
  add(secret: string): void {
    const kept = secret.slice(0, MAX_SECRET_CHARACTERS);
    if (kept.trim().length < MIN_SECRET_CHARACTERS) return;
    const known = this.#patternsOf.get(kept);
    if (known === undefined) this.#version += 1;
    this.#patternsOf.delete(kept);
    this.#patternsOf.set(kept, known ?? this.#index(kept));
    if (this.#patternsOf.size > this.#max) this.#forgetOldest();
  }

  /** The text with every form of every secret replaced by `mark`. Takes time linear in the text. */
  replaceIn(text: string, mark: string): string {
    if (this.#patternsOf.size === 0) return text;
    let out = '';
    let copiedTo = 0;
    for (let found = this.#next(text, 0); found !== undefined; found = this.#next(text, copiedTo)) {
      out += text.slice(copiedTo, found.at) + mark;
      copiedTo = found.at + found.length;
    }
    return copiedTo === 0 ? text : out + text.slice(copiedTo);
  }

  /** Whether any form of any secret occurs in the text. */
  occursIn(text: string): boolean {
    return this.#patternsOf.size > 0 && this.#next(text, 0) !== undefined;
  }

  #next(text: string, from: number): { at: number; length: number } | undefined {
    if (text.length - from < WINDOW) return undefined;
    let hash = hashAt(text, from);
    for (let at = from; ; at++) {
      if (this.#filter[hash & FILTER_MASK] !== 0) {
        const length = this.#longestAt(text, at, hash);
        if (length > 0) return { at, length };
      }
      if (at + WINDOW >= text.length) return undefined;
      const gone = Math.imul(text.charCodeAt(at), BASE_OUT);
      hash = (Math.imul(hash - gone, BASE) + text.charCodeAt(at + WINDOW)) | 0;
    }
  }

  #longestAt(text: string, at: number, hash: number): number {
    let longest = 0;
    for (const pattern of this.#byHash.get(hash)?.keys() ?? []) {
      if (pattern.length > longest && text.startsWith(pattern, at)) longest = pattern.length;
    }
    return longest;
  }

  #index(secret: string): readonly string[] {
    const patterns = [...formsOf(secret)];
    for (const pattern of patterns) {
      const hash = hashAt(pattern, 0);
      const bucket = this.#byHash.get(hash) ?? new Map<string, number>();
      this.#byHash.set(hash, bucket.set(pattern, (bucket.get(pattern) ?? 0) + 1));
      this.#filter[hash & FILTER_MASK] = 1;
    }
    return patterns;
  }

  /** The filter keeps the bit: it may then ask the table in vain, never miss. */
  #forgetOldest(): void {
    const [secret, patterns] = this.#patternsOf.entries().next().value!;
    this.#patternsOf.delete(secret);
    for (const pattern of patterns) {
      const hash = hashAt(pattern, 0);
      const bucket = this.#byHash.get(hash)!;
      const left = bucket.get(pattern)! - 1;
      if (left > 0) bucket.set(pattern, left);
      else bucket.delete(pattern);
      if (bucket.size === 0) this.#byHash.delete(hash);
    }
  }
}

/** The forms of a secret that are searched for, each at least {@link WINDOW} characters long. */
function formsOf(secret: string): Set<string> {
  const forms = new Set<string>();
  for (const text of [secret, secret.trim(), ...longLines(secret)]) {
    for (const form of [text, ...escapedForms(text), ...binaryForms(text)]) {
      if (form.length >= WINDOW) forms.add(form);
    }
  }
  return forms;
}

/** The lines of a secret of several (a PEM key), because a log may show one of them. */
function longLines(secret: string): string[] {
  if (!secret.includes('\n')) return [];
  return secret.split(/\r?\n/).filter((line) => line.length >= MIN_LINE_CHARACTERS && !line.startsWith('-----'));
}

function escapedForms(text: string): string[] {
  const once = JSON.stringify(text).slice(1, -1);
  const url = encodeURIComponent(Buffer.from(text).toString());
  return [
    once,
    // A JSON text inside a JSON text.
    JSON.stringify(once).slice(1, -1),
    once.replaceAll('/', '\\/'),
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ s: text }).toString().slice('s='.length),
    // Encoders differ in which marks they leave alone.
    url.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`),
  ];
}

function binaryForms(text: string): string[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  return [hex, hex.toUpperCase(), ...base64Forms(bytes)];
}

/**
 * Base64 of the secret at each of the three places it can have in a longer encoded text (`user:secret` in a Basic
 * header), without the outer characters that depend on the neighbours.
 */
function base64Forms(bytes: Buffer): string[] {
  const forms: string[] = [];
  for (const lead of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(lead), bytes]);
    const first = Math.ceil((lead * 4) / 3);
    const whole = Math.floor((padded.length * 4) / 3);
    const base64 = padded.toString('base64').slice(first, whole);
    forms.push(base64, base64.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(base64));
  }
  return forms;
}

function hashAt(text: string, at: number): number {
  let hash = 0;
  for (let i = at; i < at + WINDOW; i++) hash = (Math.imul(hash, BASE) + text.charCodeAt(i)) | 0;
  return hash;
}

/** BASE to the power WINDOW - 1, modulo 2^32: what the outgoing character has been multiplied by. */
function outgoingFactor(): number {
  let factor = 1;
  for (let i = 1; i < WINDOW; i++) factor = Math.imul(factor, BASE);
  return factor;
}
