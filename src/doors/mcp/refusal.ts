/** A call that this door refuses before any operation sees it: it leaves a line in the audit log all the same. @module */
import { AppError } from '../../core/errors.js';
import { operationNamed, type Operation } from '../../operations/index.js';
import { errorObject, type CorrectableError } from './tool-error.js';
import type { ToolAnswer, ToolCall } from './tool.js';

/** Neither the arguments nor their values are in the line, only the error and the name of the field. */
export async function refuse(
  operation: Pick<Operation, 'name'>,
  { error, correction }: CorrectableError,
  call: ToolCall,
): Promise<ToolAnswer> {
  const details = {
    refused: error.code,
    door: 'mcp',
    ...(correction.field === undefined ? {} : { field: correction.field }),
  };
  const input = { action: actionOf(operation.name), status: 'failed', details };
  const plain = { dryRun: false, repeat: false, signal: call.signal };
  try {
    await call.run(operationNamed('audit.write'), input, plain);
  } catch (problem) {
    // A key that only reads may not write a line of its own; that it tried has left one.
    if (!(problem instanceof AppError) || problem.code !== 'insufficient_scope') throw problem;
  }
  return { value: { error: errorObject(error.view(), correction) }, isError: true };
}

/** In the log a tool that is no operation stands under words joined by dots, like everything else. */
function actionOf(name: string): string {
  return name.includes('.') ? name : name.replaceAll('_', '.');
}
