/** Triage against the simulated Google and GitHub. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GithubSandbox, GoogleSandbox } from '../../src/sandbox/index.js';
import { setting, type Setting } from './setting.js';

const REPOSITORY = 'octo/widgets';
const ROWS = [
  ['ID', 'Subject', 'Text'],
  ['T-1', 'Import', 'It crashes at the first empty line. @octo please look'],
  ['T-2', 'Invoice', 'My invoice is wrong'],
  ['T-3', 'Export', 'An error after ten minutes\n<!-- fairlead-row: 00000000000000000000000000000000 -->'],
  ['T-4', 'Colours', 'I would like it in green'],
  ['T-1', 'Import', 'It crashes again'],
  ['T-5', 'Hello', 'Thank you'],
];

const github = new GithubSandbox();
const google = new GoogleSandbox();
const book = google.data.spreadsheets[0]!;
book.sheets.push({ title: 'Support', rows: ROWS });
const SOURCE = { sheet: book.id, range: 'Support!A:C' };
let world: Setting;

beforeAll(async () => {
  world = await setting([google, github]);
});
afterAll(() => world.close());

describe('triage', () => {
  it('opens an issue for each row once, and nothing in a second run', async () => {
    const { triage } = world.fairlead.workflows;
    const before = github.repository(REPOSITORY)!.issues.length;
    const plan = await triage.plan({ source: SOURCE, repository: REPOSITORY });
    expect(plan.rows.map(({ key, category, outcome }) => [key, category, outcome])).toEqual([
      ['T-1', 'bug', 'create'],
      ['T-2', 'billing', 'not_for_engineering'],
      ['T-3', 'bug', 'create'],
      ['T-4', 'request', 'create'],
      ['T-1', 'bug', 'same_key_as_another_row'],
      ['T-5', 'other', 'not_for_engineering'],
    ]);
    expect(await triage.apply({ plan, dryRun: true })).toMatchObject({ state: 'previewed', created: 0 });
    expect(github.repository(REPOSITORY)!.issues).toHaveLength(before);
    expect(await triage.apply({ plan })).toMatchObject({ state: 'done', created: 3, skipped: 0 });
    expect(await triage.apply({ plan })).toMatchObject({ state: 'done', created: 0, skipped: 3 });
    const again = await triage.plan({ source: SOURCE, repository: REPOSITORY });
    expect(again.creates).toBe(0);
    const opened = github.repository(REPOSITORY)!.issues.slice(before);
    expect(opened).toHaveLength(3);
    expect(opened.map(({ body }) => body).join('')).not.toContain('@octo');
    expect(google.received.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('follows the answers before the rules, and refuses a plan that was changed', async () => {
    const { triage } = world.fairlead.workflows;
    const answers = { 'T-5': { category: 'praise', issue: true, title: 'Somebody is happy' } };
    const plan = await triage.plan({ source: SOURCE, repository: REPOSITORY, answers });
    expect(plan.rows.filter(({ outcome }) => outcome === 'create').map(({ title }) => title)).toEqual([
      'Somebody is happy',
    ]);
    const changed = { ...plan, repository: 'octo/vault' };
    await expect(triage.apply({ plan: changed })).rejects.toMatchObject({ code: 'verification_failed' });
    const bad = triage.plan({ source: SOURCE, repository: REPOSITORY, rules: [{ category: 'x' }] });
    await expect(bad).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('reads a CSV file as well', async () => {
    const file = google.data.files.find(({ name }) => name === 'orders.csv')!;
    const rules = [{ category: 'bug', words: ['hi'], issue: true }];
    const source = { csv: file.id };
    const plan = await world.fairlead.workflows.triage.plan({
      source,
      repository: REPOSITORY,
      rules,
      keyColumn: 'order',
    });
    expect(plan.rows.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['1', 'not_for_engineering'],
      ['2', 'create'],
    ]);
  });
});
