import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ThreadHandle } from '../../core/ports.js';
import { EarlyWriter, tryAcquireOwnerLock } from './index.js';
import { serveWaitingWriter } from './serve-engine.js';
import type { FromEngine, ToEngine } from './thread-protocol.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-early-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A waiting writer that runs in this thread. */
function start() {
  const messages: ((message: unknown) => void)[] = [];
  const exits: ((reason: string) => void)[] = [];
  const said: FromEngine['kind'][] = [];
  const listener = serveWaitingWriter((message) => {
    said.push(message.kind);
    for (const hear of messages) hear(message);
  });
  const thread: ThreadHandle = {
    post: (message) => void listener(message as ToEngine),
    onMessage: (hear) => void messages.push(hear),
    onExit: (hear) => void exits.push(hear),
    terminate: async () => {},
  };
  return { writer: new EarlyWriter(thread), listener, said, end: () => exits.forEach((hear) => hear('out of memory')) };
}

it('takes the lock of a directory in the thread, and gives it back', async () => {
  const path = join(folder, 'owner.lock');
  const { writer } = start();
  const lock = await writer.tryLock(path);
  expect(lock).toBeDefined();
  expect(await tryAcquireOwnerLock(path)).toBeUndefined();
  expect(await start().writer.tryLock(path)).toBeUndefined();
  await lock?.release();
  const other = await tryAcquireOwnerLock(path);
  expect(other).toBeDefined();
  await other?.release();
});

it('says why there can be no lock', async () => {
  await expect(start().writer.tryLock(join(folder, 'missing', 'owner.lock'))).rejects.toMatchObject({
    code: 'store_unavailable',
  });
});

it('fails when the thread has ended', async () => {
  const { writer, end } = start();
  const asked = writer.tryLock(join(folder, 'other.lock'));
  end();
  await expect(asked).rejects.toMatchObject({ code: 'store_unavailable' });
  await expect(writer.tryLock(join(folder, 'other.lock'))).rejects.toMatchObject({ code: 'store_unavailable' });
});

it('opens the database only when it is told to', async () => {
  const { listener, said } = start();
  await listener({ kind: 'lock', path: join(folder, 'third.lock') });
  expect(said).toEqual(['locking']);
  await listener({ kind: 'start', start: { path: join(folder, 'x.db'), nowMs: 1 } });
  expect(said).toEqual(['locking', 'ready']);
  await listener({ kind: 'close' });
  expect(said).toEqual(['locking', 'ready', 'closed']);
});
