/**
 * The marks that coding agents leave in the environment of the commands they run. A process that carries one acts as
 * an agent: it may read and work in sandbox, and cannot change sources, secrets or approvals.
 *
 * A mark can be removed by whoever starts the process, so this is a guard against accidents, not against malice: an
 * agent that works as the same operating system user can do what that user can. docs/security.md says how to close it.
 *
 * @module
 */

export interface AgentMark {
  /** The whole name of a variable, or the beginning of one where it ends in `_`. */
  variable: string;
  /** How the audit log calls the program. */
  client: string;
  /** Where the mark comes from, or why it is on the list. */
  why: string;
}

/** The first that matches names the client. A variable that is empty, `0` or `false` is no mark. */
export const AGENT_MARKS: readonly AgentMark[] = [
  { variable: 'CLAUDECODE', client: 'claude-code', why: 'set to 1 in every shell that Claude Code opens' },
  { variable: 'CLAUDE_CODE_', client: 'claude-code', why: 'session and entry point variables of Claude Code' },
  { variable: 'CURSOR_AGENT', client: 'cursor', why: 'set by the agent terminal of Cursor' },
  { variable: 'CURSOR_TRACE_ID', client: 'cursor', why: 'set in terminals that Cursor opens for its agent' },
  { variable: 'CODEX_', client: 'codex', why: 'sandbox and session variables of the Codex CLI (CODEX_SANDBOX)' },
  { variable: 'AIDER_', client: 'aider', why: 'settings of aider, which its child processes inherit' },
  { variable: 'GEMINI_CLI', client: 'gemini-cli', why: 'set to 1 in commands that the Gemini CLI runs' },
  { variable: 'QWEN_CODE', client: 'qwen-code', why: 'the fork of the Gemini CLI marks its commands likewise' },
  { variable: 'OPENCODE', client: 'opencode', why: 'set to 1 by opencode' },
  { variable: 'CLINE_ACTIVE', client: 'cline', why: 'set in terminals that Cline opens' },
  { variable: 'AUGMENT_AGENT', client: 'augment', why: 'set by the Augment agent' },
  { variable: 'AMP_THREAD_ID', client: 'amp', why: 'set in commands of an Amp thread' },
  { variable: 'COPILOT_AGENT_', client: 'copilot', why: 'variables of the Copilot coding agent' },
  { variable: 'REPLIT_AGENT', client: 'replit', why: 'set where the Replit agent works' },
  { variable: 'AGENT', client: 'agent', why: 'the common name that several agents agreed to set' },
  { variable: 'AI_AGENT', client: 'agent', why: 'a common name, as above' },
];

/** The client whose mark is in the environment, or `undefined`. */
export function agentOf(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  const set = Object.keys(variables).filter(
    (name) => !['', '0', 'false'].includes((variables[name] ?? '').toLowerCase()),
  );
  return AGENT_MARKS.find(({ variable }) => set.some((name) => carries(name, variable)))?.client;
}

function carries(name: string, variable: string): boolean {
  return variable.endsWith('_') ? name.startsWith(variable) : name === variable;
}
