/** What the agent kit writes, that it leaves alone what is there, and that it can be taken out again. */
import { beforeEach, describe, expect, it } from 'vitest';
import { readJsonText, valueOfPart } from '../../src/doors/cli/agent-kit/json-text.js';
import { KIT_CLIENTS } from '../../src/doors/cli/agent-kit/kit-clients.js';
import { AGENT_BLOCK } from '../../src/doors/cli/agent-kit/kit-texts.js';
import { SETUP_FILE } from '../../src/doors/cli/agent-kit/setup.js';
import { pluginFiles } from '../../src/doors/cli/agent-kit/claude-code.js';
import { redactShapes } from '../../src/core/secret-shapes.js';
import { memoryFiles, type MemoryFiles } from '../../src/testing/index.js';
import { run, type Run } from '../doors/fake-world.js';
import { createSetting, type Setting } from '../doors/setting.js';

const HOME = { HOME: '/home/ada' };
let setting: Setting;
let files: MemoryFiles;
beforeEach(async () => {
  setting = await createSetting();
  files = memoryFiles();
});

const setup = (flags = '--yes'): Promise<Run> => run(setting, `agent setup ${flags}`, { files, variables: HOME });
const put = (path: string, text: string): unknown => files.contents.set(path, new TextEncoder().encode(text));
const text = (path: string): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(files.contents.get(path));
const json = (path: string): unknown => {
  const read = readJsonText(text(path));
  if (!read.ok) throw new Error(read.problem);
  return valueOfPart(text(path), read.root);
};
/** All but the way back. */
const tree = (): Record<string, string> =>
  Object.fromEntries(
    [...files.contents.keys()].filter((path) => !path.includes('.fairlead')).map((path) => [path, text(path)]),
  );
const problemOf = ({ exit, stderr }: Run): string => `${exit} ${stderr}`;

describe('agent setup', () => {
  it('writes server, permissions, check, instructions and skill', async () => {
    expect(await setup()).toMatchObject({ exit: 0 });
    expect(json('/work/.mcp.json')).toEqual({
      mcpServers: { fairlead: { command: 'fairlead', args: ['mcp', 'stdio'] } },
    });
    const { permissions, hooks } = json('/work/.claude/settings.json') as {
      permissions: Record<string, string[]>;
      hooks: Record<string, unknown[]>;
    };
    expect(permissions['allow']).toContain('mcp__fairlead__events_list');
    expect(permissions['allow']!.every((rule) => /^mcp__fairlead__[a-z_]+$/.test(rule))).toBe(true);
    expect(permissions['ask']).toEqual(
      expect.arrayContaining(['mcp__fairlead__slack_send_message', 'mcp__fairlead__actions_run']),
    );
    expect(permissions['deny']).toEqual([
      'Read(./.env*)',
      'Read(./.fairlead/**)',
      'Edit(./.env*)',
      'Edit(./.fairlead/**)',
    ]);
    expect(hooks).toMatchObject({
      PreToolUse: [{ matcher: 'Bash|WebFetch|mcp__.*', hooks: [{ type: 'command', command: 'fairlead agent hook' }] }],
      SessionStart: [{ hooks: [{ type: 'command', command: 'fairlead agent hook' }] }],
    });
    expect(text('/work/CLAUDE.md')).toBe(`<!-- fairlead:begin -->\n${AGENT_BLOCK}<!-- fairlead:end -->\n`);
    expect(text('/work/.claude/skills/fairlead/SKILL.md')).toMatch(/^---\nname: fairlead\ndescription: /);
  });

  it('tells the agent what it must know in at most 15 lines', () => {
    expect(AGENT_BLOCK.trimEnd().split('\n').length + 2).toBeLessThanOrEqual(15);
  });

  it.each(KIT_CLIENTS)('writes no secret, does nothing twice and leaves no trace for %s', async (client) => {
    for (const http of ['', ' --http']) {
      expect(await setup(`--yes --client ${client}${http}`)).toMatchObject({ exit: 0 });
      const written = tree();
      expect(Object.keys(written).length).toBeGreaterThan(0);
      for (const one of Object.values(written)) {
        const rest = one.replace(/Bearer \$\{[\w:]+\}|"FAIRLEAD_API_KEY"/g, '');
        expect(redactShapes(rest)).toBe(rest);
      }
      const again = await setup(`--yes --client ${client}${http} --json`);
      expect(JSON.parse(again.stdout).files.every((file: { done: string }) => file.done === 'kept')).toBe(true);
      expect(tree()).toEqual(written);
      expect(await setup('--undo --yes')).toMatchObject({ exit: 0 });
      expect(Object.keys(tree())).toEqual([]);
      expect([...files.contents.keys()].filter((path) => path.endsWith(SETUP_FILE))).toEqual([]);
    }
  });

  it('takes the key from the environment over HTTP, in the way each client writes it', async () => {
    await setup('--yes --http --client claude-code --client cursor --client vscode --client codex');
    expect(json('/work/.mcp.json')).toMatchObject({
      mcpServers: {
        fairlead: {
          type: 'http',
          url: 'http://127.0.0.1:4650/mcp',
          headers: { Authorization: 'Bearer ${FAIRLEAD_API_KEY}' },
        },
      },
    });
    for (const path of ['/work/.cursor/mcp.json', '/work/.vscode/mcp.json'])
      expect(text(path)).toContain('Bearer ${env:FAIRLEAD_API_KEY}');
    expect(text('/work/.codex/config.toml')).toContain('bearer_token_env_var = "FAIRLEAD_API_KEY"');
  });

  it('tells the one client that starts servers anywhere where the data is', async () => {
    await setup('--yes --client claude-desktop');
    expect(json(`${HOME.HOME}/.config/Claude/claude_desktop_config.json`)).toEqual({
      mcpServers: { fairlead: { command: 'fairlead', args: ['mcp', 'stdio', '--data-dir', '/work/.fairlead'] } },
    });
  });

  it('asks, and without anybody to ask wants --yes', async () => {
    expect(problemOf(await setup(''))).toMatch(/^2 .*add --yes to change .mcp.json/s);
    const no = await run(setting, 'agent setup', { files, isTty: true, answers: ['no'] });
    expect(no.exit).toBe(2);
    expect(tree()).toEqual({});
    expect(await run(setting, 'agent setup', { files, isTty: true, answers: ['yes'] })).toMatchObject({ exit: 0 });
  });

  it('writes nothing for --print and --dry-run', async () => {
    const { stdout } = await setup('--print --client vscode');
    expect(stdout).toContain('# .vscode/mcp.json\n{\n  "servers": {\n    "fairlead": {');
    expect(await setup('-n')).toMatchObject({ exit: 0 });
    expect(files.contents.size).toBe(0);
  });

  it('knows no other client', async () => {
    expect(problemOf(await setup('--yes --client emacs'))).toMatch(/^2 .*there are claude-code, claude-desktop/s);
  });
});

describe('files that are there already', () => {
  const VSCODE = '/work/.vscode/mcp.json';
  const commented = `// mine, with "quotes" and { braces\n{\n\t"servers": {\n\t\t/* the other */ "other": { "command": "x", "args": ["a//b"], }, // why\n\t},\n\t"inputs": [],\n}\n`;

  it.each([
    ['comments and trailing commas', commented],
    ['CRLF', '{\r\n  "servers": {\r\n    "other": {}\r\n  }\r\n}\r\n'],
    ['a byte order mark', '\uFEFF{"servers":{"other":{}}}'],
    ['one line', '{"servers":{"other":{"args":["}","\\""]}},"x":1}'],
    ['no servers', '{ "x": [1, 2] }'],
    ['nothing in it', '{}'],
    ['a comment alone in it', '{ /* nothing yet */ }\n'],
    ['an empty file', ''],
  ])('keep what they say with %s, and are what they were after undo', async (_what, before) => {
    put(VSCODE, before);
    const was = before.trim() === '' ? {} : (json(VSCODE) as Record<string, unknown>);
    expect(await setup('--yes --client vscode')).toMatchObject({ exit: 0 });
    const { servers, ...rest } = json(VSCODE) as { servers: Record<string, unknown> };
    const { servers: old, ...others } = was;
    expect(rest).toEqual(others);
    expect(servers).toEqual({
      ...(old as object),
      fairlead: { type: 'stdio', command: 'fairlead', args: ['mcp', 'stdio'] },
    });
    if (before.includes('// why')) expect(text(VSCODE)).toContain('// why');
    if (before.includes('\r\n')) expect(text(VSCODE)).not.toMatch(/[^\r]\n/);
    expect(await setup('--undo --yes')).toMatchObject({ exit: 0 });
    expect(text(VSCODE)).toBe(before);
  });

  it('that were changed since lose only what is ours', async () => {
    await setup();
    put(
      '/work/.mcp.json',
      text('/work/.mcp.json').replace('"mcpServers": {', '"mcpServers": {\n    "mine": { "command": "m" },'),
    );
    put('/work/CLAUDE.md', `# Mine\n\n${text('/work/CLAUDE.md')}\nMore.\n`);
    const settings = json('/work/.claude/settings.json') as { permissions: { deny: string[] } };
    settings.permissions.deny.push('Read(./private/**)');
    put('/work/.claude/settings.json', JSON.stringify(settings));
    const changed = tree();
    expect(await setup()).toMatchObject({ exit: 0 });
    expect(tree()).toEqual(changed);
    await setup('--undo --yes');
    expect(json('/work/.mcp.json')).toEqual({ mcpServers: { mine: { command: 'm' } } });
    expect(text('/work/CLAUDE.md')).toBe('# Mine\n\nMore.\n');
    expect(json('/work/.claude/settings.json')).toEqual({ permissions: { deny: ['Read(./private/**)'] } });
  });

  it('keep a rule and a server of the same name that were there before', async () => {
    put('/work/.mcp.json', '{"mcpServers":{"fairlead":{"command":"my-own"}}}');
    put('/work/.claude/settings.json', '{"permissions":{"deny":["Read(./.env*)"]}}');
    await setup();
    expect(json('/work/.mcp.json')).toEqual({ mcpServers: { fairlead: { command: 'my-own' } } });
    put('/work/.claude/settings.json', `${text('/work/.claude/settings.json')}\n`);
    await setup('--undo --yes');
    expect(json('/work/.claude/settings.json')).toEqual({ permissions: { deny: ['Read(./.env*)'] } });
  });

  it('keep a skill with another text, and a table of the same name', async () => {
    put('/work/.claude/skills/fairlead/SKILL.md', 'mine');
    put('/work/.codex/config.toml', 'model = "x"\n\n[mcp_servers.fairlead]\ncommand = "mine"\n');
    const before = tree();
    expect((await setup('--yes --client claude-code --client codex')).stdout).toContain('another text');
    for (const [path, was] of Object.entries(before)) expect(text(path)).toBe(was);
    await setup('--undo --yes');
    expect(tree()).toEqual(before);
  });

  it.each([
    ['cut off', '{"mcpServers": {', 'line 1'],
    ['no JSON', 'mcpServers:\n  - x\n', 'line 1'],
    ['a list', '[]', 'not an object'],
    ['servers that are a list', '{"mcpServers": []}', 'mcpServers is not an object'],
    ['servers that are null', '{"mcpServers": null}', 'mcpServers is not an object'],
    ['a name that stands twice', '{"mcpServers": {}, "mcpServers": {}}', 'stands twice'],
    ['two values', '{} {}', 'behind the value'],
    ['a bad escape', '{"a\\x": 1}', 'quotes'],
    ['an open comment', '{} /* ', 'behind the value'],
    ['endless nesting', '{"a":'.repeat(5_000), 'nests deeper'],
    ['merge conflict marks', '<<<<<<< HEAD\n{}\n', 'line 1'],
  ])('are not touched, and neither is any other, with %s', async (_what, before, says) => {
    put('/work/.mcp.json', before);
    const refused = await setup();
    expect(problemOf(refused)).toMatch(/^5 /);
    expect(refused.stderr).toContain(says);
    expect(tree()).toEqual({ '/work/.mcp.json': before });
  });

  it('are not touched when they are too large, no UTF-8, or have half a block', async () => {
    put('/work/.mcp.json', `{"x":"${'a'.repeat(1_100_000)}"}`);
    expect((await setup()).exit).toBe(5);
    files.contents.set('/work/.mcp.json', new Uint8Array([0x7b, 0xff, 0x7d]));
    expect((await setup()).stderr).toContain('UTF-8');
    files.contents.delete('/work/.mcp.json');
    put('/work/CLAUDE.md', '<!-- fairlead:begin -->\nhalf\n');
    expect((await setup()).exit).toBe(5);
    expect(Object.keys(tree())).toEqual(['/work/CLAUDE.md']);
  });

  it('cannot reach a prototype', async () => {
    put('/work/.mcp.json', '{"__proto__": {"polluted": 1}, "mcpServers": {"__proto__": {"command": "x"}}}');
    expect(await setup()).toMatchObject({ exit: 0 });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(text('/work/.mcp.json')).toContain('"__proto__": {"polluted": 1}');
    expect(text('/work/.mcp.json')).toContain('"fairlead"');
  });
});

describe('the plugin', () => {
  it.each(pluginFiles('0.1.0'))('is what the kit writes: $path', async ({ path, text: wanted }) => {
    await expect(wanted).toMatchFileSnapshot(`../../${path}`);
  });
});
