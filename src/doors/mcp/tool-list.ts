/** The answer of tools/list, the same bytes each time, and what it costs a model to have it before it. @module */
import type { ToolTable } from './tool-table.js';
import type { McpTool } from './tool.js';

export type ListedTool = Pick<McpTool, 'name' | 'description' | 'inputSchema' | 'outputSchema' | 'annotations'>;

export function listedTools({ listed }: ToolTable): ListedTool[] {
  return listed.map(({ name, description, inputSchema, outputSchema, annotations }) => ({
    name,
    description,
    inputSchema,
    outputSchema,
    annotations,
  }));
}

/** Characters of JSON a token stands for in these lists, as o200k counts them. test/mcp/tokens.test.ts checks it. */
const CHARACTERS_PER_TOKEN = 4.1;

export interface ToolCost {
  name: string;
  /** Name, description and input schema. */
  tokens: number;
  /** With output schema and hints. */
  whole: number;
}

/** An estimate from the length of the JSON: no tokenizer is shipped. */
export function toolCosts(tools: readonly ListedTool[]): ToolCost[] {
  return tools.map((tool) => {
    const { name, description, inputSchema } = tool;
    return { name, tokens: tokensOf({ name, description, inputSchema }), whole: tokensOf(tool) };
  });
}

function tokensOf(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / CHARACTERS_PER_TOKEN);
}
