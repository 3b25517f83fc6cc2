/** Details of an audit record: one level of primitives, without secrets. @module */
import type { AuditRecord } from '../core/audit.js';
import { wellFormed } from '../core/canonical.js';
import { redact } from '../core/redact.js';
import type { SecretSet } from '../core/secret-set.js';
import { sensitivityOf } from '../core/sensitive-name.js';
import type { CleanText } from './clean-text.js';

type Details = NonNullable<AuditRecord['details']>;

/** Names that redaction reads as a word about the value beside them. */
const TELLING = /^(?:name|key|header|value|type|data|.*headers)$/i;
/** No index, which would come first in every object, and nothing that an object has by itself. */
const ORDINARY = /^[a-z][A-Za-z]{0,30}$/;

/** Members in the order of canonical JSON; what redaction or a careless caller left deeper is written as JSON. */
export function cleanDetails(details: Details, secrets: SecretSet | undefined, text: CleanText): Details {
  return plainDetails(details, text) ?? flat(redact(details, secrets));
}

/** As {@link flat} of {@link redact} would have them, where only the texts can hold something; else `undefined`. */
function plainDetails(details: Details, text: CleanText): Details | undefined {
  const clean: Details = {};
  const names = Object.keys(details);
  // In order as a rule, and sorting makes copies.
  if (names.some((name, at) => at > 0 && name < names[at - 1]!)) names.sort();
  for (const name of names) {
    const value = details[name]!;
    if (!isPlainName(name) || text(name) !== name) return undefined;
    if (typeof value === 'string') clean[name] = text(value);
    // A card number has more digits than this.
    else if (typeof value === 'boolean' || (Number.isSafeInteger(value) && Math.abs(value) < 1e12)) clean[name] = value;
    else return undefined;
  }
  return clean;
}

/** Names come from code, a few hundred of them; what a caller of ours makes up does not grow this without end. */
const PLAIN_NAMES_MAX = 1_000;
const plainNames = new Set<string>();

function isPlainName(name: string): boolean {
  if (plainNames.has(name)) return true;
  const isPlain = ORDINARY.test(name) && !TELLING.test(name) && sensitivityOf(name) === 'no';
  if (isPlain && plainNames.size < PLAIN_NAMES_MAX) plainNames.add(name);
  return isPlain;
}

function flat(details: unknown): Details {
  const entries = Object.entries(details as Record<string, unknown>).map(([name, value]) => {
    const primitive = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
    const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
    return [wellFormed(name), primitive ? value : wellFormed(written)] as const;
  });
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1))) as Details;
}
