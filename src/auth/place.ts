/** The place a sealed value belongs to, as the bytes that both layers of its envelope authenticate. @module */
import type { SealedRecord } from '../core/secret.js';

/** All of it must be the same on opening, byte for byte. */
export interface SecretBinding {
  tenant: string;
  environment: string;
  /** What kind of row, e.g. `source`, `connection`. */
  kind: string;
  /** Which row. */
  id: string;
  /** Which column or part of it. */
  field: string;
  /** Which of the values that were there one after the other; an older one does not open in the place of a newer. */
  version?: number;
  /** The id of a share outside the database; with that destroyed, the value opens nowhere any more. */
  share?: string;
}

/** What the data key is wrapped for. The version is not in it: the values of a record have one data key. */
export function keyContext({ tenant, environment, kind, id, field, share }: SecretBinding, kekId: string): Uint8Array {
  const parts = ['fairlead vault v1 key', tenant, environment, kind, id, field, kekId];
  if (share !== undefined) parts.push('share', share);
  return joined(parts);
}

export function isSamePlace(a: SecretBinding, b: SecretBinding): boolean {
  return (
    a.id === b.id &&
    a.field === b.field &&
    a.version === b.version &&
    a.kind === b.kind &&
    a.tenant === b.tenant &&
    a.environment === b.environment &&
    a.share === b.share
  );
}

/** What the value is encrypted for. */
export function valueContext(binding: SecretBinding): Uint8Array {
  const { tenant, environment, kind, id, field, version, share } = binding;
  const parts = ['fairlead vault v1 secret', tenant, environment, kind, id, field];
  if (version !== undefined) parts.push('version', String(version));
  if (share !== undefined) parts.push('share', share);
  return joined(parts);
}

/**
 * Each part with its length in front, or `a` + `bc` and `ab` + `c` would be one place. Two bytes a character, so that no
 * two texts become the same bytes.
 */
function joined(parts: readonly string[]): Uint8Array {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return Buffer.from(text, 'utf16le');
}

/** The place of a record as the store lists it. */
export function placeOf(record: Omit<SealedRecord, 'sealed'>, hasShare: boolean): SecretBinding {
  const { tenant, environment, kind, name, id, version } = record;
  const place = { tenant, environment, kind, id: name, field: id };
  // Whether there is a share is written in the value itself; whose it is, is not.
  return kind === 'source' ? place : { ...place, version, ...(hasShare ? { share: id } : {}) };
}
