/** `fairlead db`: the database under the store, past the operations. @module */
import { AppError } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import { isReference } from './secret-arguments.js';
import type { DatabaseTools } from './world.js';

/** Progress is said at most this often. */
const PROGRESS_MS = 1_000;

async function toolsOf(context: CommandContext): Promise<DatabaseTools> {
  return context.world.database(await context.config());
}

export async function dbStatus(context: CommandContext): Promise<number> {
  const facts = await (await toolsOf(context)).facts();
  const server = await context.world.ownership(await context.config()).readServer();
  const serving = server === undefined || facts.serving.length > 0 ? facts.serving : [`process ${server.pid} runs`];
  context.print.result({ ...facts, serving });
  return 0;
}

export async function dbMigrate(context: CommandContext): Promise<number> {
  await refuseAgents(context, 'db migrate');
  const { dryRun } = context.globals;
  const tools = await toolsOf(context);
  const { found, known, pending } = dryRun ? await tools.schema() : await tools.migrate();
  context.print.result({
    dryRun,
    from: found,
    to: Math.max(found, known),
    applied: dryRun ? [] : pending,
    pending: dryRun ? pending : [],
  });
  if (found > known) context.print.note('The schema is one version ahead of this program, which can serve from it.');
  return 0;
}

export async function dbMove(context: CommandContext, _words: readonly unknown[], flags: ParsedFlags): Promise<number> {
  await refuseAgents(context, 'db move');
  const { print, globals } = context;
  const to = goalOf(context, flags['to']);
  const options = { nodesStopped: flags['nodesStopped'] === true };
  const tools = await toolsOf(context);
  if (globals.dryRun) {
    print.result({ moved: false, ...(await tools.summary(options)) });
    return 0;
  }
  const { next, ...report } = await tools.move(to, options, progressTo(context));
  print.result({ moved: true, ...report, next });
  for (const step of next) print.note(step);
  return 0;
}

/** A password belongs into no argument: `env:NAME` names the variable that holds the address. */
function goalOf({ world }: CommandContext, given: unknown): string {
  if (typeof given !== 'string') throw invalid('it is required: postgres://..., sqlite:PATH, or env:NAME');
  if (!isReference(given)) {
    if (URL.canParse(given) && new URL(given).password !== '')
      throw new AppError('secret_in_argument', { argument: '--to' });
    return given;
  }
  const value = given.startsWith('env:') ? world.variables[given.slice('env:'.length)] : undefined;
  if (value === undefined || value === '')
    throw invalid('of references only env:NAME works here, of a variable that is set');
  return value;
}

function invalid(problem: string): AppError {
  return new AppError('invalid_argument', { argument: '--to', problem });
}

/** One line a second at most, and one for each thing that is done. */
function progressTo({ world, print }: CommandContext): Parameters<DatabaseTools['move']>[2] {
  let lastMs = -Infinity;
  return ({ what, done, total }) => {
    const nowMs = world.clock.monotonicMs();
    if (done < total && nowMs - lastMs < PROGRESS_MS) return;
    lastMs = nowMs;
    print.note(`${what}: ${done} of ${total}`);
  };
}

/** What replaces the store is administration, and this is no operation that could say so. */
async function refuseAgents(context: CommandContext, operation: string): Promise<void> {
  const { principal } = context.world.ownership(await context.config());
  if (principal.scopes.includes('admin')) return;
  const reason = 'agents do not change the store as a whole';
  throw new AppError('policy_denied', { operation, environment: 'sandbox and live', reason });
}
