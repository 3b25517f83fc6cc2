/** Every action of every connector as an operation, so that doors need to know of one kind only. @module */
import { z } from 'zod';
import type { ConnectorDefinition } from '../core/connector.js';
import { ERRORS, type ErrorCode } from '../core/errors.js';
import type { Schema } from '../core/schema.js';
import { callUnderKey } from './derived-key.js';
import { operation, type Operation } from './gateway.js';

const errorView = z.object({
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  title: z.string(),
  detail: z.string(),
  help: z.string(),
  side: z.string(),
  retry: z.string(),
  data: z.record(z.string(), z.unknown()),
});

const STATES = [
  'done',
  'replayed',
  'previewed',
  'pending_approval',
  'running',
  'unknown',
  'denied',
  'expired',
  'failed',
] as const;

/** What every call answers; `output` is the action's own. */
export const callResult = z.looseObject({
  callId: z.string(),
  state: z.enum(STATES),
  output: z.unknown().optional(),
  error: errorView.optional(),
});

export const ACTION_ERRORS: readonly ErrorCode[] = [
  'invalid_argument',
  'not_connected',
  'not_found',
  'policy_denied',
  'approval_required',
  'insufficient_scope',
  'idempotency_mismatch',
  'call_in_flight',
  'outcome_unknown',
  'rate_limited',
  'provider_rejected',
  'provider_auth',
  'provider_unavailable',
  'provider_contract',
  'egress_denied',
  'needs_reconnect',
  'scope_missing',
  'target_not_allowed',
  'secret_unavailable',
  'secret_destroyed',
  'vault_tampered',
  // Asked for again under the key of a call that a person has decided on.
  'approval_rejected',
  'approval_expired',
  'approval_stale',
];

export function actionOperations(connectors: readonly ConnectorDefinition[]): Operation[] {
  return connectors.flatMap((connector) =>
    publicActions(connector).map(([name, action]) => {
      const full = `${connector.provider}.${name}`;
      return operation({
        name: full,
        summary: action.summary,
        // Checked by the pipeline, so that a refused input is in the audit log like every other refusal.
        input: action.input as unknown as Schema<unknown>,
        answer: action.output as unknown as Schema<unknown>,
        output: callResult as Schema<z.output<typeof callResult>>,
        effect: action.effect,
        scope: action.effect === 'read' ? 'read' : 'write',
        errors: action.effect === 'pay' ? [...ACTION_ERRORS, 'idempotency_required'] : ACTION_ERRORS,
        audit: 'call',
        previews: true,
        http: { method: 'POST', path: `/v1/actions/${full}` },
        cli: { words: `action run ${full}` },
        run: async (gateway, context, input) => {
          const result = await callUnderKey(gateway, { context, action: full, input }, action.effect);
          return result as never;
        },
      });
    }),
  );
}

/** What only handlers may do has no door. */
export function publicActions({
  actions,
}: ConnectorDefinition): [name: string, action: ConnectorDefinition['actions'][string]][] {
  return Object.entries(actions).filter(([, { handlersOnly }]) => handlersOnly !== true);
}
