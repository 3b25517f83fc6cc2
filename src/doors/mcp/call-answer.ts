/** What a call of an action came to, as a model reads it. @module */
import type { CallResult } from '../../core/call.js';
import { isObject } from '../../core/json.js';
import type { JsonSchema, Operation } from '../../operations/index.js';
import { errorObject, type Correction } from './tool-error.js';
import { toolNameOf } from './tool-name.js';
import type { ToolAnswer, Waiting } from './tool.js';

/** Beside `output`, which is the action's own. */
export const CALL_FIELDS: Readonly<Record<string, JsonSchema>> = {
  callId: { type: 'string' },
  state: { type: 'string' },
  idempotencyKey: { type: 'string' },
  endedAt: { type: 'string' },
  approval: { type: 'object' },
  preview: { type: 'object' },
};

const FAILED = new Set(['denied', 'expired', 'failed']);

export function callAnswer(operation: Operation, result: CallResult): ToolAnswer {
  const { error, endedAtMs, output, ...call } = result;
  const isPending = result.state === 'pending_approval';
  // Where nobody can be asked, waiting would be for nothing: it is told as what it is.
  const isUnasked = isPending && result.approval === undefined;
  const state = isUnasked ? 'denied' : result.state;
  const value = {
    ...call,
    state,
    ...(endedAtMs === undefined ? {} : { endedAt: new Date(endedAtMs).toISOString() }),
    ...(state === 'replayed' ? { note: REPLAYED } : {}),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error: errorObject(error, correctionOf(operation, result, isUnasked)) }),
  };
  const untrusted = [
    ...(output === undefined ? [] : ['output']),
    ...(result.raw === undefined ? [] : ['raw']),
    ...(result.answer === undefined ? [] : ['answer']),
    ...(isObject(result.preview) && result.preview.lookups !== undefined ? ['preview.lookups'] : []),
  ];
  return {
    value,
    ...(FAILED.has(state) ? { isError: true } : {}),
    ...(untrusted.length > 0 ? { untrusted } : {}),
    ...(isPending && result.approval?.url !== undefined && { waits: waitingOf(operation, result) }),
  };
}

function waitingOf({ name: action }: Operation, { callId, idempotencyKey: key, approval }: CallResult): Waiting {
  return { callId, key, action, approval: approval!.id, url: approval!.url! };
}

const REPLAYED =
  'The same call was made before; nothing was sent now. Only if it shall take place once more, call with repeat: true.';

function correctionOf(operation: Operation, result: CallResult, isUnasked: boolean): Correction {
  const { code } = result.error!;
  if (isUnasked || code === 'policy_denied') {
    return {
      expected: `a person runs it: fairlead action run ${operation.name} --env live --live, or changes the policy`,
      nextStep: { tool: toolNameOf(operation.name), arguments: { dryRun: true } },
    };
  }
  if (code === 'approval_required' && result.approval !== undefined) {
    const { id, url } = result.approval;
    const where = url === undefined ? '' : `, or opens ${url}`;
    return {
      expected: `a person decides: fairlead approval approve ${id}${where}. Tell them, then ask calls_get; no tool approves`,
      nextStep: { tool: 'calls_get', arguments: { id: result.callId } },
    };
  }
  if (code === 'not_connected') return { nextStep: { tool: 'connections_list' } };
  if (code === 'idempotency_required') return { field: 'idempotencyKey', expected: 'a text that you keep for retries' };
  if (code === 'idempotency_mismatch') return { field: 'idempotencyKey', expected: 'another key for another call' };
  if (result.state === 'unknown' || result.state === 'running') {
    return { nextStep: { tool: 'calls_get', arguments: { id: result.callId } } };
  }
  return {};
}
