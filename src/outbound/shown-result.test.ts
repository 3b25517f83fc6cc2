import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../connectors/index.js';
import type { CallResult } from '../core/call.js';
import type { Principal, PrincipalType } from '../core/principal.js';
import { NO_RULES } from '../policy/index.js';
import { shownResult } from './shown-result.js';

const SECRET = 'pi_1_secret_2';
const made: CallResult = {
  callId: 'call_1',
  idempotencyKey: 'k',
  state: 'done',
  output: { id: 'sub_1', clientSecret: SECRET },
};

function seenBy(type: PrincipalType, action = 'stripe.createSubscription', result = made, reveals?: string[]): unknown {
  const principal: Principal = { type, id: 'x', scopes: ['read', 'write'], via: 'library' };
  const context = { scope: { tenant: 't', environment: 'sandbox' as const }, principal, callId: 'c', dryRun: false };
  const policy = { ...NO_RULES, ...(reveals && { reveals }) };
  return shownResult({ connectors: CONNECTORS, policy }, { action, context }, result).output;
}

describe('what a caller sees of a secret that an action hands out', () => {
  it.each(['person', 'api_key', 'handler'] as const)('a %s gets what was asked for', (type) => {
    expect(seenBy(type)).toEqual({ id: 'sub_1', clientSecret: SECRET });
  });

  it('an agent gets it masked, also from the ledger', () => {
    expect(JSON.stringify(seenBy('agent'))).not.toContain(SECRET);
    expect(seenBy('agent')).toMatchObject({ id: 'sub_1' });
    expect(JSON.stringify(seenBy('agent', undefined, { ...made, state: 'replayed' }))).not.toContain(SECRET);
  });

  it('an agent gets it where policy says so, for that action alone', () => {
    expect(seenBy('agent', undefined, made, ['stripe.createSubscription'])).toMatchObject({ clientSecret: SECRET });
    expect(JSON.stringify(seenBy('agent', undefined, made, ['stripe.*']))).not.toContain(SECRET);
  });

  it('holds for raw requests, whoever carried them out', () => {
    const output = { status: 200, headers: {}, base: '', text: `{"client_secret":"${SECRET}"}` };
    const raw: CallResult = { ...made, output };
    expect(JSON.stringify(seenBy('agent', 'stripe.request', raw))).not.toContain(SECRET);
    expect(seenBy('person', 'stripe.request', raw)).toEqual(output);
  });

  it('says nothing of an action that nobody has', () => {
    const refused: CallResult = { callId: 'c', idempotencyKey: 'k', state: 'failed' };
    expect(seenBy('agent', 'nobody.request', refused)).toBeUndefined();
  });
});
