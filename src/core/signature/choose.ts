/**
 * Verifying under a provider's set of schemes: the named one, or whichever of the equally strong ones fits.
 *
 * @module
 */
import { refuse, type Acceptance, type Refusal, type Verdict } from './refusals.js';
import type { SignedRequest } from './request.js';
import type { SchemeSet } from './row.js';
import { verifyDelivery } from './verify-delivery.js';

export type SetVerdict = (Acceptance & { readonly scheme: string }) | (Refusal & { readonly scheme?: string });

/**
 * Checks a delivery under the named scheme, or, without a name, under each scheme that is not `onlyWhenNamed`, in their
 * order, until one accepts. A refusal reports the scheme that came furthest: one whose header was there, if any.
 */
export function verifyUnder(schemes: SchemeSet, request: SignedRequest, name?: string): SetVerdict {
  if (name !== undefined) {
    const row = typeof name === 'string' && Object.hasOwn(schemes, name) ? schemes[name]! : undefined;
    return row === undefined ? refuse('unknown_scheme') : named(verifyDelivery(row, request), name);
  }
  let closest: SetVerdict | undefined;
  for (const scheme of Object.keys(schemes)) {
    const row = schemes[scheme]!;
    if (row.onlyWhenNamed === true) continue;
    const verdict = named(verifyDelivery(row, request), scheme);
    if (verdict.ok) return verdict;
    if (closest === undefined || (isAbsent(closest) && !isAbsent(verdict))) closest = verdict;
  }
  return closest ?? refuse('unknown_scheme');
}

function named(verdict: Verdict, scheme: string): SetVerdict {
  if (!verdict.ok) return { ok: false, reason: verdict.reason, scheme };
  return { ok: true, scheme, secretIndex: verdict.secretIndex, timestampMs: verdict.timestampMs };
}

function isAbsent(verdict: SetVerdict): boolean {
  return !verdict.ok && (verdict.reason === 'missing_header' || verdict.reason === 'unsupported_version');
}
