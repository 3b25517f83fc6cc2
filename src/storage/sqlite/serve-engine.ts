/** What the threads of the store do with their messages, whatever the thread is. @module */
import { Committer, type Outcome } from './committer.js';
import { asStoreError, loadBinding, openReader } from './engine-binding.js';
import { Engine } from './engine.js';
import { giveBack } from './give-back.js';
import { openEngine } from './open-engine.js';
import { tryAcquireOwnerLock, type OwnerLock } from './owner-lock.js';
import { packError, packOutcome, packOutcomes, unpackGroup } from './thread-protocol.js';
import type { EngineStart, FromEngine, GroupMessage, ReadMessage, ToEngine } from './thread-protocol.js';
import type { VerbCall } from './verb-lanes.js';
import { runForMessage } from './verbs.js';

export type Post = (message: FromEngine, transfer?: ArrayBuffer[]) => void;

/** Opens the database for writing. @returns the listener of the thread, or `undefined` when it could not be opened. */
export async function serveWriter(start: EngineStart, post: Post): Promise<((message: ToEngine) => void) | undefined> {
  const engine = await opening(post, async () => openEngine(await loadBinding(), start.path, start.nowMs));
  if (engine === undefined) return undefined;
  const committer = new Committer(engine, (error) => post({ kind: 'fatal', error: packError(error) }), runForMessage);

  let spare: ArrayBuffer | undefined;
  const left: ArrayBuffer[] = [];
  engine.bodies.onLeft = (bytes) => left.push(bytes);

  function commit(message: GroupMessage): void {
    const calls = unpackGroup(message);
    const outcomes = committer.run(message.nowMs, calls);
    spare = message.spare ?? spare;
    const answer = packOutcomes(calls, outcomes, message.bytes, spare);
    if (answer.bytes.includes(spare!)) spare = undefined;
    post(answer, [...answer.bytes, answer.group]);
    giveBack(left.splice(0));
    committer.maintain(message.isIdle);
  }

  return (message) => {
    if (message.kind === 'group') commit(message);
    else if (message.kind === 'close') {
      engine.close();
      post({ kind: 'closed' });
    }
  };
}

/** The listener of a writer that was started before anybody knew the path: takes locks, and opens when it is told to. */
export function serveWaitingWriter(post: Post): (message: ToEngine) => Promise<void> {
  const locks = new Map<string, OwnerLock>();
  let writing: ((message: ToEngine) => void) | undefined;
  // Who asks hears of it if that fails.
  loadBinding().catch(() => undefined);

  async function lock(path: string): Promise<void> {
    try {
      const held = await tryAcquireOwnerLock(path);
      if (held !== undefined) locks.set(path, held);
      post({ kind: 'locking', path, held: held !== undefined });
    } catch (error) {
      post({ kind: 'locking', path, held: false, error: packError(error) });
    }
  }

  return async (message) => {
    if (message.kind === 'lock') return await lock(message.path);
    if (message.kind === 'start') writing = await serveWriter(message.start, post);
    else if (message.kind === 'unlock') {
      locks.get(message.path)?.release();
      locks.delete(message.path);
      post({ kind: 'locking', path: message.path, held: false });
    } else writing?.(message);
  };
}

/** Opens the database for reading; each read sees one state of it. */
export async function serveReader(start: EngineStart, post: Post): Promise<((message: ToEngine) => void) | undefined> {
  const engine = await opening(post, async () => {
    return new Engine(openReader(await loadBinding(), start.path), start.path);
  });
  if (engine === undefined) return undefined;
  return (message) => {
    if (message.kind === 'read') {
      const bytes: ArrayBuffer[] = [];
      const outcome = packOutcome(message.call, readOnce(engine, message), bytes);
      post({ kind: 'read', id: message.id, outcome, bytes }, bytes);
    } else if (message.kind === 'close') {
      engine.abandon();
      post({ kind: 'closed' });
    }
  };
}

async function opening(post: Post, open: () => Promise<Engine>): Promise<Engine | undefined> {
  try {
    const engine = await open();
    post({ kind: 'ready' });
    return engine;
  } catch (error) {
    post({ kind: 'failed', error: packError(error) });
    return undefined;
  }
}

function readOnce(engine: Engine, { nowMs, call }: ReadMessage): Outcome {
  try {
    engine.setNow(nowMs);
    engine.reset();
    // SQLite makes the copy of a backup from a snapshot of its own.
    const value = call.name === 'system.backup' ? runForMessage(engine, call) : snapshot(engine, call);
    return { ok: true, value };
  } catch (error) {
    return { ok: false, error: asStoreError(error, engine.path) };
  }
}

function snapshot(engine: Engine, call: VerbCall): unknown {
  engine.sql.exec('begin');
  try {
    return runForMessage(engine, call);
  } finally {
    engine.sql.exec('commit');
  }
}
