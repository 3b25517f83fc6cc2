/** The workflows as commands: the whole command line against simulated providers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GithubSandbox, SlackSandbox } from '../../src/sandbox/index.js';
import { simulate, type Simulated } from '../../src/testing/simulated.js';
import { runIn, type RealRun } from '../doors/real-world.js';

const slack = new SlackSandbox();
const github = new GithubSandbox();
let simulated: Simulated;
let folder: string;

beforeAll(async () => {
  simulated = await simulate([slack, github]);
  folder = await mkdtemp(join(tmpdir(), 'fairlead-lines-'));
  const { variables: _variables, ...config } = simulated.options;
  await writeFile(join(folder, 'fairlead.config.json'), JSON.stringify(config));
});
afterAll(async () => {
  await simulated.close();
  await rm(folder, { recursive: true, force: true });
});

const run = (line: string): Promise<RealRun> => runIn(folder, line, { variables: simulated.options.variables });

describe('fairlead release notes', () => {
  it('prints the draft, shows the post, and posts it once', async () => {
    // A whole Fairlead is opened for each line.
    const drafted = await run('release notes octo/widgets');
    expect(drafted).toMatchObject({ exit: 0, stdout: expect.stringContaining('## Features') });
    const shown = await run('release notes octo/widgets --post #general -n');
    expect(shown).toMatchObject({ exit: 0, stderr: expect.stringContaining('Would be posted') });
    expect(slack.posts).toHaveLength(0);
    for (const state of ['done', 'replayed']) {
      const posted = await run('release notes octo/widgets --post #general --json');
      expect(posted.stderr).toBe('');
      expect(JSON.parse(posted.stdout)).toMatchObject({ state: 'done', posted: { state } });
    }
    expect(slack.posts).toHaveLength(1);
  });
});
