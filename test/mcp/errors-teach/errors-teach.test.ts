/**
 * What a refusal teaches. A fixer that knows nothing, and only does what the refusal says, repairs the call: it takes the
 * first suggestion, and where an argument is missing, a value of the kind that is asked for.
 */
import { expect, it } from 'vitest';
import { callTool } from '../../../src/doors/mcp/call-tool.js';
import type { RunOperation } from '../../../src/doors/mcp/calls.js';
import { toolTable } from '../../../src/doors/mcp/tool-table.js';
import { CONNECTORS } from '../../../src/connectors/index.js';
import { LISTED_ACTIONS } from '../../../src/connectors/listed-actions.js';
import { RIGHT, wrongCalls, type WrongCall } from './wrong-calls.js';

const table = toolTable(CONNECTORS, LISTED_ACTIONS);
const run: RunOperation = async ({ audit }) =>
  audit === 'call' ? { callId: 'call_1', idempotencyKey: 'k', state: 'previewed' } : {};
const signal = new AbortController().signal;
const FIXES_MAX = 3;
const CALLS_MIN = 120;

interface Told {
  field?: string;
  expected?: unknown;
  suggestions?: unknown[];
}

async function refusalOf(tool: string, given: Record<string, unknown>): Promise<Told | undefined> {
  const answer = await callTool({ table, onUnforeseen: () => 'none' }, tool, given, { run, signal });
  return answer.isError === true ? (answer.structuredContent['error'] as Told) : undefined;
}

/** Only what stands in the refusal, and what the caller had in mind. */
function fixed(given: Record<string, unknown>, { field = '', suggestions = [], expected }: Told, meant: unknown) {
  const [first] = suggestions;
  const { [field]: value, ...rest } = given;
  if (value === undefined) return { ...rest, [field]: meant };
  // A name that does not exist is replaced by the one that was meant, a value by a value.
  const isName = Array.isArray(expected) && expected.includes(first) && !Object.hasOwn(RIGHT_NAMES, field);
  if (isName) return { ...rest, [String(first)]: value };
  return first === undefined ? given : { ...rest, [field]: first };
}

const RIGHT_NAMES: Record<string, true> = Object.fromEntries(
  RIGHT.flatMap(([, given]) => Object.keys(given).map((name) => [name, true as const])),
);
const rightOf = (tool: string): Record<string, unknown> => RIGHT.find(([name]) => name === tool)![1];

async function isFixed(call: WrongCall): Promise<boolean> {
  let { given } = call;
  for (let tries = 0; tries < FIXES_MAX; tries++) {
    const told = await refusalOf(call.tool, given);
    if (told === undefined) return true;
    given = fixed(given, told, rightOf(call.tool)[told.field ?? '']);
  }
  return (await refusalOf(call.tool, given)) === undefined;
}

/** Names the field, and something that would do there. */
const teaches = ({ field }: WrongCall, told: Told): boolean =>
  told.field === field && ((told.suggestions?.length ?? 0) > 0 || told.expected !== undefined);

it('right calls are right', async () => {
  for (const [tool, given] of RIGHT) expect([tool, await refusalOf(tool, given)]).toEqual([tool, undefined]);
});

it('a refusal says which argument is wrong and what would do, and doing so is enough', async () => {
  const required = (tool: string): readonly string[] => table.byName.get(tool)!.inputSchema.required ?? [];
  const calls = wrongCalls(required);
  const rows = await Promise.all(
    calls.map(async (call) => ({ call, told: await refusalOf(call.tool, call.given), fixed: await isFixed(call) })),
  );
  // Some mistakes are none to us: a list or JSON that a client sent as text is read.
  const refused = rows.flatMap(({ told, ...row }) => (told === undefined ? [] : [{ ...row, told }]));
  const taught = refused.filter(({ call, told }) => teaches(call, told));
  const repaired = refused.filter((row) => row.fixed);
  for (const { call, told } of refused.filter((row) => !taught.includes(row) || !row.fixed)) {
    console.log(`${call.tool}: ${call.mistake} in ${call.field}: ${JSON.stringify(told).slice(0, 200)}`);
  }
  const share = (part: unknown[]): string => `${part.length} (${((100 * part.length) / refused.length).toFixed(1)} %)`;
  console.log(
    `errors-teach: ${refused.length} refusals; ${share(taught)} teach, ${share(repaired)} are repaired by them`,
  );
  expect(refused.length).toBeGreaterThanOrEqual(CALLS_MIN);
  expect(taught.length / refused.length).toBeGreaterThanOrEqual(0.95);
  expect(repaired.length / refused.length).toBeGreaterThanOrEqual(0.9);
});
