/** Keys of Fairlead's own under attack: guesses, the matrix of what opens what, and more requests than a key may make. */
import { describe, expect, it } from 'vitest';
import { SCOPES, type PermissionScope, type Principal } from '../../src/core/principal.js';
import { DEFAULT_TENANT } from '../../src/core/scope.js';
import { runOperation, type Operation } from '../../src/operations/index.js';
import { createSetting } from '../doors/setting.js';
import { TABLE } from './two-tenants.js';

const SANDBOX = { tenant: DEFAULT_TENANT, environment: 'sandbox' } as const;
const GUESSES = 10_000;
const MINUTE_MS = 60_000;

async function keyed(ratePerMinute: number) {
  const setting = await createSetting();
  const { apiKeys } = setting.gateway;
  const mint = async (id: string): Promise<string> => {
    const { key, hash, prefix } = apiKeys.mint();
    const facts = JSON.stringify({ name: id, type: 'api_key', scopes: ['read'], prefix, ratePerMinute });
    await setting.store.apiKeys.create(SANDBOX, { id, hash, facts, createdBy: 'test' });
    return key;
  };
  return { ...setting, apiKeys, mint };
}

const isKnown = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  );

describe('S-701: a key', () => {
  it('is not guessed: 10,000 near misses and strangers open nothing', async () => {
    const { apiKeys, mint } = await keyed(1_000_000);
    const key = await mint('key_of_ada');
    expect(await isKnown(apiKeys.identify(key))).toBe(true);
    let opened = 0;
    for (let guess = 0; guess < GUESSES; guess++) {
      const at = 4 + (guess % (key.length - 4));
      const other = key[at] === 'A' ? 'B' : 'A';
      const near = key.slice(0, at) + other + key.slice(at + 1);
      opened += Number(await isKnown(apiKeys.identify(guess % 2 === 0 ? near : apiKeys.mint().key)));
    }
    expect(opened).toBe(0);
  });

  it('in steady use is noted once a minute at most', async () => {
    const { apiKeys, mint, store, clock } = await keyed(1_000_000);
    let noted = 0;
    const { used } = store.apiKeys;
    store.apiKeys.used = async (...given) => {
      noted += 1;
      await used(...given);
    };
    const key = await mint('key_of_ada');
    for (let second = 0; second < 180; second++) {
      await apiKeys.identify(key);
      await clock.advance(1_000);
    }
    expect(noted).toBe(3);
  });
});

describe('S-702: what opens what', () => {
  const sets: (readonly PermissionScope[])[] = [['read'], ['write'], ['operate'], ['admin'], ['read', 'write'], SCOPES];
  const gateway = {
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    random: { bytes: (count: number) => new Uint8Array(count) },
    log: () => undefined,
    entry: () => ({}),
    store: { audit: { append: async () => undefined } },
  } as never;

  async function verdict(operation: Operation, principal: Principal): Promise<string> {
    // Past the input, and without doing anything: what is asked is who may.
    const input = { safeParse: () => ({ success: true, data: {} }) };
    const output = { safeParse: () => ({ success: true, data: 'allowed' }) };
    const audit = operation.audit === 'none' ? 'none' : { target: () => ({ type: 'x', id: 'x' }) };
    const asked = { ...operation, input, output, audit, run: async () => 'allowed' } as unknown as Operation;
    return (await runOperation(gateway, asked, { scope: SANDBOX, principal }, {}).catch(
      ({ code }: { code: string }) => code,
    )) as string;
  }

  it.each(sets.map((scopes) => [scopes.join(' '), scopes] as const))('is the table: %s', async (_name, scopes) => {
    for (const type of ['api_key', 'agent'] as const) {
      for (const operation of TABLE.filter(({ provenBy }) => provenBy === undefined)) {
        const agents = type === 'agent' && ['admin', 'approve'].includes(operation.scope);
        const isClosed = agents && operation.audit !== 'none';
        const wanted = isClosed ? 'policy_denied' : scopes.includes(operation.scope) ? 'allowed' : 'insufficient_scope';
        const principal: Principal = { type, id: 'key_of_ada', via: 'rest', scopes: [...scopes] };
        expect(await verdict(operation, principal), `${type} ${operation.name}`).toBe(wanted);
      }
    }
  });
});

describe('S-704: twice the limit for a minute', () => {
  it('lets the limit through, within 2 % and its burst, and leaves a neighbour alone', async () => {
    const LIMIT = 600;
    const BURST = 60;
    const { apiKeys, mint, clock } = await keyed(LIMIT);
    const [loud, quiet] = [await mint('key_of_ada'), await mint('key_of_bob')];
    let [allowed, quietRefused] = [0, 0];
    for (let request = 0; request < 2 * LIMIT; request++) {
      allowed += Number(await isKnown(apiKeys.identify(loud)));
      if (request % 4 === 0) quietRefused += Number(!(await isKnown(apiKeys.identify(quiet))));
      await clock.advance(MINUTE_MS / (2 * LIMIT));
    }
    expect(quietRefused).toBe(0);
    expect(Math.abs(allowed - LIMIT - BURST)).toBeLessThanOrEqual(LIMIT * 0.02);
  });
});
