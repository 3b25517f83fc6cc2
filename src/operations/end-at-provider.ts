/** The end of a connection at its provider, as far as the provider has a way for it. @module */
import { parseFacts } from '../auth/index.js';
import type { CallContext } from '../core/operation.js';
import type { ConnectionRow } from '../core/stored-connection.js';
import type { Gateway } from './gateway.js';

/** `not_offered`: the connection is no OAuth grant, or its provider has no request for it. */
export const REVOCATIONS = ['revoked', 'not_offered', 'failed'] as const;

export interface EndAtProvider {
  kind: (typeof REVOCATIONS)[number];
  /** For whoever ended it. */
  note: string;
}

/** Asks the provider to end the access, and writes down what came of it. What fails there keeps nothing here alive. */
export async function endAtProvider(
  gateway: Gateway,
  context: CallContext,
  row: ConnectionRow,
): Promise<EndAtProvider> {
  const theirs = 'The key itself lives on at the provider: revoke it there, too.';
  const connector = (await gateway.connectors()).find(({ provider }) => provider === row.provider);
  if (parseFacts(row.facts).grant === undefined || connector === undefined)
    return { kind: 'not_offered', note: theirs };
  const { connections } = await gateway.connecting();
  const revocation = await connections.revoke(context.scope, row, connector);
  const { kind } = revocation;
  if (kind === 'not_offered') return { kind, note: theirs };
  const isFailed = kind === 'failed';
  const entry = gateway.entry(context, {
    phase: 'outcome',
    action: 'connection.revoke',
    effect: 'delete',
    status: isFailed ? 'failed' : 'succeeded',
    provider: row.provider,
    target: { type: 'connection', id: row.id },
    ...(isFailed && { error: { code: 'revocation_failed', message: revocation.says } }),
  });
  await gateway.store.audit.append(context.scope, [entry]);
  if (!isFailed) return { kind, note: `${connector.title} has ended the access, too.` };
  const note = `${connector.title} was asked to end the access, and that failed: ${revocation.says}. Revoke it there.`;
  return { kind, note };
}
