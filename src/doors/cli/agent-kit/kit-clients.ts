/** What the kit writes for each client that we know the settings of. @module */
import { claudeCodeFiles, serverOf, stdioOf } from './claude-code.js';
import { AGENT_BLOCK } from './kit-texts.js';
import type { KitFacts, KitFile } from './kit-file.js';
import { MARKDOWN_MARKS, TOML_MARKS } from './text-block.js';

export const KIT_CLIENTS = ['claude-code', 'claude-desktop', 'cursor', 'vscode', 'codex'] as const;
export type KitClient = (typeof KIT_CLIENTS)[number];

const FILES_OF: Readonly<Record<KitClient, (facts: KitFacts) => KitFile[]>> = {
  'claude-code': claudeCodeFiles,
  'claude-desktop': desktopFiles,
  cursor: (facts) => [servers('.cursor/mcp.json', 'mcpServers', fromEnvironment(facts)), agentsFile()],
  vscode: (facts) => [servers('.vscode/mcp.json', 'servers', typed(fromEnvironment(facts))), agentsFile()],
  codex: (facts) => [codexFile(facts), agentsFile()],
};

export function kitFiles(client: KitClient, facts: KitFacts): KitFile[] {
  return FILES_OF[client](facts);
}

export function isKitClient(name: unknown): name is KitClient {
  return KIT_CLIENTS.includes(name as KitClient);
}

function servers(path: string, under: string, server: Record<string, unknown>): KitFile {
  return { root: 'project', path, kind: 'json', edits: [{ at: [under], members: { fairlead: server } }] };
}

/** These two write a variable as `${env:NAME}`. */
function fromEnvironment(facts: KitFacts): Record<string, unknown> {
  const server = serverOf(facts);
  if (server['headers'] === undefined) return server;
  return { ...server, headers: { Authorization: 'Bearer ${env:FAIRLEAD_API_KEY}' } };
}

function typed(server: Record<string, unknown>): Record<string, unknown> {
  return server['type'] === undefined ? { type: 'stdio', ...server } : server;
}

function agentsFile(): KitFile {
  return { root: 'project', path: 'AGENTS.md', kind: 'block', text: AGENT_BLOCK, marks: MARKDOWN_MARKS };
}

const DESKTOP_FOLDERS: Readonly<Record<string, string>> = {
  darwin: 'Library/Application Support/Claude',
  win32: 'AppData/Roaming/Claude',
};

/** One file for all projects, and a server that is started anywhere: it has to be told where the data is. */
function desktopFiles({ command, project, dataDir, platform }: KitFacts): KitFile[] {
  const isLocal = command[0] === 'npx';
  const program: KitFacts['command'] = isLocal ? ['npm', 'exec', '--prefix', project, '--', 'fairlead'] : command;
  const after = ['--data-dir', dataDir];
  const path = `${DESKTOP_FOLDERS[platform] ?? '.config/Claude'}/claude_desktop_config.json`;
  return [{ ...servers(path, 'mcpServers', stdioOf(program, after)), root: 'home' }];
}

/** TOML 1.0: basic strings are written as JSON strings. */
function codexFile(facts: KitFacts): KitFile {
  const { command, args } = stdioOf(facts.command);
  const lines =
    facts.url === undefined
      ? [`command = ${JSON.stringify(command)}`, `args = ${JSON.stringify(args)}`]
      : [`url = ${JSON.stringify(facts.url)}`, 'bearer_token_env_var = "FAIRLEAD_API_KEY"'];
  const text = ['[mcp_servers.fairlead]', ...lines].join('\n');
  const unless = /^\s*\[\s*mcp_servers\s*\.\s*["']?fairlead["']?\s*\]/m;
  return { root: 'project', path: '.codex/config.toml', kind: 'block', text, marks: TOML_MARKS, unless };
}
