/**
 * Tampering by somebody with full power over a PostgreSQL and without the signing key, in entries that a checkpoint held
 * elsewhere covers. Every one has to be found, and located as closely as what was left untouched allows.
 *
 * FAIRLEAD_TAMPERINGS says how many (default 40), FAIRLEAD_SEED where chance begins (default 1).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditProblem } from '../../src/audit/index.js';
import { leafHash } from '../../src/core/merkle.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import type { Store } from '../../src/core/store.js';
import { openPostgres } from '../../src/storage/postgres/index.js';
import { heldCheckpoint, newWorld, populate, sequence, verify } from '../storage/moved-world.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';

const TAMPERINGS = Number(process.env['FAIRLEAD_TAMPERINGS'] ?? 40);
const SEED = Number(process.env['FAIRLEAD_SEED'] ?? 1);
const EVENTS = 400;
const TABLES = ['audit', 'event', 'leaves', 'tile', 'checkpoint'];
const PLACES = 4096;

interface Leaf {
  index: number;
  tx: string;
  at: number;
  seq: string;
  isEntry: boolean;
}

/** What is done, to be located at `index`, and the kind of problem it may be called first. */
interface Tampering {
  what: string;
  sql: string;
  index: number;
}

describe.skipIf(!hasPostgres())(`${TAMPERINGS} tamperings with a PostgreSQL (seed ${SEED})`, () => {
  const random = new SeededRandom(SEED);
  const below = (limit: number): number => Math.floor(random.float() * limit);
  let postgres: TestPostgres;
  let url: string;
  let store: Store;
  let held: string;
  let leaves: Leaf[];

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    url = await postgres.createStore();
    const world = newWorld();
    store = await openPostgres({ url, clock: world.clock });
    await populate(store, world, EVENTS);
    await sequence(store, world.clock);
    held = await heldCheckpoint(store, 'sandbox');
    const rows = await postgres.run(
      `select (first + i - 1)::integer as index, tx::text, (i - 1)::integer as at, (tx * ${PLACES} + place)::text as seq,
          kind = 1 as "isEntry"
        from fairlead.leaves, unnest(places) with ordinality as one(place, i)
        where environment = 'sandbox' and first is not null order by 1`,
      url,
    );
    leaves = rows as unknown as Leaf[];
    for (const table of TABLES) await postgres.run(`create table sound_${table} as table fairlead.${table}`, url);
  }, 120_000);

  afterAll(async () => {
    await store?.system.close();
    await postgres?.stop();
  });

  async function restore(): Promise<void> {
    const statements = TABLES.map(
      (table) => `delete from fairlead.${table}; insert into fairlead.${table} select * from sound_${table};`,
    );
    await postgres.run(statements.join('\n'), url);
  }

  const hashAt = ({ tx, at }: Leaf, hash: string): string => `update fairlead.leaves set
    hashes = overlay(hashes placing ${hash} from ${at * 32 + 1} for 32) where environment = 'sandbox' and tx = ${tx}`;
  const pick = (isEntry: boolean): Leaf => {
    const some = leaves.filter((leaf) => leaf.isEntry === isEntry);
    return some[below(some.length)]!;
  };
  const anyLeaf = (): Leaf => leaves[below(leaves.length)]!;
  const randomHash = (): string => `'\\x${Buffer.from(random.bytes(32)).toString('hex')}'::bytea`;

  const KINDS: (() => Tampering)[] = [
    () => {
      const { seq, index } = pick(true);
      return { what: 'record', index, sql: `update fairlead.audit set record = record || ' ' where seq = ${seq}` };
    },
    () => {
      const leaf = pick(true);
      const record = `{"forged":${below(1_000_000)}}`;
      const hash = `'\\x${Buffer.from(leafHash(record)).toString('hex')}'::bytea`;
      const sql = `update fairlead.audit set record = '${record}' where seq = ${leaf.seq}; ${hashAt(leaf, hash)}`;
      return { what: 'record and leaf', index: leaf.index, sql };
    },
    () => {
      const { seq, index } = pick(true);
      return { what: 'entry gone', index, sql: `delete from fairlead.audit where seq = ${seq}` };
    },
    () => {
      const { seq, index } = pick(false);
      const column = ['key', 'type', 'provider'][below(3)]!;
      return { what: 'receipt', index, sql: `update fairlead.event set ${column} = 'other' where seq = ${seq}` };
    },
    () => {
      const { seq, index } = pick(false);
      const sql = `update fairlead.event set body_sha256 = ${randomHash()} where seq = ${seq}`;
      return { what: 'body hash', index, sql };
    },
    () => {
      const leaf = anyLeaf();
      return { what: 'stored hash', index: leaf.index, sql: hashAt(leaf, randomHash()) };
    },
    () => {
      const { tx } = anyLeaf();
      const index = leaves.find((leaf) => leaf.tx === tx)!.index;
      const sql = `delete from fairlead.leaves where environment = 'sandbox' and tx = ${tx}`;
      return { what: 'leaves gone', index, sql };
    },
    () => {
      const sql = `update fairlead.tile set hashes = overlay(hashes placing ${randomHash()} from ${below(200) * 32 + 1} for 32)
        where environment = 'sandbox' and level = 0 and idx = 0`;
      return { what: 'tile', index: 0, sql };
    },
    () => {
      const sql = `update fairlead.checkpoint set note = replace(note, 'fairlead', 'fairlady') where environment = 'sandbox'`;
      return { what: 'checkpoint', index: 0, sql };
    },
  ];

  it('are all found and located', async () => {
    expect(await verify(store, 'sandbox', [held])).toMatchObject({ ok: true, problems: [] });
    expect(leaves.length).toBeGreaterThan(256);
    const seen = new Map<string, number>();
    for (let at = 0; at < TAMPERINGS; at += 1) {
      const done = KINDS[at % KINDS.length]!();
      await postgres.run(done.sql, url);
      const { ok, problems } = await verify(store, 'sandbox', [held]);
      const label = `#${at} ${done.what} at ${done.index}: ${JSON.stringify(problems[0])}`;
      expect(ok, label).toBe(false);
      expect(isLocated(problems, done), label).toBe(true);
      seen.set(done.what, (seen.get(done.what) ?? 0) + 1);
      await restore();
    }
    expect(await verify(store, 'sandbox', [held])).toMatchObject({ ok: true, problems: [] });
    expect(seen.size).toBe(Math.min(KINDS.length, TAMPERINGS));
  }, 900_000);
});

function isLocated(problems: readonly AuditProblem[], { what, index }: Tampering): boolean {
  if (what === 'checkpoint') return problems.some(({ kind }) => kind === 'checkpoint');
  const [first] = problems.filter(({ kind }) => kind !== 'checkpoint');
  if (first === undefined) return false;
  // A tile says no more than its stretch.
  return what === 'tile' ? first.within.from < 256 : index >= first.within.from && index < first.within.to;
}
