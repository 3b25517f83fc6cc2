/**
 * What stands under a decision that somebody made on a page, signed in: a code by a key that lies outside the database,
 * so that what somebody wrote into the database is no decision. It holds while they may decide.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ApprovalRow } from '../core/approval.js';
import { AppError } from '../core/errors.js';
import { scopesOfRole } from '../core/people.js';
import type { Gateway } from './gateway.js';

/** Who decides, and by which session of a page. */
export interface SignedInDecider {
  person: string;
  session: string;
}

/** @throws AppError `not_an_approver` unless the session is open, of a page, theirs, and they may decide now */
export async function signBySession(
  gateway: Gateway,
  row: ApprovalRow,
  { person, session }: SignedInDecider,
  text: string,
): Promise<string> {
  const found = await gateway.store.sessions.get(placeOf(row), session);
  const isTheirs = found?.person === person && found.kind === 'cookie';
  if (!isTheirs || !(await mayDecide(gateway, row, person))) {
    throw new AppError('not_an_approver', { problem: 'Sign in as somebody with the role approver or admin.' });
  }
  return codeOf(gateway, row, { person, session }, text).toString('base64');
}

/** Whether we have signed it, and whoever decided may decide still. */
export async function isSignedBySession(
  gateway: Gateway,
  row: ApprovalRow,
  decider: SignedInDecider,
  text: string,
  signature: string,
): Promise<boolean> {
  const [given, expected] = [Buffer.from(signature, 'base64'), codeOf(gateway, row, decider, text)];
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
  return isOurs && (await mayDecide(gateway, row, decider.person));
}

async function mayDecide({ store }: Gateway, row: ApprovalRow, person: string): Promise<boolean> {
  const found = await store.people.get(placeOf(row), person);
  return scopesOfRole(found?.role).includes('approve');
}

function codeOf({ keys }: Gateway, { environment }: ApprovalRow, { person, session }: SignedInDecider, text: string) {
  const lines = ['fairlead approval by session v1', person, session, text].join('\n');
  return createHmac('sha256', keys.auditKeyPem(environment)).update(lines).digest();
}

/** The same people decide in both environments. */
const placeOf = ({ tenant }: ApprovalRow) => ({ tenant, environment: 'live' }) as const;
