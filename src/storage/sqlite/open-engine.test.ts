import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { claim, Fixtures, SANDBOX, VirtualClock } from '../../testing/store-conformance/index.js';
import { openSqliteInProcess, tryAcquireOwnerLock, verifyBackup } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-open-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clock = new VirtualClock(1_000_000);
const random = new SeededRandom(3);
const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  );

async function filled(name: string, events: number): Promise<string> {
  const path = join(folder, name);
  const store = await openSqliteInProcess(path, { clock });
  const body = () => random.bytes(2_000);
  await Promise.all(Array.from({ length: events }, () => store.events.accept(SANDBOX, make.event({ body: body() }))));
  await store.system.close();
  return path;
}

describe('opening', () => {
  it('refuses a file that is no database, or is cut off', async () => {
    const path = join(folder, 'text.db');
    writeFileSync(path, 'this is a letter to somebody, and no database at all\n'.repeat(100));
    expect(await codeOf(openSqliteInProcess(path, { clock }))).toBe('store_corrupt');
    const short = await filled('short.db', 200);
    truncateSync(short, Math.floor(statSync(short).size / 2));
    expect(await codeOf(openSqliteInProcess(short, { clock }))).toBe('store_corrupt');
    expect(await codeOf(openSqliteInProcess(join(folder, 'no', 'folder.db'), { clock }))).toBe('store_unavailable');
  });

  it('finds 50 damaged pages: by their structure, or by the checksum of the bodies on them', async () => {
    const path = await filled('flipped.db', 100);
    const pages = await pagesOf(path);
    const sound = readFileSync(path);
    for (let round = 0; round < 50; round++) {
      const { pageno, pagetype } = pages[Math.floor(random.float() * pages.length)]!;
      const bytes = Buffer.from(sound);
      // Anywhere on a page that is all body; on a page of rows in its head, which says where they are.
      const at = pagetype === 'overflow' ? Math.floor(random.float() * 4_000) : pageno === 1 ? 100 : 0;
      bytes[(pageno - 1) * 4_096 + at]! ^= 0xa5;
      writeFileSync(path, bytes);
      const problems = await verifyBackup(path).catch((error: unknown) => [String(error)]);
      expect(problems.length, `round ${round}, byte ${at} of page ${pageno} (${pagetype})`).toBeGreaterThan(0);
    }
    writeFileSync(path, sound);
    expect(await verifyBackup(path)).toEqual([]);
  });

  it('ends a job whose body is damaged, and goes on with the others', async () => {
    const store = await openSqliteInProcess(':memory:', { clock });
    await store.events.accept(SANDBOX, make.event());
    const good = make.event();
    await store.events.accept(SANDBOX, good);
    store.engine.sql.run('update segment set crc = crc + 1 where id = 1');
    store.engine.bodies.forget();
    expect((await claim(store)).map(({ event }) => event.id)).toEqual([good.id]);
    const [dead] = (await store.jobs.list(SANDBOX, { state: 'dead' }, { limit: 10 })).rows;
    expect(dead?.error).toMatch(/^store_corrupt: /);
    expect(await codeOf(store.events.get(SANDBOX, dead!.eventId))).toBe('store_corrupt');
    expect((await store.system.integrity()).length).toBe(1);
  });

  it('ends a job whose body would go beyond its segment: those behind it keep theirs', async () => {
    const store = await openSqliteInProcess(':memory:', { clock });
    const damaged = make.event();
    const good = make.event();
    for (const event of [damaged, good]) await store.events.accept(SANDBOX, event);
    store.engine.sql.run('update event set body_bytes = 100000 where id = ?', damaged.id);
    const [claimed, ...others] = await claim(store);
    expect(others).toEqual([]);
    expect(claimed!.event).toMatchObject({ id: good.id, headers: good.headers, bodySha256: good.bodySha256 });
    expect(claimed!.event.body).toEqual(new Uint8Array(good.body));
    const [dead] = (await store.jobs.list(SANDBOX, { state: 'dead' }, { limit: 10 })).rows;
    expect(dead).toMatchObject({ eventId: damaged.id, error: expect.stringMatching(/^store_corrupt: /) });
  });

  it('says who is wrong when a counter, a leaf or a body is', async () => {
    const store = await openSqliteInProcess(':memory:', { clock });
    for (let at = 0; at < 4; at++) await store.events.accept(SANDBOX, make.event());
    const found = async (sql: string, undo: string) => {
      store.engine.sql.exec(sql);
      const problems = await store.system.integrity();
      store.engine.sql.exec(undo);
      return problems;
    };
    expect(await found('update queue set ready = 9', 'update queue set ready = 4')).toMatchObject([/ready/]);
    expect(
      await found('update leaf_sandbox set n = 9 where n = 4', 'update leaf_sandbox set n = 4 where n = 9'),
    ).toEqual([expect.stringContaining('leaves are missing'), expect.stringContaining('without its leaf')]);
    const body = `update event set body_sha256 = zeroblob(32) where seq = 1`;
    expect(await found(body, 'select 1')).toEqual([expect.stringContaining('is not what was received')]);
  });

  it('reports a database that another writer holds', async () => {
    const path = await filled('locked.db', 1);
    const holder = await openSqliteInProcess(path, { clock });
    holder.engine.sql.exec('begin immediate');
    // The lock is waited for; a shorter wait is not a different thing.
    const other = codeOf(openSqliteInProcess(path, { clock }));
    expect(await other).toBe('store_locked');
    holder.engine.sql.exec('rollback');
    await holder.system.close();
  }, 20_000);
});

interface PageColumns {
  pageno: number;
  pagetype: string;
}

async function pagesOf(path: string): Promise<PageColumns[]> {
  const store = await openSqliteInProcess(path, { clock });
  const sql = `select pageno, pagetype from dbstat where pagetype <> 'overflow' or unused = 0`;
  const pages = store.engine.sql.all<PageColumns>(sql);
  await store.system.close();
  return pages;
}

describe('the owner lock', () => {
  it('is held by one, and free when it is released', async () => {
    const path = join(folder, 'owner.lock');
    const lock = await tryAcquireOwnerLock(path);
    expect(await tryAcquireOwnerLock(path)).toBe(undefined);
    lock!.release();
    lock!.release();
    const next = await tryAcquireOwnerLock(path);
    expect(next).not.toBe(undefined);
    next!.release();
    expect(await codeOf(tryAcquireOwnerLock(join(folder, 'no', 'owner.lock')))).toBe('store_unavailable');
  });

  it('goes with the process that held it', async () => {
    const path = join(folder, 'killed.lock');
    const program = `import { DatabaseSync } from '@photostructure/sqlite';
      const db = new DatabaseSync(${JSON.stringify(path)}); db.exec('begin exclusive'); console.log('held');
      process.stdin.resume().on('end', () => db.close()); // what nobody refers to is closed when it is collected`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await tryAcquireOwnerLock(path)).toBe(undefined);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const lock = await tryAcquireOwnerLock(path);
    expect(lock).not.toBe(undefined);
    lock!.release();
  });
});
