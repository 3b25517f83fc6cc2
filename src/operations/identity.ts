/** Asking a provider whose account a connection is, the way every call goes. @module */
import type { KnownAccount } from '../auth/index.js';
import type { ConnectorDefinition, Identity } from '../core/connector.js';
import { AppError, type ErrorView } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { CallContext } from '../core/operation.js';
import type { Gateway } from './gateway.js';

/** The action that the composition makes of a connector's identity request; no door lists it. */
export const IDENTITY_ACTION = 'identity';

export type Asked =
  | { kind: 'is'; identity: Identity }
  | { kind: 'failed'; error: ErrorView }
  /** The connector declares no such request. */
  | { kind: 'cannot' };

/** @param restrictions what the connection may touch: the question stays within that */
export async function askIdentity(
  gateway: Gateway,
  context: CallContext,
  connector: ConnectorDefinition,
  connectionId: string,
  restrictions: Readonly<Record<string, readonly string[]>>,
  user: string | undefined,
): Promise<Asked> {
  if (connector.identity === undefined) return { kind: 'cannot' };
  const { principal, callId: cause } = context;
  const asking: CallContext = {
    ...context,
    principal: user === undefined ? principal : { ...principal, onBehalfOf: { type: 'person', id: user } },
    callId: newId('call', gateway.clock, gateway.random),
    dryRun: false,
    cause,
  };
  const within = Object.entries(restrictions).flatMap(([type, ids]) => ids.slice(0, 1).map((id) => ({ type, id })));
  const action = `${connector.provider}.${IDENTITY_ACTION}`;
  const result = await gateway.callAction({ context: asking, action, input: { within }, connectionId });
  if (result.state === 'done') return { kind: 'is', identity: result.output as Identity };
  const error = result.error ?? new AppError('internal', { id: result.callId }).view();
  return { kind: 'failed', error };
}

/** "@releases in Acme". */
export function describeAccount({ account, actor }: KnownAccount): string {
  return actor === undefined ? account : `${actor} in ${account}`;
}
