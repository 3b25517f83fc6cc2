/** Drive's and Sheets' actions through the real pipeline against the simulated Google, its documents beside it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyItem } from '../../src/core/pages.js';
import { FILES } from '../../src/sandbox/google/state.js';
import { coverageText, specs, type Checker } from '../sandbox/official-description.js';
import { restrictedTo } from './connected.js';
import { googleChecker, googleWorld } from './google-world.js';

let checker: Checker | undefined;
beforeAll(async () => {
  checker = await googleChecker();
});
afterAll(() =>
  console.log(checker === undefined ? `google: unchecked, ${specs.reason}` : coverageText('google drive', checker)),
);

const setUp = (...options: Parameters<typeof googleWorld> extends [unknown, ...infer Rest] ? Rest : never) =>
  googleWorld(checker, ...options);

const READS: readonly { action: string; input: object; output: object; missing: object; host: string }[] = [
  {
    action: 'listFiles',
    input: { folder: FILES.reports, orderBy: 'name' },
    output: { files: [{ name: "Ada's notes.txt", size: 7 }, { name: 'Budget' }, { name: 'logo.png' }, { size: 59 }] },
    missing: { cursor: 'nowhere' },
    host: 'www.googleapis.com',
  },
  {
    action: 'getFile',
    input: { file: FILES.shortcut },
    output: { name: 'orders', shortcutTo: FILES.csv, folder: FILES.root, isFolder: false },
    missing: { file: 'nowhere' },
    host: 'www.googleapis.com',
  },
  {
    action: 'readFile',
    input: { file: FILES.notes },
    output: { name: "Ada's notes.txt", mimeType: 'text/plain', bytes: 7, encoding: 'utf-8', content: 'Grüße' },
    missing: { file: 'nowhere' },
    host: 'www.googleapis.com',
  },
  {
    action: 'readCsv',
    input: { file: FILES.csv },
    output: {
      columns: ['order', 'city', 'total'],
      rows: [
        ['1', 'Zürich, CH', '12.50'],
        ['2', 'say "hi"', '7'],
      ],
      isCut: false,
    },
    missing: { file: 'nowhere' },
    host: 'www.googleapis.com',
  },
  {
    action: 'readRows',
    input: { spreadsheet: FILES.sheet, range: 'Budget' },
    output: {
      range: 'Budget!A1:Z1000',
      rows: [['Item', 'Amount', 'Paid'], ['Rent', '1,200.5', 'TRUE'], ['Coffee', '80'], [], ['Total', '1,280.5']],
    },
    missing: { spreadsheet: 'nowhere-at-all' },
    host: 'sheets.googleapis.com',
  },
];

describe.each(READS)('google.$action', ({ action, input, output, missing, host }) => {
  const name = `google.${action}`;

  it('answers, asks again after a lost answer, and shows its request in a dry run', async () => {
    const world = await setUp();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    for (const kind of ['lost_answer', 'half_body', 'rate_limited'] as const) {
      world.google.faults.add({ kind }, 1, { method: 'GET' });
      expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    }
    const before = world.google.received.count;
    const { state, preview } = await world.call(name, input, { dryRun: true });
    expect([state, preview?.method, new URL(preview?.url ?? '').host]).toEqual(['previewed', 'GET', host]);
    expect(world.google.received.count - before).toBe((preview?.lookups ?? []).length);
  });

  it('says in words why not', async () => {
    const world = await setUp();
    const { state, error } = await world.call(name, { ...input, ...missing });
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(/Google says: (?:File not found|Requested entity|Invalid Value)/);
    for (const [trouble, code, words] of [
      ['missing_scope', 'provider_auth', /lacks a permission/],
      ['expired_session', 'provider_auth', /has ended or was revoked|invalid authentication/],
      ['api_not_enabled', 'provider_rejected', /not enabled in the Google Cloud project/],
    ] as const) {
      world.google.faults.clear();
      world.google.faults.add({ kind: 'business', name: trouble }, 1, { method: 'GET' });
      const refused = await world.call(name, input);
      expect(refused).toMatchObject({ state: 'failed', error: { code } });
      expect(refused.error?.detail).toMatch(words);
    }
  });
});

describe('Drive through the pipeline', () => {
  it('exports Google documents, follows a shortcut, and hands out bytes that are no text', async () => {
    const world = await setUp();
    const csv = await world.call('google.readCsv', { file: FILES.sheet });
    expect(csv.output).toMatchObject({ name: 'Budget', columns: ['Item', 'Amount'], rows: [['Rent', '1200.5']] });
    const pdf = await world.call('google.readFile', { file: FILES.sheet, exportAs: 'application/pdf' });
    expect(pdf.output).toMatchObject({ mimeType: 'application/pdf', content: '%PDF-1.7' });
    const followed = await world.call('google.readCsv', { file: FILES.shortcut, hasHeader: false, maxRows: 1 });
    expect(followed.output).toMatchObject({
      id: FILES.csv,
      columns: [],
      rows: [['order', 'city', 'total']],
      isCut: true,
    });
    const picture = await world.call('google.readFile', { file: FILES.picture });
    expect(picture.output).toMatchObject({ encoding: 'base64', content: 'iVD/', bytes: 3 });
  });

  it.each<[string, object, RegExp]>([
    ['readFile', { file: FILES.reports }, /has no content to read: folder/],
    ['readFile', { file: FILES.csv, exportAs: 'application/pdf' }, /only Google documents are exported/],
    ['readFile', { file: 'large' }, /has 9000000 bytes; at most 8388608 are read/],
    ['readFile', { file: '../about' }, /no id of a file/],
    ['readCsv', { file: FILES.csv, folder: FILES.reports }, /folder/],
    ['readCsv', { file: FILES.csv, maxRows: 1_000_000 }, /at most 100000/],
    ['listFiles', { mimeType: "x' or '1'='1" }, /no media type/],
    ['readRows', { spreadsheet: FILES.sheet, range: 'A1\n' }, /no range/],
  ])('%s of %j is refused in words', async (action, input, words) => {
    const large = { id: 'large', name: 'large.bin', mimeType: 'application/zip', parent: FILES.root, trashed: false };
    const content = new Uint8Array(9_000_000);
    const world = await setUp({ seed: ({ files }) => void files.push({ ...large, modifiedAtMs: 0, content }) });
    const { state, error } = await world.call(`google.${action}`, input);
    expect([state, error?.code]).toEqual(['failed', 'invalid_argument']);
    expect(error?.detail).toMatch(words);
  });

  it('finds by name, whatever is in it, and goes to the end page by page', async () => {
    const file = { mimeType: 'text/plain', parent: FILES.root, trashed: false, modifiedAtMs: 0 };
    const more = Array.from({ length: 250 }, (_, i) => ({ ...file, id: `more${i}`, name: `more ${i}` }));
    const odd = { ...file, id: 'odd', name: "o'\\ and trashed = true" };
    const world = await setUp({ seed: ({ files }) => void files.push(...more, odd) });
    const { output } = await world.call('google.listFiles', { name: odd.name });
    expect(output).toMatchObject({ files: [{ id: 'odd' }] });
    expect((await world.call('google.listFiles', { name: "x' or name contains '" })).output).toEqual({ files: [] });
    const names: string[] = [];
    const call = async (input: object) =>
      (await world.call('google.listFiles', input)).output as { files: { name: string }[]; nextCursor?: string };
    for await (const { name } of everyItem(call, { name: 'more' }, 'files')) names.push(name);
    expect(new Set(names).size).toBe(250);
  });

  it('keeps a restricted connection in its folder, wherever a shortcut leads', async () => {
    const world = await setUp(
      {
        seed: ({ files }) =>
          void files.push({ ...files.at(-2)!, id: 'way-out', parent: FILES.reports, shortcutTo: FILES.secret }),
      },
      restrictedTo({ folder: [FILES.reports] }),
    );
    for (const [action, input] of [
      ['listFiles', { folder: FILES.reports }],
      ['getFile', { file: FILES.notes }],
      ['readFile', { file: FILES.notes }],
      ['readCsv', { file: FILES.shortcut }],
    ] as const) {
      expect([action, (await world.call(`google.${action}`, input)).state]).toEqual([action, 'done']);
    }
    for (const [action, input] of [
      ['listFiles', {}],
      ['listFiles', { folder: FILES.private }],
      ['getFile', { file: FILES.secret }],
      ['readFile', { file: FILES.secret }],
      ['readCsv', { file: 'way-out' }],
      ['readRows', { spreadsheet: FILES.sheet, range: 'A1' }],
    ] as const) {
      const refused = await world.call(`google.${action}`, input);
      expect([action, refused.error?.code]).toEqual([action, 'target_not_allowed']);
    }
    // A file that was moved out a moment ago is out.
    world.google.data.files.find(({ id }) => id === FILES.notes)!.parent = FILES.private;
    const moved = await world.call('google.readFile', { file: FILES.notes });
    expect(moved.error?.code).toBe('target_not_allowed');
  });

  it('keeps a restricted connection to its spreadsheet', async () => {
    const world = await setUp({}, restrictedTo({ spreadsheet: [FILES.sheet] }));
    const read = (action: string, input: object) => world.call(`google.${action}`, input);
    expect((await read('readRows', { spreadsheet: FILES.sheet, range: 'A1:B2' })).output).toMatchObject({
      rows: [
        ['Item', 'Amount'],
        ['Rent', '1,200.5'],
      ],
    });
    expect((await read('readCsv', { file: FILES.sheet })).state).toBe('done');
    expect((await read('readCsv', { file: FILES.csv })).error?.code).toBe('target_not_allowed');
    expect((await read('readRows', { spreadsheet: 'another-one', range: 'A' })).error?.code).toBe('target_not_allowed');
  });

  it('reads values as numbers, and says that a range is none', async () => {
    const world = await setUp();
    const raw = { spreadsheet: FILES.sheet, range: 'Budget!A2:C3', values: 'raw' };
    expect((await world.call('google.readRows', raw)).output).toMatchObject({
      rows: [
        ['Rent', 1200.5, true],
        ['Coffee', 80],
      ],
    });
    expect((await world.call('google.readRows', { ...raw, range: 'Empty' })).output).toMatchObject({ rows: [] });
    const { error } = await world.call('google.readRows', { ...raw, range: 'No such sheet!A1' });
    expect(error?.detail).toMatch(/Unable to parse range/);
  });

  it('keeps below what a user may read in a minute', async () => {
    const world = await setUp();
    const begun = world.clock.nowMs();
    for (let i = 0; i < 100; i++) {
      const { state } = await world.call('google.readRows', { spreadsheet: FILES.sheet, range: 'A1' });
      expect(state).toBe('done');
    }
    expect(world.clock.nowMs() - begun).toBeGreaterThan(100_000);
    expect(world.google.received.requests.filter(({ status }) => status >= 400)).toEqual([]);
  });

  it('says that a token may only see what files are called', async () => {
    const world = await setUp({
      tokens: [
        {
          value: 'ya29.sandboxTokenOfFileFacts00000000',
          name: 'facts',
          scopes: ['https://www.googleapis.com/auth/drive.metadata.readonly'],
        },
      ],
    });
    expect((await world.call('google.listFiles', {})).state).toBe('done');
    const { error } = await world.call('google.readFile', { file: FILES.csv });
    expect([error?.code, error?.detail]).toEqual(['provider_rejected', expect.stringMatching(/not granted the app/)]);
  });

  it.runIf(specs.available)('asks and answers as the discovery documents say', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(50);
  });
});
