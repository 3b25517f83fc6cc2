import { describe, expect, it } from 'vitest';
import type { AuditRow, NewAuditEntry } from '../core/audit.js';
import { AppError } from '../core/errors.js';
import type { Scope } from '../core/scope.js';
import { LateEntries } from './late-entries.js';

const ACME: Scope = { tenant: 'acme', environment: 'live' };
const OTHER: Scope = { tenant: 'other', environment: 'live' };

const entryOf = (id: string, record = '{}'): NewAuditEntry =>
  ({ id, atMs: 0, record, action: 'a.b', status: 'succeeded', actor: 'p' }) as NewAuditEntry;

/** A store whose appends end when they are told to. */
function slowStore() {
  const appended: { tenant: string; ids: string[] }[] = [];
  const open: ((error?: Error) => void)[] = [];
  const there = new Set<string>();
  return {
    appended,
    there,
    get open() {
      return open.length;
    },
    /** Ends the appends that are under way, and those that follow from it have begun. */
    async answer(error?: Error, isWritten = error === undefined) {
      for (const end of open.splice(0)) end(error);
      if (isWritten) for (const { ids } of appended) for (const id of ids) there.add(id);
      await settled();
    },
    append(scope: Scope, entries: NewAuditEntry[]): Promise<void> {
      appended.push({ tenant: scope.tenant, ids: entries.map(({ id }) => id) });
      return new Promise((resolve, reject) => open.push((error) => (error ? reject(error) : resolve())));
    },
    get: async (_scope: Scope, id: string) => (there.has(id) ? ({} as AuditRow) : undefined),
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await undefined;
}

const UNAVAILABLE = new AppError('store_unavailable', { problem: 'the disk is full' });

describe('entries that come after the answer', () => {
  it('go together where they come together, and wait for the group under way', async () => {
    const store = slowStore();
    const late = new LateEntries(store);
    expect(late.add(ACME, entryOf('1'))).toBeUndefined();
    void late.add(ACME, entryOf('2'));
    await settled();
    void late.add(ACME, entryOf('3'));
    void late.add(ACME, entryOf('4'));
    await settled();
    expect(store.appended).toEqual([{ tenant: 'acme', ids: ['1', '2'] }]);
    await store.answer();
    expect(store.appended[1]).toEqual({ tenant: 'acme', ids: ['3', '4'] });
    let isFlushed = false;
    const flushed = late.flush().then(() => (isFlushed = true));
    await settled();
    expect(isFlushed).toBe(false);
    await store.answer();
    await flushed;
  });

  it('are one append a tenant', async () => {
    const store = slowStore();
    const late = new LateEntries(store);
    for (const id of ['1', '3']) {
      void late.add(ACME, entryOf(id));
      void late.add(OTHER, entryOf(`${id}0`));
    }
    await settled();
    expect(store.appended).toEqual([
      { tenant: 'acme', ids: ['1', '3'] },
      { tenant: 'other', ids: ['10', '30'] },
    ]);
  });

  it.each([
    ['many', 1_024, '{}'],
    ['long', 5, 'x'.repeat(1024 * 1024)],
  ])('hold up who brings one more when there are %s', async (_what, count, record) => {
    const store = slowStore();
    const late = new LateEntries(store);
    const added = Array.from({ length: count }, (_, at) => late.add(ACME, entryOf(String(at), record)));
    expect(added[0]).toBeUndefined();
    let hasRoom = false;
    const waiting = added.at(-1)!.then(() => (hasRoom = true));
    await settled();
    expect(hasRoom).toBe(false);
    await store.answer();
    while (store.open > 0) await store.answer();
    await waiting;
  });

  it('that cannot be written are kept, stop who looks, and are written later in their order', async () => {
    const store = slowStore();
    const late = new LateEntries(store);
    void late.add(ACME, entryOf('1'));
    await settled();
    expect(late.isStuck).toBe(false);
    await store.answer(UNAVAILABLE);
    expect(late.isStuck).toBe(true);
    void late.add(ACME, entryOf('2'));
    await settled();
    expect(store.appended).toHaveLength(1);
    const failing = late.flush();
    await settled();
    expect(late.isStuck).toBe(true);
    await store.answer(UNAVAILABLE);
    await expect(failing).rejects.toBe(UNAVAILABLE);
    const flushed = late.flush();
    await settled();
    await store.answer();
    await store.answer();
    await flushed;
    expect(late.isStuck).toBe(false);
    expect(store.appended.map(({ ids }) => ids)).toEqual([['1'], ['1'], ['1'], ['2']]);
  });

  it('that were written although the store said otherwise are not written again', async () => {
    const store = slowStore();
    const late = new LateEntries(store);
    void late.add(ACME, entryOf('1'));
    void late.add(ACME, entryOf('2'));
    await settled();
    await store.answer(UNAVAILABLE, true);
    await late.flush();
    expect(store.appended).toHaveLength(1);
    expect(late.isStuck).toBe(false);
  });
});
