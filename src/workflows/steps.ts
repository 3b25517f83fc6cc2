/**
 * What a workflow does with operations: it reads all pages, and it writes under a key of its own making, so that the
 * same work done again is answered from the ledger. Whoever starts a workflow brings the way to run an operation.
 *
 * @module
 */
import { canonicalHash } from '../core/canonical.js';
import type { CallResult, CallResultState, RequestPreview } from '../core/call.js';
import { AppError, type ErrorView } from '../core/errors.js';

export interface RunOptions {
  idempotencyKey?: string;
  /** The connection an action goes through. */
  connection?: string;
  dryRun?: boolean;
}

/** Runs one operation of the table for whoever started the workflow, under their policy and in their name. */
export type RunOperation = (
  operation: string,
  input: Readonly<Record<string, unknown>>,
  options?: RunOptions,
) => Promise<unknown>;

/** One write of a workflow, and what it came to. */
export interface Step {
  action: string;
  state: CallResultState;
  callId: string;
  output?: unknown;
  /** Of a dry run: the exact request. */
  preview?: RequestPreview;
  /** What a person has to agree to; the workflow, run again after that, goes on from here. */
  approval?: CallResult['approval'];
  error?: ErrorView;
}

/** What was done, or would be. */
export type WorkflowState = 'done' | 'previewed' | 'pending_approval' | 'unknown' | 'failed';

const PAGES_MAX = 1_000;

/** @throws AppError what the call came to, if that is no answer */
export async function read<Output>(
  run: RunOperation,
  action: string,
  input: Readonly<Record<string, unknown>>,
  connection?: string,
): Promise<Output> {
  const result = (await run(action, input, connection === undefined ? {} : { connection })) as CallResult;
  if (result.state === 'done' || result.state === 'replayed') return result.output as Output;
  throw failureOf(action, result);
}

/**
 * The output of every page, in order.
 *
 * @throws AppError `provider_contract` for a listing that does not end, and what a call came to
 */
export async function readPages<Output extends { nextCursor?: string | undefined }>(
  run: RunOperation,
  action: string,
  input: Readonly<Record<string, unknown>>,
  connection?: string,
): Promise<Output[]> {
  const pages: Output[] = [];
  let cursor: string | undefined;
  do {
    const page = await read<Output>(run, action, cursor === undefined ? input : { ...input, cursor }, connection);
    pages.push(page);
    cursor = page.nextCursor;
    if (pages.length >= PAGES_MAX && cursor !== undefined) {
      throw new AppError('provider_contract', { provider: action.split('.')[0]!, path: 'nextCursor' });
    }
  } while (cursor !== undefined);
  return pages;
}

/** Makes one write. What it came to is given back, a refusal by policy and a failure among it. */
export async function write(
  run: RunOperation,
  action: string,
  input: Readonly<Record<string, unknown>>,
  options: RunOptions & { idempotencyKey: string },
): Promise<Step> {
  const result = (await run(action, input, options)) as CallResult;
  const { callId, state, output, preview, approval, error } = result;
  return {
    action,
    state,
    callId,
    ...(output !== undefined && { output }),
    ...(preview !== undefined && { preview }),
    ...(approval !== undefined && { approval }),
    ...(error !== undefined && { error }),
  };
}

/** The key of a write that a workflow makes: the same facts make the same key, in every process and on every day. */
export function keyOf(workflow: string, facts: unknown): string {
  return `${workflow}:${digest(facts)}`;
}

/** 32 hexadecimal digits that name a value. */
export function digest(value: unknown): string {
  return Buffer.from(canonicalHash(value)).toString('hex').slice(0, 32);
}

export const isOver = ({ state }: Step): boolean => state === 'done' || state === 'replayed';

/** The whole is as good as its worst step. */
export function stateOf(steps: readonly Step[]): WorkflowState {
  const states = new Set(steps.map(({ state }) => state));
  if (states.has('failed') || states.has('denied') || states.has('expired')) return 'failed';
  if (states.has('unknown') || states.has('running')) return 'unknown';
  if (states.has('pending_approval')) return 'pending_approval';
  return states.has('previewed') ? 'previewed' : 'done';
}

/** What a result without an output means to somebody who needs that output. */
export function failureOf(action: string, { state, error, callId }: CallResult | Step): AppError {
  if (error !== undefined) return new AppError(error.code, error.data as never);
  if (state === 'pending_approval') return new AppError('approval_required', { operation: action });
  if (state === 'running') return new AppError('call_in_flight', { key: callId });
  return new AppError('outcome_unknown', { operation: action, callId });
}
