/** The settings of Claude Code, in its own words: servers, permissions, and what runs before a tool. @module */
import { AGENT_BLOCK, SKILL_TEXT } from './kit-texts.js';
import type { KitFacts, KitFile } from './kit-file.js';
import { MARKDOWN_MARKS } from './text-block.js';

/** What no tool of the client shall read or change: where secrets are. */
const WITHHELD = ['./.env*', './.fairlead/**'];
const CHECK_SECONDS = 10;
/** Tools whose arguments leave the client: shells, pages, every server of tools. */
const CHECKED_TOOLS = 'Bash|WebFetch|mcp__.*';

export function claudeCodeFiles(facts: KitFacts): KitFile[] {
  const named = (reads: boolean): string[] =>
    facts.tools.filter((tool) => tool.reads === reads).map(({ name }) => `mcp__fairlead__${name}`);
  const deny = ['Read', 'Edit'].flatMap((tool) => WITHHELD.map((path) => `${tool}(${path})`));
  const { PreToolUse, SessionStart } = beforeTools(facts.command.join(' '));
  return [
    {
      root: 'project',
      path: '.mcp.json',
      kind: 'json',
      edits: [{ at: ['mcpServers'], members: { fairlead: serverOf(facts) } }],
    },
    {
      root: 'project',
      path: '.claude/settings.json',
      kind: 'json',
      edits: [
        { at: ['permissions', 'allow'], items: named(true) },
        { at: ['permissions', 'ask'], items: named(false) },
        { at: ['permissions', 'deny'], items: deny },
        { at: ['hooks', 'PreToolUse'], items: PreToolUse },
        { at: ['hooks', 'SessionStart'], items: SessionStart },
      ],
    },
    { root: 'project', path: 'CLAUDE.md', kind: 'block', text: AGENT_BLOCK, marks: MARKDOWN_MARKS },
    { root: 'project', path: '.claude/skills/fairlead/SKILL.md', kind: 'whole', text: SKILL_TEXT },
  ];
}

/** The same as files of a plugin: paths from its folder. */
export function pluginFiles(version: string): { path: string; text: string }[] {
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  const says = 'Calls to SaaS products through Fairlead: tools, what to know of them, a check before each tool.';
  const command: KitFacts['command'] = ['npx', '--no-install', 'fairlead'];
  return [
    {
      path: '.claude-plugin/plugin.json',
      text: json({
        name: 'fairlead',
        version,
        description: says,
        license: 'Apache-2.0',
        mcpServers: { fairlead: stdioOf(command) },
        hooks: beforeTools(command.join(' ')),
      }),
    },
    {
      path: '.claude-plugin/marketplace.json',
      text: json({
        name: 'fairlead',
        owner: { name: 'Fairlead' },
        plugins: [{ name: 'fairlead', source: './', description: says }],
      }),
    },
    { path: 'skills/fairlead/SKILL.md', text: SKILL_TEXT },
  ];
}

/** `${NAME}` is filled in by the client, so that no key stands in the file. */
export function serverOf({ command, url }: KitFacts): Record<string, unknown> {
  if (url === undefined) return stdioOf(command);
  return { type: 'http', url, headers: { Authorization: 'Bearer ${FAIRLEAD_API_KEY}' } };
}

export function stdioOf([command, ...before]: KitFacts['command'], after: readonly string[] = []) {
  return { command, args: [...before, 'mcp', 'stdio', ...after] };
}

function beforeTools(program: string): { PreToolUse: unknown[]; SessionStart: unknown[] } {
  const run = [{ type: 'command', command: `${program} agent hook`, timeout: CHECK_SECONDS }];
  return { PreToolUse: [{ matcher: CHECKED_TOOLS, hooks: run }], SessionStart: [{ hooks: run }] };
}
