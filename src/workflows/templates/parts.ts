/** What every project of a workflow begins with. @module */

export interface TemplateFile {
  path: string;
  text: string;
}

/** The head of a test: simulated providers on this machine, a Fairlead that speaks to them, a folder that goes away. */
export const setUp = (
  sandboxes: readonly string[],
): string => `// Runs offline, against simulated providers: node --test
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFairlead } from 'fairlead';
import { simulate, ${sandboxes.join(', ')} } from 'fairlead/testing';

async function withFairlead(providers, config, run) {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-test-'));
  const simulated = await simulate(providers);
  const { variables, ...rest } = config(simulated);
  const fairlead = await createFairlead({
    dataDir,
    auditLogPath: join(dataDir, 'audit.ndjson'),
    ...simulated.options,
    variables: { ...simulated.options.variables, ...variables },
    ...rest,
  });
  try {
    await run(fairlead);
  } finally {
    await fairlead.close();
    await simulated.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
`;

export const CI: TemplateFile = {
  path: '.github/workflows/test.yml',
  text: `name: test
on: [push, pull_request]
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 20
      # No secret: the providers are simulated.
      - run: npm install fairlead --no-save
      - run: node --test
`,
};
