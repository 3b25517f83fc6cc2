/** The list of tools: complete, strict, small, the same each time, and without a secret parameter. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { LISTED_ACTIONS } from '../../src/connectors/listed-actions.js';
import { sensitivityOf } from '../../src/core/sensitive-name.js';
import { listedTools, toolCosts } from '../../src/doors/mcp/tool-list.js';
import { toolNameOf } from '../../src/doors/mcp/tool-name.js';
import { toolTable } from '../../src/doors/mcp/tool-table.js';
import { withheldBecause } from '../../src/doors/mcp/withheld.js';
import { inputFields, operationTable } from '../../src/operations/index.js';

const table = toolTable(CONNECTORS, LISTED_ACTIONS);
const tools = listedTools(table);
const TOKENS_MAX = 3_000;
const WHOLE_TOKENS_MAX = 6_000;
/** Sound like secrets and are none: a place in a list, and a wish. */
const INNOCENT = new Set(['syncToken', 'returnClientSecret']);
const CLIENT_PREFIX = 'mcp__fairlead__';

const input = ({ name, description, inputSchema }: (typeof tools)[number]) => ({ name, description, inputSchema });

describe('the list of tools', () => {
  it('costs a model little', () => {
    const tokens = countTokens(JSON.stringify(tools.map(input)));
    const whole = countTokens(JSON.stringify(tools));
    console.log(`${tools.length} tools: ${tokens} tokens of name, description and input; ${whole} in all (o200k)`);
    expect(tokens).toBeLessThanOrEqual(TOKENS_MAX);
    expect(whole).toBeLessThanOrEqual(WHOLE_TOKENS_MAX);
    expect(tools.length).toBeLessThanOrEqual(20);
  });

  it('is estimated by the command within a fifth', () => {
    const estimated = toolCosts(tools).reduce((sum, { tokens }) => sum + tokens, 0);
    const counted = tools.reduce((sum, tool) => sum + countTokens(JSON.stringify(input(tool))), 0);
    expect(Math.abs(estimated / counted - 1)).toBeLessThan(0.2);
  });

  it('S-708: is the same bytes each time', () => {
    expect(JSON.stringify(listedTools(toolTable(CONNECTORS, LISTED_ACTIONS)))).toBe(JSON.stringify(tools));
  });

  it('has all actions that are to be listed', () => {
    const names = tools.map(({ name }) => name);
    expect(LISTED_ACTIONS.map(toolNameOf).filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('every operation', () => {
  const rows = operationTable(CONNECTORS).map((operation) => [operation.name, operation] as const);

  it.each(rows)('%s is a tool, or it is said why not', (name, operation) => {
    // A tool made by hand may have the name that one of an operation would have.
    const named = table.byName.get(toolNameOf(name));
    const tool = named?.operation === name ? named : undefined;
    expect(tool === undefined).toBe(withheldBecause(operation) !== undefined);
    if (tool === undefined) return;
    const fields = inputFields(operation).map((field) => field.name);
    const offered = Object.keys(tool.inputSchema.properties ?? {});
    expect(offered).toEqual(expect.arrayContaining(fields));
    expect(tool.annotations.readOnlyHint).toBe(operation.effect === 'read');
    if (operation.effect === 'delete' || operation.effect === 'pay')
      expect(tool.annotations.destructiveHint).toBe(true);
  });
});

describe.each([...table.byName.values()].map((tool) => [tool.name, tool] as const))('%s', (name, tool) => {
  it('is strict, described, hinted, and takes no secret', () => {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect((CLIENT_PREFIX + name).length).toBeLessThanOrEqual(64);
    expect(tool.description).toMatch(/\.$/);
    expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(tool.outputSchema.type).toBe('object');
    expect(Object.values(tool.annotations).map((hint) => typeof hint)).toEqual(Array(4).fill('boolean'));
    const parameters = Object.keys(tool.inputSchema.properties ?? {});
    const secrets = parameters.filter((parameter) => sensitivityOf(parameter) === 'value' && !INNOCENT.has(parameter));
    expect(secrets).toEqual([]);
  });
});
