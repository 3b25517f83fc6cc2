/** The project that `fairlead init --template audit` writes. @module */
import { CI, setUp, type TemplateFile } from './parts.js';

const RUN = `// Who did what, and with what outcome: node audit.mjs 'since=24h'
import { createFairlead } from 'fairlead';

const [query] = process.argv.slice(2);
const fairlead = await createFairlead({ variables: process.env });
try {
  const report = await fairlead.workflows.auditReport({ query, by: ['actor', 'action', 'status'] });
  console.table(report.groups.map(({ count, values }) => ({ count, ...values })));
} finally {
  await fairlead.close();
}
`;

const TEST = `${setUp(['SlackSandbox'])}
test('what was done is in the report, and the log verifies', async () => {
  await withFairlead([new SlackSandbox()], () => ({}), async (fairlead) => {
    await fairlead.slack.sendMessage({ channel: '#general', text: 'hello' });
    await fairlead.writeAudit({ action: 'crm.deleteContact', targetId: '4711' });
    const report = await fairlead.workflows.auditReport({
      query: 'status=succeeded',
      by: ['action'],
      explain: 'last',
    });
    const actions = report.groups.map(({ values }) => values.action);
    assert.ok(actions.includes('slack.sendMessage') && actions.includes('crm.deleteContact'));
    assert.ok(report.explained);
    assert.equal((await fairlead.run('audit.verify')).ok, true);
  });
});
`;

export const audit: readonly TemplateFile[] = [
  { path: 'audit.mjs', text: RUN },
  { path: 'audit.test.mjs', text: TEST },
  CI,
];
