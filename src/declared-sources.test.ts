import { describe, expect, it } from 'vitest';
import { readConfig } from './config.js';
import { declaredSources, variablesOf } from './declared-sources.js';
import type { WebhookDefinition } from './core/webhook.js';

const definition = (fields: Partial<WebhookDefinition> = {}): WebhookDefinition => ({
  schemes: {},
  identify: () => undefined,
  storedHeaders: [],
  ...fields,
});
const WEBHOOKS = { acme: definition(), 'two-words': definition({ secretVariable: 'TWO_SIGNING_SECRET' }) };
const declared = (variables: Record<string, string>) => declaredSources(readConfig({ variables, cwd: '/' }), WEBHOOKS);

describe('declaredSources', () => {
  it('opens /in/<provider> for a secret that is set, in the environment the variables are for', () => {
    expect(declared({ ACME_WEBHOOK_SECRET: 'a real one, 123', INTEGRATION_ENV: 'live' })).toMatchObject([
      {
        id: 'env:acme',
        path: '/in/acme',
        environment: 'live',
        readonly: true,
        secrets: [{ reference: 'env:ACME_WEBHOOK_SECRET' }],
      },
    ]);
  });

  it('keeps no value, only where it is', () => {
    expect(JSON.stringify(declared({ ACME_WEBHOOK_SECRET: 'a real one, 123' }))).not.toContain('a real one');
  });

  it('follows a variable that refers to a file', () => {
    const [source] = declared({ ACME_WEBHOOK_SECRET: 'file:/run/secrets/acme' });
    expect(source?.secrets).toMatchObject([{ reference: 'file:/run/secrets/acme' }]);
  });

  it.each(['', 'whsec_xxx', 'sk_test_xxx'])('takes %j for unset', (value) => {
    expect(declared({ ACME_WEBHOOK_SECRET: value })).toEqual([]);
  });

  it("knows the name of the provider's own documentation, too", () => {
    expect(variablesOf('two-words', WEBHOOKS['two-words'])).toEqual(['TWO_WORDS_WEBHOOK_SECRET', 'TWO_SIGNING_SECRET']);
    expect(declared({ TWO_SIGNING_SECRET: 'a real one, 123' })).toMatchObject([{ id: 'env:two-words' }]);
  });
});
