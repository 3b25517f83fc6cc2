import { describe, expect, it } from 'vitest';
import type { Scope } from '../core/scope.js';
import { SecretSet } from '../core/secret-set.js';
import { SeededRandom } from '../core/seeded-random.js';
import { openSqliteInProcess, type InProcessStore } from '../storage/sqlite/index.js';
import { memoryKeys, VirtualClock, type MemoryKeys } from '../testing/index.js';
import { ArchiveKeys } from './archive-keys.js';
import { KeptSecrets } from './kept-secrets.js';
import { keyUses, rotate } from './rotation.js';
import { Vault } from './vault.js';

const SCOPES: readonly Scope[] = [
  { tenant: 'default', environment: 'sandbox' },
  { tenant: 'default', environment: 'live' },
  { tenant: 'acme', environment: 'live' },
];
const SECRETS = 450;

const world = { clock: new VirtualClock(1_000), random: new SeededRandom(11) };

function keptIn(store: InProcessStore, keys: MemoryKeys): { vault: Vault; kept: KeptSecrets } {
  const vault = new Vault(keys, world.random);
  const { clock, random } = world;
  const parts = { secrets: store.secrets, vault, shares: keys.shares, clock, random, handedOut: new SecretSet() };
  return { vault, kept: new KeptSecrets({ ...parts, fetch: async () => 'fetched', ttlMs: 0 }) };
}

const valueOf = (at: number): string => `value-of-secret-${at}`;
const scopeOf = (at: number): Scope => SCOPES[at % SCOPES.length]!;

async function filled(count: number): Promise<{ store: InProcessStore; keys: MemoryKeys }> {
  const keys = memoryKeys(world.random);
  const store = await openSqliteInProcess(':memory:', { clock: world.clock });
  const { kept, vault } = keptIn(store, keys);
  await ArchiveKeys.open({ secrets: store.secrets, vault, ...world });
  await Promise.all(
    Array.from({ length: count }, (_, at) => kept.create(scopeOf(at), 'named', `secret-${at}`, valueOf(at), {})),
  );
  return { store, keys };
}

async function unreadable(store: InProcessStore, keys: MemoryKeys, count: number): Promise<number> {
  const { kept } = keptIn(store, keys);
  let bad = 0;
  for (let at = 0; at < count; at++) {
    const read = await kept.read(scopeOf(at), 'named', `secret-${at}`).catch(() => undefined);
    if (read !== valueOf(at)) bad += 1;
  }
  return bad;
}

describe('rotation', () => {
  it('moves everything, retires the old key, and does not need it any more', async () => {
    const { store, keys } = await filled(SECRETS);
    const { vault } = keptIn(store, keys);
    const report = await rotate({ system: store.system, keys, vault });
    expect(report).toMatchObject({ keyId: 'k2', resumed: false, moved: SECRETS + 2, unreadable: [], retired: ['k1'] });
    expect(await keyUses({ system: store.system, keys })).toMatchObject([
      { id: 'k1', records: 0, current: false },
      { id: 'k2', records: SECRETS + 2, current: true, here: true },
    ]);
    await keys.destroyKek('k1');
    expect(await unreadable(store, keys, SECRETS)).toBe(0);
    const again = keptIn(store, keys);
    const archive = await ArchiveKeys.open({ secrets: store.secrets, vault: again.vault, ...world });
    const place = { tenant: 't', environment: 'live' as const, kind: 'event', id: 'evt_1', field: 'body' };
    expect(archive.open(archive.seal(new Uint8Array([1]), place), place)).toEqual(new Uint8Array([1]));
  });

  it('goes on after a kill before and after every single commit', async () => {
    const COUNT = 410;
    for (const moment of ['commit', 'answer'] as const) {
      for (let at = 1; ; at++) {
        let left = Infinity;
        const keys = memoryKeys(world.random);
        let store: InProcessStore;
        const pause = async (before: 'commit' | 'answer'): Promise<void> => {
          if (before === moment && (left -= 1) === 0) store.crash();
        };
        store = await openSqliteInProcess(':memory:', { clock: world.clock, pause });
        const first = keptIn(store, keys);
        await Promise.all(
          Array.from({ length: COUNT }, (_, n) =>
            first.kept.create(scopeOf(n), 'named', `secret-${n}`, valueOf(n), {}),
          ),
        );
        left = at;
        const running = rotate({ system: store.system, keys, vault: first.vault });
        const ended = await Promise.race([running, crashed(() => left <= 0)]);
        left = Infinity;
        if (ended !== 'crashed') break;
        store = await store.reopen();
        const { vault } = keptIn(store, keys);
        const report = await rotate({ system: store.system, keys, vault });
        expect(report).toMatchObject({ keyId: 'k2', resumed: true, unreadable: [], retired: ['k1'], remaining: [] });
        expect(await unreadable(store, keys, COUNT)).toBe(0);
      }
    }
  });

  it('loses nothing that is set, replaced or read while it runs', async () => {
    const { store, keys } = await filled(SECRETS);
    const { vault, kept } = keptIn(store, keys);
    const running = rotate({ system: store.system, keys, vault });
    const scope = SCOPES[0]!;
    for (let n = 0; n < 60; n++) {
      await kept.create(scope, 'named', `new-${n}`, `new value ${n}`, {});
      const row = await kept.row(scopeOf(n), 'named', `secret-${n}`);
      // The rotation may come in between: whoever replaces a value reads again then, as for any other change.
      let stored = await kept.replace(scopeOf(n), row, valueOf(n), {});
      if (stored === 'conflict') {
        stored = await kept.replace(scopeOf(n), await kept.row(scopeOf(n), 'named', `secret-${n}`), valueOf(n), {});
      }
      expect(stored).toBe('stored');
    }
    const report = await running;
    expect([report.unreadable, report.remaining]).toEqual([[], []]);
    await keys.destroyKek('k1');
    expect(await unreadable(store, keys, SECRETS)).toBe(0);
    for (let n = 0; n < 60; n++) {
      expect(await keptIn(store, keys).kept.read(scope, 'named', `new-${n}`)).toBe(`new value ${n}`);
    }
  });

  it('keeps a key that something unreadable is under, and says what', async () => {
    const { store, keys } = await filled(3);
    const { vault } = keptIn(store, keys);
    store.engine.sql.exec(`update secret set sealed = zeroblob(100) where name = 'secret-1'`);
    const report = await rotate({ system: store.system, keys, vault });
    expect(report).toMatchObject({ moved: 4, retired: [], remaining: ['k1'] });
    expect(report.unreadable).toEqual([{ place: 'named secret-1 (default, live)', code: 'vault_tampered' }]);
  });

  it('is stopped by its signal and goes on later', async () => {
    const { store, keys } = await filled(SECRETS);
    const { vault } = keptIn(store, keys);
    const parts = { system: store.system, keys, vault };
    const stop = new AbortController();
    stop.abort();
    expect(await rotate({ ...parts, signal: stop.signal })).toMatchObject({ moved: 0, remaining: ['k1'] });
    expect(await rotate(parts)).toMatchObject({ resumed: true, moved: SECRETS + 2, retired: ['k1'] });
  });
});

/** Resolves once the store has crashed; by then the rotation waits for ever. */
async function crashed(isOver: () => boolean): Promise<'crashed'> {
  while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
  return 'crashed';
}
