import { describe, expect, it } from 'vitest';
import type { Effect } from '../core/operation.js';
import type { PermissionScope, Principal, PrincipalType } from '../core/principal.js';
import { ENVIRONMENTS, type Environment } from '../core/scope.js';
import { DEFAULT_RULES, decide, NO_RULES, type PolicyRule } from './index.js';

const EFFECTS: readonly Effect[] = ['read', 'create', 'update', 'delete', 'send', 'pay'];
const ACTION = 'slack.sendMessage';

const principal = (type: PrincipalType, scopes: readonly PermissionScope[]): Principal => ({
  type,
  id: `${type}-1`,
  scopes,
  via: 'library',
});

const ask = (who: Principal, effect: Effect, environment: Environment, uses?: readonly string[]) =>
  decide({ principal: who, action: ACTION, effect, environment, ...(uses === undefined ? {} : { uses }) });

/** What a write in live comes to, by who calls. Everything else is allowed. */
const LIVE_WRITES: [PrincipalType, PermissionScope[], string[] | undefined, 'allow' | 'ask' | 'deny'][] = [
  ['person', ['read', 'write'], undefined, 'allow'],
  ['person', ['read'], undefined, 'deny'],
  ['person', [], undefined, 'deny'],
  ['person', ['read', 'operate', 'admin', 'approve'], undefined, 'deny'],
  ['person', ['read'], [ACTION], 'deny'],
  ['api_key', ['write'], undefined, 'allow'],
  ['api_key', ['read'], undefined, 'deny'],
  ['api_key', [], [ACTION], 'deny'],
  ['handler', [], [ACTION], 'allow'],
  ['handler', [], ['http.post', ACTION], 'allow'],
  ['handler', ['write'], ['http.post'], 'deny'],
  ['handler', ['write'], ['slack.*'], 'deny'],
  ['handler', ['write'], [], 'deny'],
  ['handler', ['write', 'admin'], undefined, 'deny'],
  ['agent', ['read', 'write'], undefined, 'ask'],
  ['agent', [], undefined, 'ask'],
  ['agent', ['write', 'approve', 'admin'], [ACTION], 'ask'],
  ['system', ['read', 'write', 'operate', 'admin', 'approve'], undefined, 'deny'],
  ['system', [], [ACTION], 'deny'],
];

describe('statement 1: the default policy', () => {
  for (const [type, scopes, uses, expected] of LIVE_WRITES) {
    for (const effect of EFFECTS) {
      for (const environment of ENVIRONMENTS) {
        const verdict = effect === 'read' || environment === 'sandbox' ? 'allow' : expected;
        it(`${verdict}: ${type} [${scopes.join()}] uses [${uses?.join() ?? '-'}] ${effect} in ${environment}`, () => {
          expect(ask(principal(type, scopes), effect, environment, uses).decision).toBe(verdict);
        });
      }
    }
  }

  it('has a row for every type of principal', () => {
    const types: Record<PrincipalType, true> = {
      person: true,
      agent: true,
      api_key: true,
      handler: true,
      system: true,
    };
    expect(new Set(LIVE_WRITES.map(([type]) => type))).toEqual(new Set(Object.keys(types)));
  });

  it('says why, and tells an undeclared action apart', () => {
    expect(ask(principal('handler', []), 'send', 'live', ['http.post'])).toEqual({
      decision: 'deny',
      code: 'action_not_declared',
      reason: 'the handler does not declare slack.sendMessage in its uses',
    });
    expect(ask(principal('api_key', ['read']), 'pay', 'live')).toMatchObject({
      decision: 'deny',
      code: 'policy_denied',
      reason: 'writing in live needs the scope write',
    });
  });

  it('denies a principal of a type it has never heard of', () => {
    const stranger = principal('robot' as PrincipalType, ['write', 'admin']);
    expect(ask(stranger, 'send', 'live').decision).toBe('deny');
  });
});

describe('rules in front', () => {
  const payments: PolicyRule = ({ effect }) => (effect === 'pay' ? { decision: 'ask' } : undefined);

  it('are asked first and leave the rest to the defaults', () => {
    const defaults = [payments, ...DEFAULT_RULES];
    const question = { principal: principal('person', ['write']), action: ACTION, environment: 'live' } as const;
    expect(decide({ ...question, effect: 'pay' }, NO_RULES, defaults)).toEqual({ decision: 'ask' });
    expect(decide({ ...question, effect: 'send' }, NO_RULES, defaults)).toEqual({ decision: 'allow' });
  });

  it('an empty list denies', () => {
    const question = { principal: principal('person', ['write']), action: ACTION, environment: 'live' } as const;
    expect(decide({ ...question, effect: 'read' }, NO_RULES, []).decision).toBe('deny');
  });
});
