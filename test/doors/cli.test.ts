/** How the command line reads words and flags, asks back, and refuses. */
import { beforeEach, describe, expect, it } from 'vitest';
import { memoryFiles, VirtualNet } from '../../src/testing/index.js';
import { run, runArgv, type Run } from './fake-world.js';
import { createSetting, type Setting } from './setting.js';

const put = (files: ReturnType<typeof memoryFiles>, path: string, text: string): void => {
  files.contents.set(path, new TextEncoder().encode(text));
};
const errorOf = ({ stderr }: Run): { code: string; detail: string } =>
  (JSON.parse(stderr.trim().split('\n').at(-1)!) as { error: { code: string; detail: string } }).error;

let setting: Setting;
beforeEach(async () => {
  setting = await createSetting();
});

describe('results', () => {
  it('are a table at a terminal, tabs in a pipe, JSON on request', async () => {
    await run(setting, 'source create github --path /hooks/a');
    const terminal = await run(setting, 'source list', { isTty: true, columns: 200 });
    expect(terminal.stdout).toContain('\u001b[1mID');
    expect((await run(setting, 'source list', { isTty: true, variables: { NO_COLOR: '1' } })).stdout).not.toContain(
      '\u001b',
    );
    expect((await run(setting, 'source list --no-color', { isTty: true })).stdout).not.toContain('\u001b');
    expect((await run(setting, 'source list')).stdout).toMatch(
      /^src_\w+\tgithub\thttp:\/\/127\.0\.0\.1:4650\/hooks\/a\tsigned\n$/,
    );
    const json = await run(setting, 'source list --json');
    expect(JSON.parse(json.stdout)).toMatchObject({ sources: [{ provider: 'github' }] });
  });

  it('can be narrowed to fields', async () => {
    await run(setting, 'source create github');
    expect(JSON.parse((await run(setting, 'source list --json=provider,readonly')).stdout)).toEqual([
      { provider: 'github', readonly: false },
    ]);
    const unknown = await run(setting, 'source list --json=nope');
    expect(unknown.exit).toBe(2);
    expect(errorOf(unknown).detail).toContain('there are id, provider');
  });

  it('go to a file', async () => {
    const files = memoryFiles();
    const { stdout } = await run(setting, 'source list --json --output out.json', { files });
    expect(stdout).toBe('');
    expect(new TextDecoder().decode(files.contents.get('/work/out.json'))).toBe('{"sources":[]}\n');
  });

  it('are silent about nothing with --quiet', async () => {
    expect(await run(setting, 'source list')).toEqual({ exit: 0, stdout: '', stderr: 'Nothing there.\n' });
    expect(await run(setting, 'source list -q')).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect((await run(setting, 'policy show')).stderr).toMatch(/^No rules: the defaults hold/);
  });
});

describe('what people would otherwise miss', () => {
  it('is that a key is shown once, and that a program gets no secret', async () => {
    expect((await run(setting, 'key create ci')).stderr).toContain('shown this once: keep it now');
    expect((await run(setting, 'key create ci --json')).stderr).toBe('');
    const client = await run(setting, 'client create editor --redirect-uris http://127.0.0.1/callback');
    expect(client.stderr).toContain('There is no secret to keep');
  });

  it('is with which flags a key comes', async () => {
    const { exit, stderr } = await run(setting, 'connection add slack');
    expect(exit).toBe(2);
    expect(stderr).toContain('--secret-file FILE or --secret-stdin, or --secret with a reference');
  });

  it('is which default decided', async () => {
    const explain = async (more: string): Promise<string> =>
      (await run(setting, `policy explain slack.sendMessage ${more}`)).stdout;
    expect(await explain('--as agent')).toContain('default: in live a person agrees to what an agent writes');
    expect(await explain('--as agent --environment sandbox')).toContain('default: writes are allowed in sandbox');
    expect(await explain('--as person')).toContain('default: in live a person or an api key writes');
    expect(await explain('--as system')).toContain('default: what nobody allowed is denied');
  });

  it('is when a call took place that is answered from the ledger', async () => {
    const net = new VirtualNet({ clock: setting.clock });
    net.on('POST https://tool.example.test/', () => ({ status: 200, body: {} }));
    const made = await createSetting({ net, clock: setting.clock });
    const line = 'action run http.post --url https://tool.example.test/ --field-json {} --idempotency-key k';
    expect((await run(made, line)).exit).toBe(0);
    const { stdout } = await run(made, line);
    expect(stdout).toContain('state: replayed');
    expect(stdout).toMatch(/endedAt: 2026-01-31T12:00:\S+Z \(/);
    expect(stdout).not.toContain('endedAtMs');
    const { endedAtMs } = JSON.parse((await run(made, `${line} --json`)).stdout) as { endedAtMs: unknown };
    expect(typeof endedAtMs).toBe('number');
  });

  it('is how to run the test that was written', async () => {
    expect((await run(setting, 'init')).stderr).toContain('Next: node --test');
  });
});

describe('flags', () => {
  it('may stand before the command, between its words and after it', async () => {
    for (const line of ['--json source list', 'source --json list', 'source list --json']) {
      expect(await run(setting, line)).toMatchObject({ exit: 0, stdout: '{"sources":[]}\n' });
    }
  });

  it('that nobody knows are told, with the nearest', async () => {
    const { exit, stderr } = await run(setting, 'event list --provder github');
    expect(exit).toBe(2);
    expect(stderr).toContain("unknown option '--provder' (Did you mean --provider?)");
  });

  it('and arguments that are missing are named in plain words', async () => {
    expect((await run(setting, 'source create')).stderr).toContain('\n  provider: it is missing\n');
    expect((await run(setting, 'event get')).stderr).toContain('\n  id: it is missing\n');
  });

  it('read numbers, booleans and lists', async () => {
    const { exit, stderr } = await run(setting, 'event list --limit abc --json');
    expect([exit, JSON.parse(stderr)]).toMatchObject([2, { error: { code: 'invalid_argument' } }]);
    expect((await run(setting, 'event list --limit 5 --state dead --since 24h')).exit).toBe(0);
    expect(errorOf(await run(setting, 'event replay evt_a evt_b --json')).code).toBe('not_found');
  });

  it('can be replaced by one JSON file, or stdin', async () => {
    const stdin = JSON.stringify({ provider: 'github', path: '/hooks/in' });
    const made = await run(setting, 'source create --input-file - --json', { stdin });
    expect(JSON.parse(made.stdout)).toMatchObject({ source: { path: '/hooks/in' } });
    const deep = await run(setting, 'source create --input-file - --json', { stdin: '['.repeat(1_000_000) });
    expect(errorOf(deep).code).toBe('invalid_argument');
  });

  it('say in plain words which number is meant', async () => {
    const problems: string[] = [];
    for (const last of ['abc', '5000', '-1', '1.5']) {
      problems.push(errorOf(await run(setting, `audit tail --json --last=${last}`)).detail);
    }
    expect(problems).toEqual([
      'last: it is no number',
      'last: it must be at most 1000',
      'last: it must be at least 0',
      'last: it must be a whole number',
    ]);
  });

  it('say how long to wait', async () => {
    setting.gateway.status = () => new Promise(() => {});
    const { exit, stderr } = await run(setting, 'status --timeout 30s');
    expect(exit).toBe(124);
    expect(stderr).toContain('did not end within 30000 ms');
    expect((await run(setting, 'status --timeout soon')).exit).toBe(2);
  });
});

describe('trigger', () => {
  it('says what to do where there is no source yet', async () => {
    const { exit, stderr } = await run(setting, 'trigger github --json');
    expect(exit).toBe(5);
    expect(errorOf({ exit, stdout: '', stderr }).detail).toContain('make one with `fairlead source create github`');
  });

  it('names the sources when there are several to choose from', async () => {
    const made = ['/hooks/a', '/hooks/b'].map((path) => run(setting, `source create github --path ${path} --json`));
    const ids = (await Promise.all(made)).map(
      ({ stdout }) => (JSON.parse(stdout) as { source: { id: string } }).source.id,
    );
    const { exit, stderr } = await run(setting, 'trigger github --json');
    expect(exit).toBe(2);
    for (const id of ids) expect(errorOf({ exit, stdout: '', stderr }).detail).toContain(id);
  });
});

describe('replay', () => {
  it('of something named that is not there says so', async () => {
    for (const line of ['event replay evt_a', 'dead replay evt_a', 'dead replay job_a']) {
      expect((await run(setting, line)).exit, line).toBe(3);
    }
    expect((await run(setting, 'dead replay')).exit).toBe(0);
  });
});

describe('audit verify of a file', () => {
  const lines = '/work/audit.ndjson';
  const checkpointFor = async (line: string, files: ReturnType<typeof memoryFiles>): Promise<string | undefined> => {
    let given: string | undefined;
    const verifyAuditFile = async (_path: string, by: { checkpoint: string }): Promise<{ ok: boolean }> => {
      given = by.checkpoint;
      return { ok: true };
    };
    await run(setting, line, { files, verifyAuditFile });
    return given;
  };

  it('takes the checkpoint that the export left beside it, unless another is given', async () => {
    const files = memoryFiles();
    put(files, lines, '{}\n');
    put(files, `${lines}.checkpoint`, 'of the export');
    put(files, '/work/kept', 'kept elsewhere');
    await run(setting, 'source create github');
    expect(await checkpointFor('audit verify --file audit.ndjson', files)).toBe('of the export');
    expect(await checkpointFor(`audit verify --file ${lines} --checkpoint kept`, files)).toBe('kept elsewhere');
  });

  it('takes the newest of this installation where none lies beside it', async () => {
    const files = memoryFiles();
    put(files, lines, '{}\n');
    await run(setting, 'source create github');
    expect(await checkpointFor('audit verify --file audit.ndjson', files)).toContain('/sandbox\n');
  });
});

describe('live', () => {
  it('is written to only with --live, and deleted from only when asked', async () => {
    const create = 'source create github --env live';
    const refused = await run(setting, `${create} --json`);
    expect([refused.exit, errorOf(refused).detail]).toEqual([2, expect.stringContaining('add --live')]);
    const made = await run(setting, `${create} --live --json`);
    const { id } = (JSON.parse(made.stdout) as { source: { id: string } }).source;

    const remove = `source delete ${id} --env live --live`;
    expect(errorOf(await run(setting, `${remove} --json`)).detail).toContain('--yes');
    expect((await run(setting, remove, { isTty: true, answers: ['something else'] })).exit).toBe(2);
    expect((await run(setting, remove, { isTty: true, answers: [undefined] })).exit).toBe(2);
    expect((await run(setting, remove, { isTty: true, answers: [id] })).exit).toBe(0);
  });

  it('is not meant by --live alone', async () => {
    expect((await run(setting, 'source create github --live')).stderr).toContain('this is sandbox');
  });

  it('can be the environment of the installation', async () => {
    const variables = { INTEGRATION_ENV: 'live' };
    expect((await run(setting, 'source create github', { variables })).exit).toBe(2);
    expect((await run(setting, 'source create github --live', { variables })).exit).toBe(0);
    expect((await run(setting, 'source list --json', { variables })).stdout).toContain('"environment":"live"');
  });
});

describe('secrets', () => {
  const SECRET = 'whsec_0123456789abcdefghijklmnop';

  it('come from a file, from stdin or by reference', async () => {
    const files = memoryFiles();
    put(files, '/work/secret.txt', `${SECRET}\n`);
    expect((await run(setting, 'source create github --secret-file secret.txt', { files })).exit).toBe(0);
    expect((await run(setting, 'source create github --secret-stdin', { stdin: SECRET })).exit).toBe(0);
    expect((await run(setting, 'source create github --secret env:GITHUB_SECRET')).exit).toBe(0);
  });

  it.each([
    ['as the value of the flag', ['source', 'create', 'github', `--secret=${SECRET}`]],
    ['as the next word', ['source', 'create', 'github', '--secret', 'anything at all']],
    ['under a flag that there is not', ['source', 'create', 'github', `--token=${SECRET}`]],
    ['in another flag', ['source', 'create', 'github', '--unsigned', `because ${SECRET}`]],
    ['as a word', ['source', 'create', SECRET]],
    ['as a word too many', ['source', 'create', 'github', SECRET]],
    ['as a word too many of a list', ['source', 'list', SECRET]],
    ['in the place of a command', ['source', SECRET]],
    ['in the place of the first command', [SECRET]],
    ['in a URL', ['source', 'create', 'github', '--public-url', 'https://user:pass1234@example.com/x']],
  ])('are refused %s, and never printed', async (_where, argv) => {
    for (const json of [[], ['--json']]) {
      const { exit, stdout, stderr } = await runArgv(setting, [...argv, ...json]);
      expect([exit, stdout]).toEqual([2, '']);
      expect(stderr).toContain('secret_in_argument');
      expect(stderr).not.toMatch(/0123456789|anything at all|pass1234/);
    }
  });

  it.each([
    ['source create github hunter2', 'hunter2'],
    ['backup bk correct-horse', 'correct-horse'],
    ['restore bk correct-horse', 'correct-horse'],
  ])('that nobody can tell from another word are not repeated either: %s', async (line, word) => {
    const { exit, stderr } = await run(setting, line);
    expect(exit).toBe(2);
    expect(stderr).toContain('too many arguments');
    expect(stderr).toContain('A secret enters by stdin, a file, a prompt or a reference');
    expect(stderr).not.toContain(word);
  });

  it('are not spoken of where none can be given', async () => {
    expect((await run(setting, 'source list extra')).stderr).not.toContain('secret');
  });

  it('are not echoed in usage errors', async () => {
    const { stderr } = await runArgv(setting, ['source', 'list', `--colour=${SECRET}`]);
    expect(stderr).not.toContain('0123456789');
  });
});

describe('agents', () => {
  const variables = { CLAUDECODE: '1' };

  it('work in sandbox, and are refused administration, at a terminal or not', async () => {
    for (const isTty of [true, false]) {
      expect((await run(setting, 'source list', { variables, isTty })).exit).toBe(0);
      const { exit, stderr } = await run(setting, 'source create github', { variables, isTty });
      expect(exit).toBe(6);
      expect(stderr).toContain('a person has to run this');
    }
  });

  it('stay agents with a key', async () => {
    const withKey = { ...variables, FAIRLEAD_API_KEY: 'a-key-of-more-than-twenty-characters' };
    expect((await run(setting, 'source create github', { variables: withKey })).exit).toBe(6);
  });
});

describe('hostile text', () => {
  const NASTY = '\u001b]52;c;ZXZpbA==\u0007\u202eevil\u009b31m\u2028\u{e0041}';

  it('S-707: is inert in tables, trees, errors and JSON', async () => {
    setting.gateway.status = async () => ({ [NASTY]: NASTY, list: [{ deep: NASTY }] });
    for (const isTty of [true, false]) {
      for (const line of ['status', 'status --json', 'status --no-color']) {
        const { stdout, stderr } = await run(setting, line, { isTty });
        for (const text of [stdout, stderr]) {
          expect(text.replace(/\u001b\[(?:1|22)m/g, '')).not.toMatch(
            /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029\u{e0000}-\u{e007f}]/u,
          );
        }
      }
    }
    const { stdout } = await run(setting, 'status --json', { isTty: true });
    expect(JSON.parse(stdout)).toMatchObject({ [NASTY]: NASTY });
  });

  it('in words and flags does not reach the terminal either', async () => {
    const { stderr } = await runArgv(setting, ['event', 'get', NASTY]);
    expect(stderr).toContain('\\x1b]52');
    expect(stderr).not.toContain('\u001b');
  });

  it('as field names from a file makes no prototype', async () => {
    const { exit } = await run(setting, 'source create --input-file -', {
      stdin: '{"__proto__":{"provider":"github"},"constructor":{"prototype":{}}}',
    });
    expect(exit).toBe(2);
  });
});
