/**
 * What somebody who has signed in may do only shortly after that: whoever finds an open browser, or a copy of a token,
 * has not signed in.
 *
 * @source OWASP Session Management Cheat Sheet, "Reauthentication After Risk Events"
 * @module
 */
import { AppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import type { Gateway, Operation } from './gateway.js';

export const FRESH_MS = 10 * 60_000;
/** More events than this, run again in live, is no slip any more. */
const REPLAYED_MAX = 100;

type Input = Readonly<Record<string, unknown>>;
const always = (): boolean => true;
/** Without ids it is a selection, which is as large as it is. */
const isLarge = ({ ids }: Input, { scope, dryRun }: CallContext): boolean =>
  scope.environment === 'live' && !dryRun && !(Array.isArray(ids) && ids.length > 0 && ids.length <= REPLAYED_MAX);

/** By operation: whether this call of it needs a fresh sign-in. */
const NEEDS: Readonly<Record<string, (input: Input, context: CallContext) => boolean>> = {
  // Secrets that are shown.
  'keys.create': always,
  'sources.rotateSecret': always,
  'audit.export': always,
  // Deliveries that nobody verifies.
  'sources.create': ({ unsigned }) => unsigned !== undefined,
  'connections.disconnect': always,
  'events.replay': isLarge,
  'dead.replay': isLarge,
  'people.role': always,
  'tenants.delete': always,
};

/** Names of operations that may ask for it. */
export const FRESH_OPERATIONS: readonly string[] = Object.keys(NEEDS);

/** @throws AppError `sign_in_again`, for people who have signed in alone: a key or a terminal has no session */
export function requireFreshSignIn(
  { clock }: Gateway,
  { name }: Operation,
  context: CallContext,
  input: unknown,
): void {
  const { id, signedInAtMs = 0 } = context.principal;
  if (!id.startsWith('prn_') || !Object.hasOwn(NEEDS, name)) return;
  if (clock.nowMs() - signedInAtMs < FRESH_MS || !NEEDS[name]!(input as Input, context)) return;
  throw new AppError('sign_in_again', { operation: name, withinMs: FRESH_MS });
}
