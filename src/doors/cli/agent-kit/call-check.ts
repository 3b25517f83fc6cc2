/**
 * `fairlead agent hook`: looks at a tool call of Claude Code before it runs. A guard against accidents and injected
 * text, not against malice; docs/security.md says what it cannot stop.
 *
 * @module
 */
import { basename, dirname } from 'node:path';
import { isObject, parseJson } from '../../../core/json.js';
import { redactShapes, REDACTED } from '../../../core/secret-shapes.js';
import type { CommandContext } from '../command-context.js';
import { noteSession } from './session-note.js';

const INPUT_BYTES_MAX = 4 * 1024 * 1024;
const DEPTH_MAX = 32;
/** Blocks the call; the client shows stderr to the model. Any other failure would let it through. */
const BLOCKED = 2;
const SHELL = 'Bash';
const OUR_TOOLS = /^mcp__(?:plugin_fairlead_)?fairlead__/;
const SESSION = /^[\w-]{1,64}$/;

/** Places of secrets in a command line: `.env` and `.env.local`, but not the list of names in `.env.example`. */
const SECRET_PLACES = /(?<![\w.-])\.env(?!\.example\b)(?![\w-])|(?<![\w-])\.fairlead\/(?!$)/;
/** What goes into the folder or takes it along; to name it, as in a line for .gitignore, is nothing. */
const OPENS_FOLDER =
  /\b(?:cd|pushd|cp|mv|tar|zip|rsync|scp|find|grep\s+-\w*r)\s[^;|&\n]*(?<![\w-])\.fairlead(?![\w.-])/i;
/** Characters by their number, as shells, programs and addresses write them: `\x2e`, `\u002e`, `\u{2e}`, `\056`, `%2e`. */
const NUMBERED = /(?:\\+(?:x|u00)|%)([0-7][\da-f])|\\+u\{0*([0-7][\da-f])\}|\\+0?([01][0-7]{2})/gi;
/** What IDNA takes for a dot (RFC 3490, section 3.1). */
const DOTS = /[\u3002\uff0e\uff61]/g;
const BASE64 = /[\w+/-]{16,}/g;
/** A variable or a place to fill in is no secret: `Bearer $TOKEN`, `password=<yours>`. */
const NO_SECRET = /(?:authorization\s*:\s*)?(?:\b(?:bearer|basic|token) )?(?:\$\{?\w+\}?|<[\w -]{1,40}>)/gi;

export interface ToolCallEvent {
  /** What the client is about to do. */
  event: string;
  tool: string;
  input: unknown;
  session?: string;
}

/** Why a tool call must not take place, or `undefined`. Never shows what it found. */
export function refusalOf({ tool, input }: ToolCallEvent, hosts: ReadonlySet<string>): string | undefined {
  const texts: string[] = [];
  if (!collect(input, texts, 0)) return 'The arguments nest too deep to be looked at.';
  if (texts.some(isSecretText)) {
    return 'An argument looks like a secret. Connections hold secrets; no tool and no command line takes one.';
  }
  if (tool !== SHELL && tool !== 'WebFetch') return undefined;
  for (const text of texts.flatMap(formsOf)) {
    const host = hostIn(text, hosts);
    if (host !== undefined) {
      return `${host} is called through Fairlead: find the action with actions_search, or use \`fairlead request\`.`;
    }
    if (tool === SHELL && (SECRET_PLACES.test(text) || OPENS_FOLDER.test(text))) {
      return 'It names a place of secrets (.env, .fairlead/).';
    }
  }
  return undefined;
}

/** Reads one event from stdin and answers it. @returns 0, or 2 for what cannot be understood, which blocks the call */
export async function agentHook(context: CommandContext): Promise<number> {
  const { world } = context;
  const event = readEvent(await world.stdin.read(INPUT_BYTES_MAX + 1));
  if (event === undefined) {
    world.stderr.write('fairlead: the event on stdin cannot be read, so the call is not made\n');
    return BLOCKED;
  }
  if (event.event === 'SessionStart') return await startSession(context, event);
  const connectors = await context.connectors();
  const refusal = refusalOf(event, new Set(connectors.flatMap(({ hosts }) => hosts)));
  if (refusal !== undefined) {
    const hookSpecificOutput = {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: refusal,
    };
    world.stdout.write(`${JSON.stringify({ hookSpecificOutput })}\n`);
    return 0;
  }
  if (event.session !== undefined && OUR_TOOLS.test(event.tool)) await noteSession(context, event.session);
  return 0;
}

/** Commands that the client runs in this session get its id by a variable, tools by the note. */
async function startSession(context: CommandContext, { session }: ToolCallEvent): Promise<number> {
  const { world } = context;
  const path = world.variables['CLAUDE_ENV_FILE'];
  if (session === undefined) return 0;
  if (path !== undefined && path !== '') {
    await world
      .files(dirname(path))
      .append(basename(path), new TextEncoder().encode(`export FAIRLEAD_AGENT_SESSION=${session}\n`));
  }
  await noteSession(context, session);
  return 0;
}

function readEvent(bytes: Uint8Array): ToolCallEvent | undefined {
  const parsed = parseJson(bytes, { maxBytes: INPUT_BYTES_MAX });
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const { hook_event_name: event, tool_name: tool, tool_input: input, session_id: session } = parsed.value;
  if (typeof event !== 'string') return undefined;
  if (event !== 'SessionStart' && (typeof tool !== 'string' || !isObject(input))) return undefined;
  const known = typeof session === 'string' && SESSION.test(session) ? { session } : {};
  return { event, tool: typeof tool === 'string' ? tool : '', input, ...known };
}

/** All texts, names among them. `false`: too deep. */
function collect(value: unknown, into: string[], depth: number): boolean {
  if (depth > DEPTH_MAX) return false;
  if (typeof value === 'string') return into.push(value) > 0;
  if (typeof value !== 'object' || value === null) return true;
  if (!Array.isArray(value)) into.push(...Object.keys(value));
  return Object.values(value).every((part) => collect(part, into, depth + 1));
}

function isSecretText(text: string): boolean {
  const shown = text.replace(NO_SECRET, REDACTED);
  return redactShapes(shown) !== shown;
}

/** As the shell will read it: quotes and backslashes inside a word do not divide it. */
function plain(text: string): string {
  return text.replace(/["'\\]/g, '');
}

/** The text as it stands, with numbered characters read, and what stands in it as base64. */
function formsOf(text: string): string[] {
  const packed = (text.match(BASE64) ?? []).map((word) => Buffer.from(word, 'base64').toString('latin1'));
  return [text, numbered(text), ...packed].map(plain);
}

function numbered(text: string): string {
  return text.replace(NUMBERED, (_whole, hex?: string, braced?: string, octal?: string) =>
    String.fromCharCode(octal === undefined ? parseInt((hex ?? braced)!, 16) : parseInt(octal, 8)),
  );
}

function hostIn(text: string, hosts: ReadonlySet<string>): string | undefined {
  const words =
    text
      .replace(DOTS, '.')
      .toLowerCase()
      .match(/[a-z0-9.-]+/g) ?? [];
  return words.map((word) => word.replace(/^\.+|\.+$/g, '')).find((word) => hosts.has(word));
}
