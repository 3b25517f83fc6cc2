/**
 * What the command line prints, word for word. `npm run golden` writes the files again; the difference is what a user
 * will see.
 */
import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { listCommands } from '../../src/doors/cli/command-list.js';
import { buildProgram } from '../../src/doors/cli/program.js';
import { operationTable } from '../../src/operations/index.js';
import { memoryFiles } from '../../src/testing/index.js';
import { run, type RunOptions } from '../doors/fake-world.js';
import { createSetting } from '../doors/setting.js';

const stream = { isTty: false, columns: 100, write: () => {}, drained: async () => {} };
const program = buildProgram(
  operationTable(CONNECTORS),
  { version: '0', stdout: stream, stderr: stream },
  undefined,
  () => {},
);
const NOUNS = [...new Set(listCommands(program).map(({ words }) => words.split(' ')[0]!))];

const golden = (name: string): string => `./cli/${name}.txt`;

/** A line and all that came of it, as it would stand in a terminal. */
async function transcript(lines: readonly (string | [string, RunOptions])[], shared: RunOptions = {}): Promise<string> {
  const setting = await createSetting();
  const parts: string[] = [];
  for (const entry of lines) {
    const [line, options] = typeof entry === 'string' ? [entry, {}] : entry;
    const { exit, stdout, stderr } = await run(setting, line, { ...shared, ...options });
    const errors = stderr === '' ? '' : `[stderr]\n${stderr}`;
    parts.push(`$ fairlead ${line}\n${stdout}${errors}[exit ${exit}]\n`);
  }
  // A secret that was made up must not look like one that was leaked.
  return parts
    .join('\n')
    .replaceAll('\u001b', '\\e')
    .replace(/whsec_[\w+/=]{20,}/g, 'whsec_...');
}

describe('help', () => {
  it('says of every command and every group what it is for', () => {
    expect(program.commands.filter((command) => command.summary() === '').map((command) => command.name())).toEqual([]);
  });

  it('of fairlead', async () => {
    await expect(await transcript(['', '--help', '--version', 'version'])).toMatchFileSnapshot(golden('help/fairlead'));
  });

  it.each(NOUNS)('of %s', async (noun) => {
    const leaves = listCommands(program).filter(({ words }) => words.split(' ')[0] === noun);
    const lines = [...new Set([`${noun} --help`, ...leaves.map(({ words }) => `${words} --help`)])];
    await expect(await transcript(lines)).toMatchFileSnapshot(golden(`help/${noun}`));
  });

  it('of topics', async () => {
    const topics = [
      'topics',
      'exit-codes',
      'environment',
      'errors',
      'identity',
      'store_locked',
      'nothing-of-this-name',
    ];
    await expect(await transcript(topics.map((topic) => `help ${topic}`))).toMatchFileSnapshot(golden('help/topics'));
  });
});

describe('output', () => {
  it('of sources', async () => {
    const lines: (string | [string, RunOptions])[] = [
      'source list',
      'source create github',
      ['source create stripe --path /webhooks/stripe --secret-stdin', { stdin: 'a secret of nobody' }],
      'source create slack --unsigned "only a test of the output"',
      'source list',
      ['source list', { isTty: true, columns: 90 }],
      'source list --json=provider,path',
      'source create stripe --path /webhooks/stripe',
      'source create nobody',
      'source delete src_unknown',
    ];
    await expect(await transcript(lines)).toMatchFileSnapshot(golden('sources'));
  });

  it('of what is empty', async () => {
    const lines = ['event list', 'job list', 'dead list', 'queue list', 'call list', 'event get evt_unknown'];
    await expect(await transcript(lines)).toMatchFileSnapshot(golden('empty'));
  });

  it('of mistakes', async () => {
    const lines = [
      'sourc list',
      'source lst',
      'source list --jsn',
      'source list extra words',
      'event list --limit many',
      'event list --env production',
      'source create github --secret=whsec_0123456789abcdef',
      'source create github --token=abc',
      'source create github --env live',
      'completion tcsh',
    ];
    const json = lines.slice(0, 3).map((line) => `${line} --json`);
    await expect(await transcript([...lines, ...json])).toMatchFileSnapshot(golden('mistakes'));
  });

  it('of init, twice', async () => {
    const files = memoryFiles();
    const text = await transcript(['init', 'init', 'init --template other'], { files });
    const written = [...files.contents].map(([path, bytes]) => `--- ${path}\n${new TextDecoder().decode(bytes)}`);
    await expect(`${text}\n${written.join('\n')}`).toMatchFileSnapshot(golden('init'));
  });

  it('of doctor', async () => {
    await expect(await transcript(['doctor', 'doctor --json'])).toMatchFileSnapshot(golden('doctor'));
  });

  it.each(['bash', 'zsh', 'fish'])('of completion %s', async (shell) => {
    await expect(await transcript([`completion ${shell}`])).toMatchFileSnapshot(golden(`completion-${shell}`));
  });
});
