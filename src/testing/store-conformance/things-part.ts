/** Sources and state. @module */
import type { Transition } from '../../core/store.js';
import { LIVE, OTHER, SANDBOX, type Part } from './suite.js';

export const thingsPart: Part = {
  name: 'sources, state',
  tests: {
    'a source comes back as it was given': async ({ store, make, expect }) => {
      const source = make.source({
        scheme: 'v1',
        refusalStatus: 403,
        bodyLimitBytes: 5,
        toleranceSeconds: 300,
        publicUrl: 'https://example.com/in',
        pairingUntilMs: 9,
      });
      const unsigned = make.source({ unsignedReason: 'a sensor that cannot sign', secrets: [] });
      expect(await store.sources.create(SANDBOX, source)).toBe('created');
      expect(await store.sources.create(OTHER, unsigned)).toBe('created');
      expect(await store.sources.get(SANDBOX, source.id)).toEqual({ ...source, ...SANDBOX });
      expect(await store.sources.get(OTHER, source.id)).toBe(undefined);
      expect(await store.sources.list(OTHER)).toEqual([{ ...unsigned, ...OTHER }]);
      const { sources } = await store.system.allSources();
      expect(sources.map(({ id, tenant }) => [id, tenant])).toEqual([
        [source.id, 'default'],
        [unsigned.id, 'other'],
      ]);
    },

    'a path belongs to one live source of the installation': async ({ store, make, expect }) => {
      const answers = await Promise.all([
        store.sources.create(SANDBOX, make.source({ path: '/webhooks/acme' })),
        store.sources.create(OTHER, make.source({ path: '/webhooks/acme' })),
      ]);
      // Which of the two came first is the store's to say.
      expect(answers.toSorted()).toEqual(['created', 'path_taken']);
      const scopes = [SANDBOX, OTHER];
      const owner = scopes[answers.indexOf('created')]!;
      const [id] = (await store.sources.list(owner)).map((row) => row.id);
      for (const scope of scopes) {
        if (scope !== owner) expect(await store.sources.delete(scope, id!)).toBe('not_found');
      }
      expect(await store.sources.delete(owner, id!)).toBe('deleted');
      expect(await store.sources.delete(owner, id!)).toBe('not_found');
      expect(await store.sources.create(LIVE, make.source({ path: '/webhooks/acme' }))).toBe('created');
      expect(await store.sources.list(owner)).toEqual([]);
    },

    'a new secret lets the old ones go after the overlap': async ({ store, clock, make, expect }) => {
      const source = make.source();
      await store.sources.create(SANDBOX, source);
      const at = clock.nowMs();
      const secret = (id: string) => ({ id, reference: 'env:X', createdAtMs: at, createdBy: 'prn_someone' });
      expect(await store.sources.rotateSecret(SANDBOX, source.id, secret('two'), 1_000)).toBe('rotated');
      expect(await store.sources.rotateSecret(SANDBOX, source.id, secret('three'), 9_000)).toBe('rotated');
      expect(await store.sources.rotateSecret(OTHER, source.id, secret('four'), 1)).toBe('not_found');
      const row = await store.sources.get(SANDBOX, source.id);
      expect(row?.secrets).toEqual([
        { ...source.secrets[0]!, expiresAtMs: at + 1_000 },
        { ...secret('two'), expiresAtMs: at + 9_000 },
        secret('three'),
      ]);
    },

    'the version of the sources moves with every change, and only then': async ({ store, make, expect }) => {
      const versions: number[] = [await store.system.sourcesVersion()];
      const note = async () => void versions.push(await store.system.sourcesVersion());
      const source = make.source();
      await store.sources.create(SANDBOX, source);
      await note();
      await store.sources.rotateSecret(SANDBOX, source.id, make.source().secrets[0]!, 0);
      await note();
      await store.sources.create(SANDBOX, make.source({ path: source.path }));
      await note();
      await store.sources.delete(SANDBOX, source.id);
      await note();
      expect(new Set(versions).size).toBe(4);
      expect(versions[2]).toBe(versions[3]);
      expect((await store.system.allSources()).version).toBe(versions.at(-1));
    },

    'a state belongs to what has the same name to its end': async ({ store, make, expect }) => {
      for (const entity of ['order:', 'order:\0a', 'order:\0b']) {
        const step = { key: make.newId('job'), entity, from: [null], to: `paid ${entity}`, keyTtlMs: 60_000 };
        expect(await store.state.transition(SANDBOX, step)).toMatchObject({ kind: 'applied', row: { entity } });
      }
      expect(await store.state.get(SANDBOX, 'order:\0a')).toMatchObject({
        entity: 'order:\0a',
        state: 'paid order:\0a',
      });
    },

    'a transition needs a state it may come from': async ({ store, clock, make, expect }) => {
      const step = (over: Partial<Transition>): Transition => ({
        key: make.newId('job'),
        entity: 'order:1',
        from: [null],
        to: 'paid',
        keyTtlMs: 60_000,
        ...over,
      });
      const at = clock.nowMs();
      expect(await store.state.get(SANDBOX, 'order:1')).toBe(undefined);
      expect(await store.state.transition(SANDBOX, step({ from: ['paid'] }))).toEqual({
        kind: 'refused',
        row: undefined,
      });
      const paid = {
        entity: 'order:1',
        state: 'paid',
        data: '{"sum":1}',
        version: 1,
        updatedAtMs: at,
        occurredAtMs: 5,
      };
      const first = step({ data: '{"sum":1}', occurredAtMs: 5 });
      expect(await store.state.transition(SANDBOX, first)).toEqual({ kind: 'applied', row: paid, replayed: false });
      expect(await store.state.transition(SANDBOX, step({}))).toEqual({ kind: 'refused', row: paid });
      expect(await store.state.transition(OTHER, step({}))).toMatchObject({ kind: 'applied' });
      await clock.advance(10);
      const shipped = { entity: 'order:1', state: 'shipped', data: '{"sum":1}', version: 2, updatedAtMs: at + 10 };
      const second = step({ from: [null, 'paid'], to: 'shipped' });
      expect(await store.state.transition(SANDBOX, second)).toEqual({ kind: 'applied', row: shipped, replayed: false });
      expect(await store.state.get(SANDBOX, 'order:1')).toEqual(shipped);
      // The step of a handler that runs again: it answers as it did, and changes nothing.
      expect(await store.state.transition(SANDBOX, first)).toEqual({ kind: 'applied', row: paid, replayed: true });
      expect(await store.state.get(SANDBOX, 'order:1')).toEqual(shipped);
    },

    'a refused step may come again when its predecessor has': async ({ store, expect }) => {
      const base = { entity: 'order:2', keyTtlMs: 60_000 };
      const late = { ...base, key: 'ship', from: ['paid'], to: 'shipped' };
      expect(await store.state.transition(SANDBOX, late)).toMatchObject({ kind: 'refused' });
      await store.state.transition(SANDBOX, { ...base, key: 'pay', from: [null], to: 'paid' });
      expect(await store.state.transition(SANDBOX, late)).toMatchObject({ kind: 'applied', replayed: false });
    },

    'of many equal steps at once one is applied': async ({ store, expect }) => {
      const step = { key: 'k', entity: 'e', from: [null, 'on'], to: 'on', keyTtlMs: 60_000 };
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.state.transition(SANDBOX, step)));
      expect(outcomes.filter((outcome) => outcome.kind === 'applied' && !outcome.replayed).length).toBe(1);
      expect((await store.state.get(SANDBOX, 'e'))?.version).toBe(1);
    },
  },
};
