/**
 * A row made ready: its template split, its grammar compiled, its comparison buffers laid out. Made once a row.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import { signatureGrammar } from './grammar.js';
import { importSecret, type KeyMaterial } from './key.js';
import type { SchemeRow } from './row.js';
import { compileTemplate, type Part, type Slot } from './signed-content.js';

export interface Plan {
  readonly parts: readonly Part[];
  readonly grammar: RegExp;
  readonly equal: (expected: string, given: string) => boolean;
  /** Key of the timestamp inside the signature list. */
  readonly timeItem: string | undefined;
  /** The time stands in the signed body and is believed only after the signature. */
  readonly lateTime: boolean;
  readonly needsUrl: boolean;
  readonly needsForm: boolean;
  readonly needsMethod: boolean;
  /** Keys imported before, by secret; see {@link keyOf}. */
  readonly keys: Map<string, KeyMaterial>;
}

const KEYS_KEPT = 256;

const plans = new WeakMap<SchemeRow, Plan>();

export function planOf(row: SchemeRow): Plan {
  let plan = plans.get(row);
  if (plan === undefined) {
    plan = makePlan(row);
    plans.set(row, plan);
  }
  return plan;
}

function makePlan(row: SchemeRow): Plan {
  const parts = compileTemplate(row.signs);
  const signs = (name: Slot): boolean => parts.some((part) => typeof part !== 'string' && part.slot === name);
  const { timestamp } = row;
  return {
    parts,
    grammar: signatureGrammar(row.algorithm, row.signature.encoding),
    equal: makeComparison(),
    timeItem: timestamp !== undefined && 'item' in timestamp ? timestamp.item : undefined,
    lateTime: timestamp !== undefined && 'field' in timestamp && !signs('timestamp'),
    needsUrl: signs('url') || row.claims?.audience === 'url' || row.bodyHashIn !== undefined,
    needsForm: signs('form'),
    needsMethod: signs('method'),
    keys: new Map(),
  };
}

/**
 * The keys in a secret, imported once: importing a public key costs as much as using it, a shared one a tenth. The last
 * {@link KEYS_KEPT} of a scheme are kept in memory, where their callers hold the strings anyway.
 */
export function keyOf(row: SchemeRow, plan: Plan, secret: string): KeyMaterial | undefined {
  const known = plan.keys.get(secret);
  if (known !== undefined) return known;
  const made = importSecret(row, secret);
  if (made !== undefined) {
    if (plan.keys.size >= KEYS_KEPT) plan.keys.delete(plan.keys.keys().next().value!);
    plan.keys.set(secret, made);
  }
  return made;
}

/**
 * Compares texts of ASCII in a time that depends on their lengths alone. The buffers are kept, because making two for
 * each comparison costs as much as a tenth of the HMAC.
 */
function makeComparison(): (expected: string, given: string) => boolean {
  let left = Buffer.alloc(0);
  let right = Buffer.alloc(0);
  return (expected, given) => {
    const { length } = expected;
    if (length !== given.length) return false;
    if (left.length !== length) {
      left = Buffer.alloc(length);
      right = Buffer.alloc(length);
    }
    left.write(expected, 'latin1');
    right.write(given, 'latin1');
    return timingSafeEqual(left, right);
  };
}
