/** The project that `fairlead init --template triage` writes. @module */
import { CI, setUp, type TemplateFile } from './parts.js';

const RULES = `[
  { "category": "billing", "words": ["invoice", "refund"], "issue": false },
  { "category": "bug", "words": ["error", "crash", "crashes", "broken"], "issue": true, "labels": ["bug"] }
]
`;

const RUN = `// node triage.mjs <spreadsheet> 'Support!A:F' octo/widgets        shows the plan
// node triage.mjs <spreadsheet> 'Support!A:F' octo/widgets --apply carries it out; a second run opens nothing
import { readFile } from 'node:fs/promises';
import { createFairlead } from 'fairlead';

const [sheet, range, repository, apply] = process.argv.slice(2);
const fairlead = await createFairlead({ variables: process.env });
try {
  const rules = JSON.parse(await readFile(new URL('rules.json', import.meta.url), 'utf8'));
  const plan = await fairlead.workflows.triage.plan({ source: { sheet, range }, repository, rules });
  for (const { key, category, outcome } of plan.rows) console.log(key, category, outcome);
  if (apply === '--apply') console.log(await fairlead.workflows.triage.apply({ plan }));
} finally {
  await fairlead.close();
}
`;

const TEST = `${setUp(['GithubSandbox', 'GoogleSandbox'])}import { readFile } from 'node:fs/promises';

test('each row becomes one issue, and a second run opens none', async () => {
  const [github, google] = [new GithubSandbox(), new GoogleSandbox()];
  const book = google.data.spreadsheets[0];
  book.sheets.push({ title: 'Support', rows: [['ID', 'Text'], ['T-1', 'It crashes'], ['T-2', 'A refund, please']] });
  const rules = JSON.parse(await readFile(new URL('rules.json', import.meta.url), 'utf8'));
  await withFairlead([github, google], () => ({}), async (fairlead) => {
    const plan = () =>
      fairlead.workflows.triage.plan({
        source: { sheet: book.id, range: 'Support!A:B' },
        repository: 'octo/widgets',
        rules,
      });
    const first = await plan();
    assert.deepEqual(first.rows.map(({ outcome }) => outcome), ['create', 'not_for_engineering']);
    assert.equal((await fairlead.workflows.triage.apply({ plan: first })).created, 1);
    assert.equal((await fairlead.workflows.triage.apply({ plan: first })).created, 0);
    assert.equal((await plan()).creates, 0);
  });
});
`;

export const triage: readonly TemplateFile[] = [
  { path: 'rules.json', text: RULES },
  { path: 'triage.mjs', text: RUN },
  { path: 'triage.test.mjs', text: TEST },
  CI,
];
