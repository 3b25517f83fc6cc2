/** What policy denies to agents whatever it is called with, so that it need not be listed. @module */
import { localPrincipal } from '../core/local-identity.js';
import type { Environment } from '../core/scope.js';
import { deniedAnyway, type Policy } from '../policy/index.js';
import type { Operation } from './gateway.js';

/** The same decision that a call meets; only actions are under policy. */
export function deniedToAgents(policy: Policy, environment: Environment): (operation: Operation) => boolean {
  const principal = localPrincipal('agent', '*', 'mcp');
  return ({ name: action, effect, audit }) =>
    audit === 'call' && deniedAnyway({ principal, action, effect, environment }, policy) !== undefined;
}
