/** What is said and written down of a sign-in. @module */
import type { SignInEnd, SignInFailure } from '../auth/index.js';
import { auditEntry, type RecorderParts } from '../audit/index.js';
import { newId } from '../core/ids.js';
import { scopesOfRole, type PersonRow } from '../core/people.js';
import type { Scope } from '../core/scope.js';
import type { Store } from '../core/store.js';
import type { Gateway } from './gateway.js';

export const SIGN_IN_FAILURES: Readonly<Record<SignInFailure, string>> = {
  access_denied: 'You did not agree at the provider, so nothing was stored. You can begin again.',
  state_invalid: 'This sign-in was used before or is older than ten minutes. Begin again.',
  other_browser: 'This sign-in was begun in another browser. Begin again in this one.',
  provider_refused: 'The provider refused the request. Begin again; if it stays like that, tell the operator.',
  code_refused: 'The provider gave nothing in the last step. Begin again.',
  identity_unknown: 'The provider did not say who you are in a way that can be relied on. Nothing was stored.',
  email_taken:
    'An account uses this address already, and it was opened in another way. Sign in as you did then; nothing was joined.',
  not_configured: 'Signing in with this provider is not set up. The operator has to set its client id and secret.',
};

/** A line in the audit log for each code of the first admin that somebody entered, right or not. */
export async function writeFirstAdmin(
  gateway: Gateway,
  { id, role, tenant }: PersonRow,
  isSet: boolean,
): Promise<void> {
  const scope: Scope = { tenant, environment: 'live' };
  const principal = { type: 'person', id, scopes: [...scopesOfRole(role)], via: 'rest' } as const;
  const context = { scope, principal, callId: newId('call', gateway.clock, gateway.random), dryRun: false };
  const entry = gateway.entry(context, {
    phase: 'outcome',
    action: 'people.first_admin',
    effect: 'update',
    status: isSet ? 'succeeded' : 'denied',
    target: { type: 'person', id },
  });
  await gateway.store.audit.append(scope, [entry]);
}

/** A line for a refresh token of a person that came a second time: it was copied, or its answer was lost. */
export async function writeReuse(
  { store }: { store: Pick<Store, 'audit'> },
  recorder: RecorderParts,
  scope: Scope,
  person: string,
  session: string,
): Promise<void> {
  const entry = auditEntry(recorder, scope, {
    phase: 'outcome',
    action: 'people.token_reuse',
    effect: 'delete',
    status: 'denied',
    target: { type: 'session', id: session },
    actor: { type: 'person', id: person, via: 'rest' },
  });
  await store.audit.append(scope, [entry]);
}

/** A line in the audit log for each sign-in, and for each that failed after it was begun here. */
export async function writeSignIn(gateway: Gateway, provider: string, ended: SignInEnd): Promise<void> {
  const { signIn } = await gateway.login();
  const isIn = ended.kind === 'signed_in';
  const id = isIn ? ended.person.id : 'unknown';
  const principal = { type: 'person', id, scopes: [], via: 'rest' } as const;
  const context = {
    scope: signIn.scope,
    principal,
    callId: newId('call', gateway.clock, gateway.random),
    dryRun: false,
  };
  if (!isIn && ended.wish === undefined) return;
  const entry = gateway.entry(context, {
    phase: 'outcome',
    action: 'people.sign_in',
    effect: 'update',
    provider,
    status: isIn ? 'succeeded' : 'denied',
    target: { type: 'person', id },
    ...(!isIn && { error: { code: ended.reason, message: SIGN_IN_FAILURES[ended.reason] } }),
  });
  await gateway.store.audit.append(signIn.scope, [entry]);
}
