/** The generated lists of connectors are what the folders say, and every webhook definition keeps to the rules. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SAMPLES } from '../../src/connectors/samples.generated.js';
import { SCHEMES } from '../../src/connectors/schemes.generated.js';
import { WEBHOOKS } from '../../src/connectors/webhooks.generated.js';
import { requirePart } from '../requirements.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONNECTORS = join(ROOT, 'src/connectors');
const specs = requirePart('specs');

const withFile = (file: string): string[] =>
  readdirSync(CONNECTORS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(CONNECTORS, entry.name)).includes(file))
    .map(({ name }) => name)
    .sort();

describe('the lists', () => {
  it.each(['webhooks', 'schemes', 'samples'])('%s.generated.ts is current', async (list) => {
    const generator = (await import(`${ROOT}/scripts/generate-connectors.mjs`)) as {
      outputs(): Promise<Record<string, string>>;
    };
    const path = `src/connectors/${list}.generated.ts`;
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe((await generator.outputs())[path]);
  });

  it('name every folder', () => {
    expect(Object.keys(WEBHOOKS)).toEqual(withFile('webhooks.ts'));
    expect(Object.keys(SCHEMES)).toEqual(withFile('webhooks.ts'));
    expect(Object.keys(SAMPLES)).toEqual(withFile('samples.ts'));
  });
});

describe.skipIf(!specs.available)('the providers', () => {
  it('are all those that sign, by the names of their folders', () => {
    const folders = readdirSync(specs.path!, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const known = folders.map(({ name }) => name).filter((name) => name !== 'tools');
    expect(Object.keys(WEBHOOKS).sort()).toEqual(known.sort());
  });
});

describe.each(Object.entries(WEBHOOKS))('%s', (provider, webhooks) => {
  it('shows the schemes that verify uses', () => expect(webhooks.schemes).toBe(SCHEMES[provider]));

  it('stores only headers by their lower-case names, and none that proves anything', () => {
    for (const name of webhooks.storedHeaders) {
      expect(name).toBe(name.toLowerCase());
      expect(name).not.toMatch(/signature$|^authorization$|(?<!idempotency-)token$|cookie|sig$|hmac-sha256$/);
    }
  });

  it('says where it read its facts', () => {
    const source = readFileSync(join(CONNECTORS, provider, 'webhooks.ts'), 'utf8');
    expect(source).toMatch(/@source [\s\S]*\b(?:read|memory|secondary)\b/);
  });

  it('has a default scheme that is no downgrade, and headers in lower case', () => {
    const rows = Object.values(webhooks.schemes);
    expect(rows[0]!.onlyWhenNamed).toBeUndefined();
    for (const { signature } of rows) expect(signature.header ?? '').toBe((signature.header ?? '').toLowerCase());
  });
});
