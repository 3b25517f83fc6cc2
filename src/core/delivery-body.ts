/**
 * Reading the body of a verified delivery: typed looks at dotted paths, because a verified body can still surprise.
 *
 * @module
 */
import { createHash, createHmac } from 'node:crypto';
import { isObject, parseJson, parseJsonToLookAt, valueAt } from './json.js';
import type { Delivery } from './webhook.js';

/** A JSON body. Every reader answers `undefined` when there is nothing of its kind at the path. */
export class DeliveryBody {
  constructor(readonly value: Readonly<Record<string, unknown>>) {}

  /** A non-empty text, or a whole number as text. */
  text(...paths: string[]): string | undefined {
    for (const path of paths) {
      const value = valueAt(this.value, path);
      if (typeof value === 'string' && value !== '') return value;
      if (Number.isSafeInteger(value)) return String(value);
    }
    return undefined;
  }

  number(path: string): number | undefined {
    const value = valueAt(this.value, path);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  /** Unix seconds as milliseconds. */
  seconds(path: string): number | undefined {
    const value = this.number(path);
    return value === undefined ? undefined : Math.floor(value * 1000);
  }

  /** An ISO 8601 instant as Unix milliseconds. */
  instant(...paths: string[]): number | undefined {
    for (const path of paths) {
      const value = valueAt(this.value, path);
      const atMs = typeof value === 'string' ? Date.parse(value) : NaN;
      if (!Number.isNaN(atMs)) return atMs;
    }
    return undefined;
  }

  has(path: string): boolean {
    return valueAt(this.value, path) !== undefined;
  }
}

/**
 * Named fields are looked at; the deepest walk is that of `JSON.stringify` in {@link contentHash}, whose stack ends at
 * 4,096 levels. Bodies of up to 4 KiB are not counted (2 us), because they cannot nest deeper.
 */
const LOOKED_AT = { maxDepth: 2_048 };

/** The body as a JSON object, or `undefined` when it is none. */
export function jsonBody(delivery: Delivery): DeliveryBody | undefined {
  const parsed = parseJsonToLookAt(delivery.body, LOOKED_AT);
  return parsed.ok && isObject(parsed.value) ? new DeliveryBody(parsed.value) : undefined;
}

/** The body as a JSON array of objects, each one a delivery of its own; the delivery itself when it is no array. */
export function splitArray(delivery: Delivery): Delivery[] {
  const parsed = parseJson(delivery.body);
  if (!parsed.ok || !Array.isArray(parsed.value)) return [delivery];
  return parsed.value.map((part: unknown) => ({ ...delivery, body: Buffer.from(JSON.stringify(part)) }));
}

/** The fields of a form body; of a name that occurs twice, the first. */
export function formBody(delivery: Delivery): ReadonlyMap<string, string> | undefined {
  if (!(delivery.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return undefined;
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(Buffer.from(delivery.body).toString())) {
    if (!fields.has(name)) fields.set(name, value);
  }
  return fields;
}

/** SHA-256 of the exact body in hex: the key of an event whose sender gives it none. */
export function bodyHash(delivery: Delivery): string {
  return createHash('sha256').update(delivery.body).digest('hex');
}

/** The same over the content of a JSON body but for some top-level fields, where a retry changes those. */
export function contentHash(body: DeliveryBody, without: readonly string[]): string {
  const content = Object.fromEntries(Object.entries(body.value).filter(([name]) => !without.includes(name)));
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** HMAC-SHA256 of a text in hex: the answer some handshakes ask for. */
export function hmacHex(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}
