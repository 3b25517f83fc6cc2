/** `fairlead spec add`: reads an API description here, because it may be larger than a request, and has it kept. @module */
import { DESCRIPTION_BYTES_MAX, entriesOfDescription, operationNamed } from '../../operations/index.js';
import { readUserFile } from './command-input.js';
import type { CommandContext } from './command-context.js';
import { runWith } from './operation-command.js';

const OPERATION = operationNamed('specs.add');

export async function specAdd(context: CommandContext, words: readonly unknown[]): Promise<number> {
  const [provider = '', path = ''] = words.map(String);
  const bytes = await readUserFile(context.world, path, DESCRIPTION_BYTES_MAX);
  const entries = await entriesOfDescription(provider, bytes);
  const operations = entries.map(({ provider: _provider, ...entry }) => entry);
  return await runWith(context, OPERATION, { provider, operations });
}
