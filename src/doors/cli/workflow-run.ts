/** How a workflow that was started on the command line runs operations: as this process, here or at the owner. @module */
import { AppError, ERRORS } from '../../core/errors.js';
import { operationTable } from '../../operations/index.js';
import type { RunOperation, WorkflowState } from '../../workflows/index.js';
import type { CommandContext } from './command-context.js';
import { permitLive } from './operation-command.js';

/** In live, each write is asked about as if it had been typed. @throws AppError what the operation throws */
export async function workflowRun(context: CommandContext): Promise<RunOperation> {
  const table = operationTable(await context.connectors());
  return async (name, input, options = {}) => {
    const operation = table.find((row) => row.name === name);
    if (operation === undefined) throw new AppError('not_found', { what: 'operation', id: name });
    const { dryRun = false, connection, idempotencyKey } = options;
    if (!dryRun) await permitLive(context, operation, input);
    return await context.call(operation, input, {
      dryRun,
      ...(connection !== undefined && { connection }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    });
  };
}

const EXIT: Readonly<Record<WorkflowState, number>> = {
  done: 0,
  previewed: 0,
  pending_approval: ERRORS.approval_required.exit,
  unknown: ERRORS.outcome_unknown.exit,
  failed: ERRORS.provider_rejected.exit,
};

/** States that are no outcome of a write, such as `drafted`, are a success. */
export function exitOfWorkflow(state: string): number {
  return Object.hasOwn(EXIT, state) ? EXIT[state as WorkflowState] : 0;
}
