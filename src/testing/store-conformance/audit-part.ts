/** The audit log: in the order of the commits, per environment, found by what people ask for. @module */
import { receiptId, type AuditFilter, type AuditRow } from '../../core/audit.js';
import { leafHash } from '../../core/merkle.js';
import type { Store } from '../../core/store.js';
import { hash } from './fixtures.js';
import { DAY_MS, LIVE, OTHER, SANDBOX, type Part } from './suite.js';

/** What a row is about, short: the record, or the key of the receipt's event. */
const nameOf = ({ record, receipt }: AuditRow): string => record ?? receipt?.key ?? 'pruned';

async function sequenceAll(store: Store): Promise<AuditRow[]> {
  const { size } = await store.system.auditTree('sandbox');
  return store.system.auditSequence('sandbox', size, 1_000);
}

export const auditPart: Part = {
  name: 'audit',
  tests: {
    'keeps entries and receipts in the order of their commits': async ({ store, make, expect }) => {
      const expected: string[] = [];
      for (let at = 0; at < 6; at++) {
        const event = make.event();
        await store.events.accept(at % 2 === 0 ? SANDBOX : OTHER, event);
        const entries = [make.entry(), make.entry()];
        await store.audit.append(at % 2 === 0 ? OTHER : SANDBOX, entries);
        expected.push(event.key, ...entries.map(({ record }) => record));
      }
      await store.audit.append(LIVE, [make.entry()]);
      const rows = await sequenceAll(store);
      expect(rows.map(nameOf)).toEqual(expected);
      expect(rows.map(({ index }) => index)).toEqual(expected.map((_, at) => at));
      expect(rows.every(({ environment }) => environment === 'sandbox')).toBe(true);
      expect(await store.system.auditRows('sandbox', 0, 100)).toEqual(rows);
      expect(await store.system.auditLeaves('sandbox', 2, 5)).toEqual(rows.slice(2, 5).map(({ leaf }) => leaf));
      expect((await store.system.auditTree('live')).size).toBe(0);
    },

    'orders concurrent commits as they became visible': async ({ store, make, expect }) => {
      const entries = Array.from({ length: 100 }, () => make.entry());
      await Promise.all(entries.map((entry) => store.audit.append(SANDBOX, [entry])));
      const rows = await sequenceAll(store);
      const searched = (await store.audit.search(SANDBOX, {}, { limit: 1_000, order: 'oldest' })).rows;
      expect(rows.map(nameOf)).toEqual(searched.map(nameOf));
      expect(rows.map(({ leaf }) => leaf)).toEqual(searched.map(({ leaf }) => leaf));
      expect(new Set(rows.map(nameOf)).size).toBe(100);
    },

    'gives a place to what the sequencer has seen, a part at a time': async ({ store, make, expect }) => {
      const entries = Array.from({ length: 5 }, () => make.entry());
      await store.audit.append(SANDBOX, entries);
      const indexes = async () =>
        (await store.audit.search(SANDBOX, {}, { limit: 10, order: 'oldest' })).rows.map(({ index }) => index);
      expect(await indexes()).toEqual(entries.map(() => undefined));
      expect((await store.system.auditSequence('sandbox', 0, 2)).length).toBe(2);
      expect(await indexes()).toEqual([0, 1, undefined, undefined, undefined]);
      expect(await store.system.auditRows('sandbox', 0, 10)).toMatchObject([{ index: 0 }, { index: 1 }]);
      // A sequencer that crashed before it signed gets the same rows again.
      expect((await store.system.auditSequence('sandbox', 0, 3)).map(({ index }) => index)).toEqual([0, 1, 2]);
      expect((await store.system.auditSequence('sandbox', 3, 10)).length).toBe(2);
      expect(await store.system.auditSequence('sandbox', 5, 10)).toEqual([]);
      expect((await store.system.auditTree('sandbox')).size).toBe(5);
    },

    'gives back what an entry and a receipt are made of': async ({ store, make, expect }) => {
      const entry = make.entry({ personal: make.random.bytes(50) });
      const event = make.event({ secretId: 'sec_1', type: 'a\0\x01b', key: 'k\0\x02' });
      await store.audit.append(SANDBOX, [entry]);
      await store.events.accept(SANDBOX, event);
      const { record, personal } = entry;
      const leaf = new Uint8Array(leafHash(record));
      const place = { tenant: 'default', environment: 'sandbox' };
      expect(await store.audit.get(SANDBOX, entry.id)).toEqual({ ...place, record, leaf, personal });
      const { id: eventId, sourceId, provider, type, key, receivedAtMs, bodySha256, secretId } = event;
      const columns = { eventId, sourceId, provider, type, key, receivedAtMs, bodySha256, secretId };
      const receipt = { ...columns, bodyBytes: event.body.length, ...place };
      expect(await store.audit.get(SANDBOX, receiptId(event.id))).toEqual({ ...place, leaf: event.leaf, receipt });
      expect((await sequenceAll(store)).map((row) => row.receipt)).toEqual([undefined, receipt]);
      expect(await store.audit.get(OTHER, entry.id)).toBe(undefined);
      expect(await store.audit.get(LIVE, receiptId(event.id))).toBe(undefined);
      expect(await store.audit.get(SANDBOX, 'aud_nowhere')).toBe(undefined);
      expect(await store.audit.get(SANDBOX, event.id)).toBe(undefined);
    },

    'is searched by what people ask for': async ({ store, clock, make, expect }) => {
      const event = make.event({ key: 'receipt' });
      const startMs = clock.nowMs();
      await store.events.accept(SANDBOX, event);
      await clock.advance(1_000);
      const call = { callId: 'call_1', eventId: event.id, provider: 'globex', target: 'C1' };
      await store.audit.append(SANDBOX, [
        make.entry({ record: 'sent', ...call }),
        make.entry({ record: 'denied', status: 'denied', actor: 'prn_agent', provider: 'globex' }),
      ]);
      await clock.advance(1_000);
      await store.audit.append(SANDBOX, [make.entry({ record: 'paused', action: 'queue.pause', target: 'notify' })]);
      await store.audit.append(OTHER, [make.entry({ record: 'foreign' })]);
      const found = async (filter: AuditFilter) =>
        (await store.audit.search(SANDBOX, filter, { limit: 10, order: 'oldest' })).rows.map(nameOf);
      expect(await found({})).toEqual(['receipt', 'sent', 'denied', 'paused']);
      expect(await found({ action: 'webhook.receive' })).toEqual(['receipt']);
      expect(await found({ action: 'globex.sendMessage' })).toEqual(['sent', 'denied']);
      expect(await found({ status: 'succeeded' })).toEqual(['receipt', 'sent', 'paused']);
      expect(await found({ status: 'denied' })).toEqual(['denied']);
      expect(await found({ status: 'failed' })).toEqual([]);
      expect(await found({ actor: 'prn_agent' })).toEqual(['denied']);
      expect(await found({ actor: 'acme' })).toEqual(['receipt']);
      expect(await found({ provider: 'globex' })).toEqual(['sent', 'denied']);
      expect(await found({ provider: 'acme' })).toEqual(['receipt']);
      expect(await found({ target: 'C1' })).toEqual(['sent']);
      expect(await found({ target: 'src_one' })).toEqual(['receipt']);
      expect(await found({ callId: 'call_1' })).toEqual(['sent']);
      expect(await found({ eventId: event.id })).toEqual(['receipt', 'sent']);
      expect(await found({ sinceMs: startMs + 1_000 })).toEqual(['sent', 'denied', 'paused']);
      expect(await found({ untilMs: startMs + 1_000 })).toEqual(['receipt']);
      expect(await found({ sinceMs: startMs + 1, untilMs: startMs + 2_000, provider: 'globex' })).toEqual([
        'sent',
        'denied',
      ]);
      expect(await found({ target: "x' or 1=1 --" })).toEqual([]);
      const newest = await store.audit.search(SANDBOX, {}, { limit: 2 });
      expect(newest.rows.map(nameOf)).toEqual(['paused', 'denied']);
    },

    'is paged without gap or repeat while it grows': async ({ store, make, expect }) => {
      const names: string[] = [];
      for (let at = 0; at < 30; at++) {
        const name = `n${at}`;
        names.push(name);
        if (at % 3 === 0) await store.events.accept(SANDBOX, make.event({ key: name }));
        else await store.audit.append(SANDBOX, [make.entry({ record: name })]);
      }
      for (const order of ['newest', 'oldest'] as const) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const request = cursor === undefined ? { limit: 7, order } : { limit: 7, order, cursor };
          const page = await store.audit.search(SANDBOX, {}, request);
          seen.push(...page.rows.map(nameOf));
          cursor = page.cursor;
          if (order === 'newest') await store.audit.append(SANDBOX, [make.entry({ record: 'meanwhile' })]);
        } while (cursor !== undefined);
        const expected = order === 'newest' ? names.toReversed() : names;
        expect(seen.filter((name) => name !== 'meanwhile')).toEqual(expected);
      }
    },

    'keeps tiles and checkpoints of each tree': async ({ store, make, expect }) => {
      const tile = (level: number, index: number) => ({ level, index, hashes: make.random.bytes(256 * 32) });
      const tiles = [tile(0, 0), tile(0, 1), tile(1, 0)];
      const checkpoint = (size: number) => ({ size, root: hash(`root ${size}`), atMs: size, note: `note ${size}\n` });
      expect(await store.system.auditTree('live')).toEqual({ size: 0, checkpoint: undefined });
      for (const size of [3, 300, 512]) {
        await store.system.auditCheckpoint('live', size === 512 ? tiles : [], checkpoint(size), []);
      }
      await store.system.auditCheckpoint('live', tiles, checkpoint(512), [3]);
      expect((await store.system.auditTree('live')).checkpoint).toEqual(checkpoint(512));
      expect(await store.system.auditTree('sandbox')).toEqual({ size: 0, checkpoint: undefined });
      expect(await store.system.auditTiles('live', 0, 0, 10)).toEqual(tiles.slice(0, 2));
      expect(await store.system.auditTiles('live', 0, 1, 2)).toEqual([tiles[1]]);
      expect(await store.system.auditTiles('sandbox', 0, 0, 10)).toEqual([]);
      expect(await store.system.auditCheckpoints('live', 0, 1)).toEqual([checkpoint(300)]);
      expect(await store.system.auditCheckpoints('live', 300, 10)).toEqual([checkpoint(512)]);
    },

    'loses old records under a checkpoint, and no leaf': async ({ store, clock, make, expect }) => {
      const retention = { bodiesMs: DAY_MS, attemptsMs: DAY_MS, dedupeMs: DAY_MS, auditMs: 10 * DAY_MS };
      const event = make.event({ jobs: [] });
      await store.events.accept(SANDBOX, event);
      await store.audit.append(SANDBOX, [make.entry(), make.entry()]);
      await sequenceAll(store);
      const leaves = await store.system.auditLeaves('sandbox', 0, 10);
      await clock.advance(11 * DAY_MS);
      expect(await store.system.prune(retention, 100)).toMatchObject({ entries: 0, events: 0 });
      const checkpoint = { size: 2, root: hash('root'), atMs: clock.nowMs(), note: 'note' };
      await store.system.auditCheckpoint('sandbox', [], checkpoint, []);
      expect(await store.system.prune(retention, 100)).toMatchObject({ entries: 1, events: 1 });
      const rows = await store.system.auditRows('sandbox', 0, 10);
      expect(
        rows.map(({ index, record, receipt, tenant }) => [
          index,
          record === undefined && receipt === undefined,
          tenant,
        ]),
      ).toEqual([
        [0, true, 'default'],
        [1, true, 'default'],
        [2, false, 'default'],
      ]);
      expect(rows.map(({ leaf }) => leaf)).toEqual(leaves);
      expect(await store.system.auditLeaves('sandbox', 0, 10)).toEqual(leaves);
      expect((await store.system.status()).events).toBe(0);
      // What comes next does not take the place of what is gone.
      await store.audit.append(SANDBOX, [make.entry({ record: 'next' })]);
      await store.events.accept(SANDBOX, make.event({ key: 'later' }));
      expect((await sequenceAll(store)).map(nameOf)).toEqual(['next', 'later']);
      expect((await store.system.auditRows('sandbox', 0, 2)).map(nameOf)).toEqual(['pruned', 'pruned']);
    },
  },
};
