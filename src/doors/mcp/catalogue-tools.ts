/** The two tools that lead to everything that is not listed: find an action by words, run one by name. @module */
import { AppError } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import { unknownName } from './check-arguments.js';
import { CONTROLS } from './controls.js';
import { nearest } from './nearest.js';
import { refuse } from './refusal.js';
import type { McpTool, ToolAnswer } from './tool.js';

const FOUND_DEFAULT = 5;
const FOUND_MAX = 20;
const NEAREST_SHOWN = 3;

export function searchTool(tools: readonly McpTool[]): McpTool {
  return {
    name: 'actions_search',
    description: 'Finds actions and operations beyond these tools, with their input schemas. Run one with actions_run.',
    inputSchema: {
      type: 'object',
      properties: {
        query: { type: 'string', description: 'words, e.g. "create issue"' },
        limit: { type: 'integer', minimum: 1, maximum: FOUND_MAX },
      },
      required: ['query'],
      additionalProperties: false,
    },
    outputSchema: {
      type: 'object',
      properties: {
        actions: { type: 'array', items: { type: 'object' } },
        total: { type: 'integer' },
        truncated: { type: 'boolean' },
      },
    },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    run: async ({ query, limit = FOUND_DEFAULT }) => {
      if (typeof query !== 'string') throw invalid('query', 'it must be text');
      if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > FOUND_MAX)
        throw invalid('limit', `it must be a whole number from 1 to ${FOUND_MAX}`);
      const found = ranked(tools, query);
      const shown = found.slice(0, limit).map(({ operation, description, annotations, inputSchema }) => ({
        name: operation,
        description,
        reads: annotations.readOnlyHint,
        inputSchema,
      }));
      return { value: { actions: shown, total: found.length, truncated: found.length > shown.length } };
    },
  };
}

/** By how many of the words occur in name and description; the order of the table decides among equals. */
function ranked(tools: readonly McpTool[], query: string): McpTool[] {
  const words = query.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return tools
    .map((tool) => ({ tool, score: scoreOf(tool, words) }))
    .filter(({ score }) => score > 0 || words.length === 0)
    .sort((a, b) => b.score - a.score)
    .map(({ tool }) => tool);
}

function scoreOf({ name, operation, description }: McpTool, words: readonly string[]): number {
  const title = `${name} ${operation ?? ''}`.toLowerCase();
  const text = description.toLowerCase();
  const scores = words.map((word): number => (title.includes(word) ? 3 : text.includes(word) ? 1 : 0));
  return scores.reduce((sum, score) => sum + score, 0);
}

/** The tool that runs what the list does not show. */
export const RUN_TOOL = 'actions_run';

export function runTool(tools: readonly McpTool[]): McpTool {
  const byName = new Map(tools.flatMap((tool) => [[tool.operation!, tool] as const, [tool.name, tool] as const]));
  const names = tools.map(({ operation }) => operation!);
  return {
    name: RUN_TOOL,
    description: 'Runs an action or operation that actions_search found.',
    inputSchema: {
      type: 'object',
      properties: { name: { type: 'string' }, input: { type: 'object' }, ...CONTROLS },
      required: ['name', 'input'],
      additionalProperties: false,
    },
    outputSchema: { type: 'object' },
    // It can be any of them, so it is said to be the worst.
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    async run({ name, input, ...controls }, call): Promise<ToolAnswer> {
      if (typeof name !== 'string') throw invalid('name', 'it must be text');
      const tool = byName.get(name);
      if (tool === undefined) {
        const error = new AppError('not_found', { what: 'action', id: name.slice(0, 100) });
        const suggestions = nearest(name, names, NEAREST_SHOWN);
        const nextStep = { tool: 'actions_search', arguments: { query: name.slice(0, 100) } };
        return await refuse(
          { name: 'actions.run' },
          { error, correction: { field: 'name', suggestions, nextStep } },
          call,
        );
      }
      if (!isObject(input)) throw invalid('input', `it must be an object with the input of ${name}`);
      const takes = Object.keys(tool.inputSchema.properties ?? {});
      const stranger = Object.keys(controls).find((one) => !takes.includes(one) && controls[one] !== false);
      if (stranger !== undefined) {
        return await refuse({ name: tool.operation! }, unknownName('', stranger, ['name', 'input']), call);
      }
      const both = Object.keys(controls).find((one) => Object.hasOwn(input, one));
      if (both !== undefined) throw invalid(both, 'it is given in two places');
      return await tool.run({ ...input, ...without(controls, takes) }, call);
    },
  };
}

function without(controls: Readonly<Record<string, unknown>>, takes: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(controls).filter(([name]) => takes.includes(name)));
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
