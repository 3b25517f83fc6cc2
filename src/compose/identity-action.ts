/** The identity request of a connector as an action, so that it takes the same way out as every other call. @module */
import { z } from 'zod';
import type { ActionDefinition, ConnectorDefinition, Identity, TargetRef } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { IDENTITY_ACTION } from '../operations/index.js';

interface IdentityInput {
  /** What the connection is restricted to, so that the question about itself is within its limits. */
  within: TargetRef[];
}

const input = z.strictObject({ within: z.array(z.object({ type: z.string(), id: z.string() })) });
const output = z.looseObject({ accountId: z.string(), account: z.string() });

/** The connector with one action more, which no door lists. */
export function withIdentity(connector: ConnectorDefinition): ConnectorDefinition {
  const { identity, provider, title } = connector;
  if (identity === undefined) return connector;
  const action: ActionDefinition<IdentityInput, Identity> = {
    summary: `Asks ${title} whose account it is`,
    effect: 'read',
    input,
    output: output as unknown as ActionDefinition<IdentityInput, Identity>['output'],
    target: () => ({ type: 'account', id: 'own' }),
    touches: ({ within }) => within,
    request: (_input, connection) => identity.request(connection),
    parse(answer) {
      const read = identity.read(answer);
      if (read === undefined) throw new AppError('provider_contract', { provider, path: 'identity' });
      return read;
    },
    idempotency: 'none',
    settleMs: 0,
  };
  const actions = { ...connector.actions, [IDENTITY_ACTION]: action as unknown as ActionDefinition<never, unknown> };
  return { ...connector, actions };
}
