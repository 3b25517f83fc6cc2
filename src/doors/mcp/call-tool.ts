/** One tools/call from the first check to the written result. Never throws: what went wrong is in the result. @module */
import { AppError, isAppError, toAppError } from '../../core/errors.js';
import { bounded, sizeOf, ANSWER_CHARACTERS_MAX } from './bounded.js';
import { correctionAt, secretAmong, unknownName } from './check-arguments.js';
import { cleanValue } from './clean-text.js';
import { nearest } from './nearest.js';
import type { Pacing } from './pace.js';
import { refuse } from './refusal.js';
import { errorObject, type CorrectableError, type Correction } from './tool-error.js';
import type { ToolTable } from './tool-table.js';
import type { McpTool, ToolAnswer, ToolCall, Waiting } from './tool.js';

export interface ToolResult {
  content: { type: 'text'; text: string }[];
  structuredContent: Record<string, unknown>;
  isError?: true;
}

/** A result, and what is not part of it: that it is of a call which waits for a person. */
export type WaitingResult = ToolResult & { waits?: Waiting };

export interface ToolParts {
  table: ToolTable;
  /** For an error that nobody foresaw: its text is for the log alone. @returns its id. */
  onUnforeseen: (error: unknown) => string;
  /** Of who calls; absent: nobody counts. */
  pace?: Pacing;
}

const SHRINKS_MAX = 6;
const NAME_CHARACTERS_MAX = 100;
const SUGGESTIONS = 3;

export async function callTool(
  parts: ToolParts,
  name: string,
  given: Readonly<Record<string, unknown>>,
  call: ToolCall,
): Promise<WaitingResult> {
  const tool = parts.table.byName.get(name);
  const told = (error: AppError): ToolResult => {
    const value = { error: errorObject(error.view(), correctionOf(tool, given, error)) };
    return written({ value, isError: true });
  };
  const unforeseen = (thrown: unknown): AppError => toAppError(thrown, () => parts.onUnforeseen(thrown));
  let hasRun = false;
  const run: ToolCall['run'] = (...asked) => ((hasRun = true), call.run(...asked));
  try {
    return written(await answerOf(parts, tool, name, given, { ...call, run }));
  } catch (thrown) {
    const error = unforeseen(thrown);
    // Whatever is run writes down itself how it ended.
    if (hasRun || tool === undefined) return told(error);
    const refused = { error, correction: correctionOf(tool, given, error) ?? {} };
    return await refuse({ name: tool.operation ?? tool.name }, refused, call).then(written, (second: unknown) =>
      told(unforeseen(second)),
    );
  }
}

async function answerOf(
  { table, pace }: ToolParts,
  tool: McpTool | undefined,
  name: string,
  given: Readonly<Record<string, unknown>>,
  call: ToolCall,
): Promise<ToolAnswer> {
  if (tool === undefined) return await refuse({ name: 'tools.call' }, noSuchTool(table, name), call);
  const tooFast = pace?.(name, given);
  if (tooFast !== undefined) {
    return await refuse({ name: tool.operation ?? tool.name }, { error: tooFast, correction: {} }, call);
  }
  const declared = Object.keys(tool.inputSchema.properties ?? {});
  const refusal = secretAmong(given, declared) ?? strangerAmong(tool, given);
  if (refusal !== undefined) return await refuse({ name: tool.operation ?? tool.name }, refusal, call);
  return await fitting(await tool.run(given, call));
}

/** What was thrown about an argument names it; what would fit there is in the schema. */
function correctionOf(
  tool: McpTool | undefined,
  given: Readonly<Record<string, unknown>>,
  error: AppError,
): Correction | undefined {
  if (tool === undefined || !isAppError(error, 'invalid_argument')) return undefined;
  return correctionAt(tool.inputSchema, given, error.data.argument);
}

function strangerAmong(tool: McpTool, given: Readonly<Record<string, unknown>>): CorrectableError | undefined {
  const names = Object.keys(tool.inputSchema.properties ?? {});
  const stranger = Object.keys(given).find((name) => !names.includes(name));
  const missing = tool.inputSchema.required?.find((name) => given[name] === undefined);
  if (stranger !== undefined) return unknownName('', stranger, names, missing);
  if (missing === undefined) return undefined;
  const { description: _words, ...expected } = tool.inputSchema.properties?.[missing] ?? {};
  return {
    error: new AppError('invalid_argument', { argument: missing, problem: 'it is missing' }),
    correction: { field: missing, expected },
  };
}

function noSuchTool(table: ToolTable, name: string): CorrectableError {
  const suggestions = nearest(name, [...table.byName.keys()], SUGGESTIONS);
  const error = new AppError('not_found', { what: 'tool', id: name.slice(0, NAME_CHARACTERS_MAX) });
  return { error, correction: { field: 'name', suggestions, nextStep: { tool: 'actions_search' } } };
}

/** A list that is too long is asked for again in smaller pages, so that its cursor goes on where it ends. */
async function fitting(answer: ToolAnswer): Promise<ToolAnswer> {
  let current = answer;
  for (let shrinks = 0; shrinks < SHRINKS_MAX; shrinks++) {
    if (current.isError === true || answer.shrink === undefined) return current;
    if (sizeOf(current.value) <= ANSWER_CHARACTERS_MAX) return current;
    const rows = Math.max(0, ...Object.values(current.value).map((one) => (Array.isArray(one) ? one.length : 0)));
    if (rows <= 1) return current;
    current = await answer.shrink(Math.floor(rows / 2));
  }
  return current;
}

function written({ value, isError, untrusted, waits }: ToolAnswer): WaitingResult {
  const { value: shown, cut } = bounded(cleanValue(value));
  // The notes say which fields were cut, and those may be named by a stranger.
  const marked = untrusted && (cut.length > 0 ? [...untrusted, 'cut'] : untrusted);
  const marks = { ...(marked && { untrusted: marked }), ...(cut.length > 0 && { cut }) };
  const structured = { ...(shown as Record<string, unknown> | undefined), ...marks };
  return {
    content: [{ type: 'text', text: JSON.stringify(structured) }],
    structuredContent: structured,
    ...(isError === true && { isError }),
    ...(waits !== undefined && { waits }),
  };
}
