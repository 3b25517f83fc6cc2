/**
 * Ids: a prefix that names the kind, an underscore, and 26 characters of Crockford base32 over 16 bytes.
 * Ids made by {@link newId} are UUIDv7, so they sort roughly by time. They are never cursors: cursors follow commit order.
 *
 * @module
 */
import type { Clock, Random } from './ports.js';

export const ID_PREFIXES = {
  event: 'evt',
  job: 'job',
  call: 'call',
  source: 'src',
  connection: 'con',
  secret: 'sec',
  principal: 'prn',
  key: 'key',
  audit: 'aud',
  tenant: 'ten',
  request: 'req',
  node: 'nod',
  approval: 'apr',
  session: 'ses',
  client: 'clt',
  grant: 'grt',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
export type Id<Kind extends IdKind> = `${(typeof ID_PREFIXES)[Kind]}_${string}`;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_BYTES = 16;

/** A time-ordered id (RFC 9562, section 5.7). */
export function newId<Kind extends IdKind>(kind: Kind, clock: Clock, random: Random): Id<Kind> {
  return idFromBytes(kind, fillUuidv7(UUID, clock.nowMs(), random.bytes(10)));
}

/** An id of 128 random bits, for things whose id is an address that must not be guessed (a source). */
export function newUnguessableId<Kind extends IdKind>(kind: Kind, random: Random): Id<Kind> {
  return idFromBytes(kind, random.bytes(ID_BYTES));
}

/** UUIDv7 (RFC 9562, 5.7) from a Unix time in milliseconds and ten random bytes. */
function fillUuidv7(bytes: Uint8Array, atMs: number, random: Uint8Array): Uint8Array {
  let rest = atMs;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  for (let i = 0; i < 10; i++) bytes[6 + i] = random[i]!;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes;
}

export function idFromBytes<Kind extends IdKind>(kind: Kind, bytes: Uint8Array): Id<Kind> {
  let at = 0;
  let buffer = 0;
  let bits = 0;
  for (let i = 0; i < ID_BYTES; i++) {
    buffer = (buffer << 8) | bytes[i]!;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      CODES[at++] = CODE_OF[(buffer >>> bits) & 31]!;
    }
    buffer &= (1 << bits) - 1;
  }
  CODES[at] = CODE_OF[(buffer << (5 - bits)) & 31]!;
  return `${ID_PREFIXES[kind]}_${String.fromCharCode.apply(null, CODES)}` as Id<Kind>;
}

/** Scratch, as is what follows: two ids are made for every webhook, and a text put together letter by letter is garbage 25 times over. */
const CODES: number[] = Array.from({ length: 26 }, () => 0);
const UUID = new Uint8Array(ID_BYTES);
const CODE_OF = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
