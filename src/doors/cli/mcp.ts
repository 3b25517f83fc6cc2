/** `fairlead mcp`: the tools for agents over stdio, what they cost, and one call by hand. @module */
import { AppError, ERRORS } from '../../core/errors.js';
import { isErrorCode } from '../../core/error-page.js';
import { isObject, parseJson } from '../../core/json.js';
import { localPrincipal } from '../../core/local-identity.js';
import type { Principal } from '../../core/principal.js';
import { notedSession } from './agent-kit/session-note.js';
import { agentOf } from './agent-marks.js';
import type { AgentCall, RunForAgent } from './agent-tools.js';
import type { ParsedFlags } from './command-input.js';
import type { CommandContext } from './command-context.js';
import { serve } from './serve.js';

const SESSION_BYTES = 9;
/** How long a session keeps the data directory after a call, where it had to open it: a server may be waiting for it. */
const IDLE_MS = 2_000;

export async function mcpStdio(
  context: CommandContext,
  _words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  // The client waits for the list and not for the data: the tools are loaded, the directory is opened by the first call.
  const tools = await context.tools();
  await tools.serveOnStdio(await runner(context, flags), context.world.onStop(), flags['readOnly'] === true);
  return 0;
}

export async function mcpServe(
  context: CommandContext,
  words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  context.print.note(
    'Agents connect to /mcp at the address below, with the key in FAIRLEAD_API_KEY or that of this machine.',
  );
  return await serve(context, words, flags);
}

export async function mcpTools(
  context: CommandContext,
  _words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const tools = await context.tools();
  if (flags['tokens'] !== true) {
    const list = tools.list().map(({ name, description }) => ({ name, description }));
    context.print.result({ tools: list }, { rows: 'tools', columns: ['name', 'description'] });
    return 0;
  }
  const costs = tools.costs();
  const sum = (of: 'tokens' | 'whole'): number => costs.reduce((total, cost) => total + cost[of], 0);
  const total = { name: 'all', tokens: sum('tokens'), whole: sum('whole') };
  context.print.result({ tools: [...costs, total] }, { rows: 'tools', columns: ['name', 'tokens', 'whole'] });
  context.print.note('Estimated from the length of the JSON.');
  return 0;
}

export async function mcpCall(
  context: CommandContext,
  [tool, json]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const given = json === undefined ? {} : objectOf(String(json));
  const tools = await context.tools();
  const never = new AbortController().signal;
  const { structuredContent, isError } = await tools.call(String(tool), given, await runner(context, flags), never);
  context.print.result(structuredContent);
  return isError === true ? exitOf(structuredContent) : 0;
}

function objectOf(text: string): Record<string, unknown> {
  const parsed = parseJson(new TextEncoder().encode(text));
  if (parsed.ok && isObject(parsed.value)) return parsed.value;
  throw new AppError('invalid_argument', { argument: 'json', problem: 'it is no JSON object' });
}

function exitOf({ error }: Record<string, unknown>): number {
  const code = isObject(error) ? error['code'] : undefined;
  return typeof code === 'string' && isErrorCode(code) ? ERRORS[code].exit : ERRORS.internal.exit;
}

/** Runs operations as the agent, wherever the data is, and gives the directory back when nobody asks for a while. */
async function runner(context: CommandContext, flags: ParsedFlags): Promise<RunForAgent> {
  const { world } = context;
  const [access, environment, config] = await Promise.all([context.access(), context.environment(), context.config()]);
  const fresh = Buffer.from(world.random.bytes(SESSION_BYTES)).toString('base64url');
  // Asked once, at the first call: a session that changed in between would make one write two.
  let asked: Promise<string> | undefined;
  const sessionOf = (): Promise<string> =>
    (asked ??= Promise.resolve(textOf(flags['session']) ?? notedSession(context).then((noted) => noted ?? fresh)));
  const { id } = world.ownership(config).principal;
  const marked = agentOf(world.variables);
  const onBehalfOf = textOf(flags['onBehalfOf']);
  const principalOf = (session: string, { client = marked, toolCallId }: AgentCall): Principal =>
    localPrincipal('agent', id, 'mcp', {
      session,
      ...(client !== undefined && { client }),
      ...(toolCallId !== undefined && { toolCallId }),
      ...(onBehalfOf !== undefined && { onBehalfOf }),
    });
  let running = 0;
  let cancelRest = (): void => undefined;
  return async (operation, input, call) => {
    const { dryRun, repeat, idempotencyKey, signal } = call;
    const options = { environment, dryRun, repeat, signal, ...(idempotencyKey !== undefined && { idempotencyKey }) };
    cancelRest();
    running += 1;
    try {
      return await access.call(operation, input, options, principalOf(await sessionOf(), call));
    } finally {
      running -= 1;
      if (running === 0 && access.owns) {
        cancelRest = world.clock.after(IDLE_MS, () => {
          if (running === 0) access.close().catch((cause: unknown) => world.log('error', 'closing failed', { cause }));
        });
      }
    }
  };
}

function textOf(flag: ParsedFlags[string]): string | undefined {
  return typeof flag === 'string' && flag !== '' ? flag : undefined;
}
