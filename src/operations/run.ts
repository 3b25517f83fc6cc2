/**
 * Runs one operation: strict input, permission, policy, audit before and after, checked output. Every door calls this
 * and nothing else.
 *
 * @module
 */
import { AppError, toAppError } from '../core/errors.js';
import { checkedKey } from '../core/idempotency-key.js';
import { newId } from '../core/ids.js';
import type { CallContext } from '../core/operation.js';
import { requireScope, type Principal } from '../core/principal.js';
import { redactText } from '../core/redact.js';
import { checkedInput, describeIssue } from '../core/schema.js';
import { DEFAULT_TENANT, type Scope } from '../core/scope.js';
import { isKeyed } from './answer-ledger.js';
import { CallTrace } from './call-trace.js';
import { requireFreshSignIn } from './fresh-sign-in.js';
import type { Operation, Gateway } from './gateway.js';

/** What a door brings for one call. */
export interface Caller {
  scope: Scope;
  principal: Principal;
  idempotencyKey?: string;
  /** Only actions go through a connection. */
  connection?: string;
  repeat?: boolean;
  dryRun?: boolean;
  signal?: AbortSignal;
  cause?: string;
  /** Told when the answer is that of an earlier call under the same key, and nothing was done. */
  onReplayed?: () => void;
}

/** @throws AppError; the refusal or failure is in the audit log by then. */
export async function runOperation(
  gateway: Gateway,
  operation: Operation,
  caller: Caller,
  rawInput: unknown,
): Promise<unknown> {
  const { onReplayed, ...brought } = caller;
  const context: CallContext = {
    ...brought,
    dryRun: caller.dryRun ?? false,
    callId: newId('call', gateway.clock, gateway.random),
  };
  const input = await orWrittenDown(gateway, operation, context, () =>
    acceptedInput(operation, context, rawInput ?? {}),
  );
  // An action goes through the outbound pipeline, which decides, writes its own intent and outcome, and answers.
  if (operation.audit === 'call') return checkOutput(gateway, operation, await operation.run(gateway, context, input));
  if (operation.audit === 'none' && !isKeyed(operation, context)) {
    await orWrittenDown(gateway, operation, context, () => {
      requireOwner(operation, context);
      requireScope(caller.principal, operation.scope, operation.name);
    });
    return checkOutput(gateway, operation, await operation.run(gateway, context, input));
  }
  return await audited(gateway, operation, context, input, onReplayed);
}

/** What is refused before it begins is written down all the same: a guess leaves a trace, too. */
async function orWrittenDown<Passed>(
  gateway: Gateway,
  { name: action, effect }: Operation,
  context: CallContext,
  check: () => Passed,
): Promise<Passed> {
  try {
    return check();
  } catch (thrown) {
    const error = toAppError(thrown, () => context.callId);
    const { code, message } = error;
    const draft = { phase: 'outcome', action, effect, status: statusOf(error), error: { code, message } } as const;
    await gateway.store.audit.append(context.scope, [gateway.entry(context, draft)]);
    throw error;
  }
}

const DENIALS: ReadonlySet<string> = new Set([
  'insufficient_scope',
  'policy_denied',
  'not_an_approver',
  'sign_in_again',
]);
const statusOf = ({ code }: AppError): 'denied' | 'failed' => (DENIALS.has(code) ? 'denied' : 'failed');

function acceptedInput(operation: Operation, context: CallContext, rawInput: unknown): never {
  const input = checkedInput(operation.input, rawInput);
  requireFitting(operation, context);
  requireFitKey(context);
  return input;
}

/** A key stands in the ledger as it is, and goes to providers that take one. A handler's is made by us. */
function requireFitKey({ idempotencyKey, principal }: CallContext): void {
  if (principal.type === 'handler' || idempotencyKey === undefined) return;
  if (redactText(checkedKey(idempotencyKey)) === idempotencyKey) return;
  throw new AppError('secret_in_argument', { argument: 'idempotencyKey' });
}

function requireFitting(operation: Operation, { connection, dryRun }: CallContext): void {
  if (operation.audit === 'call') return;
  if (connection !== undefined) {
    throw new AppError('invalid_argument', { argument: 'connection', problem: `${operation.name} calls no provider` });
  }
  if (dryRun && operation.effect !== 'read' && operation.previews !== true) {
    throw new AppError('invalid_argument', { argument: 'dry-run', problem: `${operation.name} cannot be previewed` });
  }
}

function checkOutput(gateway: Gateway, operation: Operation, output: unknown): unknown {
  const parsed = operation.output.safeParse(output);
  if (parsed.success) return parsed.data;
  const { path, message } = describeIssue(parsed.error.issues, output);
  gateway.log('error', 'an operation answered with something else than it declares', {
    operation: operation.name,
    path,
    message,
  });
  throw new AppError('internal', { id: `${operation.name}:${path}` });
}

async function audited(
  gateway: Gateway,
  operation: Operation,
  context: CallContext,
  input: never,
  onReplayed: Caller['onReplayed'],
): Promise<unknown> {
  const trace = new CallTrace(gateway, operation, context, input);
  try {
    allow(operation, context);
    if (operation.provenBy === undefined) requireScope(context.principal, operation.scope, operation.name);
    requireFreshSignIn(gateway, operation, context, input);
    const known = await trace.begin();
    if (known !== undefined) {
      onReplayed?.();
      return known.output;
    }
    const output = checkOutput(gateway, operation, await operation.run(gateway, context, input));
    await trace.succeed(output);
    return output;
  } catch (thrown) {
    const error = toAppError(thrown, () => context.callId);
    if (error.code === 'internal')
      gateway.log('error', 'an operation failed', { call: context.callId, cause: error.cause });
    await trace.fail(error, statusOf(error));
    throw error;
  }
}

/**
 * Operations on Fairlead itself are governed by scopes, and by one rule more: what would let an agent loosen its own
 * limits, it may not touch at all, whatever scopes its credential carries.
 */
function allow(operation: Operation, context: CallContext): void {
  requireOwner(operation, context);
  if (context.principal.type !== 'agent' || (operation.scope !== 'admin' && operation.scope !== 'approve')) return;
  throw new AppError('policy_denied', {
    operation: operation.name,
    environment: context.scope.environment,
    reason: 'agents do not change sources, secrets or approvals; a person has to run this',
  });
}

/** What concerns all tenants is for the one that runs the installation, whatever scopes another one's key carries. */
function requireOwner(operation: Operation, { scope }: CallContext): void {
  if (operation.installation !== true || scope.tenant === DEFAULT_TENANT) return;
  throw new AppError('policy_denied', {
    operation: operation.name,
    environment: scope.environment,
    reason: 'only the tenant that runs this installation may do it',
  });
}
