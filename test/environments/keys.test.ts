/** Keys and ids of one environment in the other: refused when something starts, and unknown when something is asked. */
import { describe, expect, it } from 'vitest';
import { checkMarkedKeys } from '../../src/compose/marked-keys.js';
import { readConfig } from '../../src/config.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import { operationNamed, runOperation } from '../../src/operations/index.js';
import { createSetting } from '../doors/setting.js';

const start = (environment: string, key: string) => (): void =>
  checkMarkedKeys(readConfig({ variables: { INTEGRATION_ENV: environment, STRIPE_SECRET_KEY: key }, cwd: '/work' }));
const DIGITS = '0123456789abcdefghijklmn';

describe('a key that says which environment it is for', () => {
  it.each([
    ['live', `sk_test_${DIGITS}`],
    ['live', `rk_test_${DIGITS}`],
    ['sandbox', `sk_live_${DIGITS}`],
    ['sandbox', `rk_live_${DIGITS}`],
  ])('is refused in %s: %s', (environment, key) => {
    expect(start(environment, key)).toThrow(/STRIPE_SECRET_KEY/);
    // The refusal says which variable, and not what is in it.
    expect(start(environment, key)).not.toThrow(DIGITS);
  });

  it.each([
    ['live', `sk_live_${DIGITS}`],
    ['sandbox', `sk_test_${DIGITS}`],
  ])('is taken in %s: %s', (environment, key) => {
    expect(start(environment, key)).not.toThrow();
  });
});

describe('what was made in sandbox', () => {
  it('is not found and not listed in live', async () => {
    const { clock, gateway } = await createSetting();
    const principal = localPrincipal('person', '*', 'cli');
    const ask = (environment: 'sandbox' | 'live', name: string, input: unknown): Promise<unknown> =>
      clock.runUntil(
        runOperation(gateway, operationNamed(name), { scope: { tenant: 'default', environment }, principal }, input),
      );
    const { source } = (await ask('sandbox', 'sources.create', { provider: 'github' })) as { source: { id: string } };
    expect(await ask('sandbox', 'sources.list', {})).toMatchObject({ sources: [{ id: source.id }] });
    expect(await ask('live', 'sources.list', {})).toMatchObject({ sources: [] });
    await expect(ask('live', 'sources.delete', { id: source.id })).rejects.toMatchObject({ code: 'not_found' });
    expect(await ask('sandbox', 'sources.list', {})).toMatchObject({ sources: [{ id: source.id }] });
  });
});
