/**
 * What of a result its caller gets to see. The ledger keeps what an action was asked to hand out; an agent that asks for
 * it gets it masked, since what a model has seen is in its transcript, unless policy says otherwise.
 *
 * @module
 */
import type { CallResult } from '../core/call.js';
import type { ConnectorDefinition } from '../core/connector.js';
import type { RawAnswer } from '../core/raw-request.js';
import type { SecretSet } from '../core/secret-set.js';
import { mayReveal, type Policy, type RevealQuestion } from '../policy/index.js';
import { findAction } from './find-action.js';
import { maskFields } from './output.js';
import type { ActionCall } from './plan.js';
import { RAW_ACTION } from './raw-action.js';
import { shownAnswer } from './raw-answer.js';

export interface ShowParts {
  connectors: readonly ConnectorDefinition[];
  secrets?: SecretSet;
  /** Default: policy's, by which everybody but agents sees what an action was asked to hand out. */
  mayReveal?: (question: RevealQuestion) => boolean;
  policy?: Policy;
}

export function shownResult(
  parts: ShowParts,
  call: Omit<ActionCall, 'input'> & { input?: unknown },
  result: CallResult,
): CallResult {
  const { principal, scope } = call.context;
  const question = { principal, action: call.action, environment: scope.environment };
  const isAllowed = parts.mayReveal?.(question) ?? mayReveal(question, parts.policy?.reveals);
  if (isRaw(parts, call.action)) return rawShown(parts, result, !isAllowed);
  if (result.output === undefined || isAllowed) return result;
  const { secretFields = [] } = findAction(parts.connectors, call.action).action;
  return secretFields.length === 0 ? result : { ...result, output: maskFields(result.output, secretFields) };
}

/** Whether the name is that of raw requests, and of no action. */
function isRaw({ connectors }: ShowParts, name: string): boolean {
  if (!name.endsWith(RAW_ACTION)) return false;
  const [provider, word] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
  const connector = connectors.find((one) => one.provider === provider);
  return word === RAW_ACTION && (connector === undefined || !Object.hasOwn(connector.actions, word));
}

function rawShown({ secrets }: ShowParts, result: CallResult, isMasked: boolean): CallResult {
  const shown = (answer: RawAnswer): RawAnswer => shownAnswer(answer, isMasked, secrets);
  // What a person decided about an unknown call is no answer of the provider.
  const { output, answer } = result as { output?: RawAnswer; answer?: RawAnswer };
  return {
    ...result,
    ...(typeof output?.status === 'number' && { output: shown(output) }),
    ...(answer !== undefined && { answer: shown(answer) }),
  };
}
