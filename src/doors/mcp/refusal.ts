/** A call that this door refuses before any operation sees it: it leaves a line in the audit log all the same. @module */
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
  const input = { action: operation.name, status: 'failed', details };
  const plain = { dryRun: false, repeat: false, signal: call.signal };
  await call.run(operationNamed('audit.write'), input, plain);
  return { value: { error: errorObject(error.view(), correction) }, isError: true };
}
