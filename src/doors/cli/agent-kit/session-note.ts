/**
 * The session of the client, from the check before a tool to the server of that tool: two processes that the client
 * starts and that know nothing of each other. The server takes it once, so that identical writes of its life stay one.
 *
 * @module
 */
import { isObject, parseJson } from '../../../core/json.js';
import type { CommandContext } from '../command-context.js';

const NOTE_FILE = 'agent-session.json';
/** An older note is of a session that has ended. */
const NOTE_MS = 60_000;

export async function noteSession(context: CommandContext, session: string): Promise<void> {
  const { world } = context;
  const { dataDir } = await context.config();
  const text = JSON.stringify({ session, notedAtMs: world.clock.nowMs() });
  await world.files(dataDir).write(NOTE_FILE, new TextEncoder().encode(text), 0o600);
}

/** The session that was noted a moment ago. */
export async function notedSession(context: CommandContext): Promise<string | undefined> {
  const { world } = context;
  const { dataDir } = await context.config();
  const bytes = await world.files(dataDir).read(NOTE_FILE);
  const parsed = bytes === undefined ? undefined : parseJson(bytes);
  if (parsed?.ok !== true || !isObject(parsed.value)) return undefined;
  const { session, notedAtMs } = parsed.value;
  if (typeof session !== 'string' || !/^[\w-]{1,64}$/.test(session) || typeof notedAtMs !== 'number') return undefined;
  return Math.abs(world.clock.nowMs() - notedAtMs) <= NOTE_MS ? session : undefined;
}
