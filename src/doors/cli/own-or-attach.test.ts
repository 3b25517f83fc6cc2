import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../core/errors.js';
import { localPrincipal } from '../../core/local-identity.js';
import { REST_HEADERS } from '../../core/rest-shape.js';
import type { Operation, Gateway } from '../../operations/index.js';
import { VirtualClock } from '../../testing/index.js';
import { awaitOwnership, type OwnerLock } from './await-ownership.js';
import type { SendLocal } from './attached.js';
import { OwnOrAttach, PATIENCE_MS, type OwnershipParts } from './own-or-attach.js';
import type { ServerFile } from './server-file.js';

const operation = (effect: Operation['effect'], audit: 'none' | 'call' = 'none'): Operation =>
  ({
    name: `things.${effect}`,
    input: { safeParse: (data: unknown) => ({ success: true, data }) },
    output: { safeParse: (data: unknown) => ({ success: true, data }) },
    effect,
    scope: 'read',
    audit,
    http: { method: effect === 'read' ? 'GET' : 'POST', path: '/v1/things' },
    run: async () => ({ by: 'me' }),
  }) as unknown as Operation;
const READ = operation('read');
const WRITE = operation('update');
const CALL = operation('send', 'call');

const SERVER: ServerFile = { v: 1, kind: 'serve', pid: 7, version: '0', socket: '/s', startedAtMs: 0 };
const OPTIONS = { environment: 'sandbox', dryRun: false } as const;
const ANSWER = { ok: true, status: 200, headers: {}, body: new TextEncoder().encode('{"by":"owner"}') } as const;
const LEAVING = { ...ANSWER, status: 503, headers: { [REST_HEADERS.notRun]: 'leaving' } } as const;
const GONE = { ok: false, sent: 'no', detail: 'ECONNREFUSED' } as const;
const CUT = { ok: false, sent: 'maybe', detail: 'ECONNRESET' } as const;

type Reply = Awaited<ReturnType<SendLocal>>;

/** A data directory whose lock is free from `freeAtMs` on, and an owner that replies as listed, the last for ever. */
function world(freeAtMs: number, replies: readonly Reply[], server: ServerFile | undefined = SERVER, standsBy = false) {
  const clock = new VirtualClock();
  const seen = {
    asked: 0,
    opened: 0,
    closed: 0,
    released: 0,
    standbyReleased: 0,
    headers: {} as Record<string, string>,
  };
  const lock: OwnerLock = { release: () => void (seen.released += 1) };
  const standby: OwnerLock = { release: () => void (seen.standbyReleased += 1) };
  const parts: OwnershipParts = {
    dataDir: '/data',
    clock,
    principal: localPrincipal('agent', 'local', 'cli', 'some-agent'),
    acquireLock: async () => (clock.monotonicMs() >= freeAtMs ? lock : undefined),
    acquireStandby: async () => (standsBy ? undefined : standby),
    async open() {
      seen.opened += 1;
      const gateway = { clock, random: { bytes: (n: number) => new Uint8Array(n), float: () => 0 }, log: () => {} };
      return { gateway: gateway as unknown as Gateway, close: async () => void (seen.closed += 1) };
    },
    readServer: async () => server,
    token: async () => 'token',
    async send(_socket, request) {
      seen.headers = request.headers;
      return replies[Math.min(seen.asked++, replies.length - 1)]!;
    },
  };
  const access = new OwnOrAttach(parts);
  const call = (which: Operation, options: { idempotencyKey?: string } = {}): Promise<unknown> =>
    clock.runUntil(access.call(which, {}, { ...OPTIONS, ...options }));
  return { clock, parts, access, call, seen };
}

const codeOf = async (promise: Promise<unknown>): Promise<ErrorCode | undefined> => {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as AppError).code;
  }
};

describe('a call', () => {
  it('takes the ownership that nobody has, and keeps it for the next call', async () => {
    const { call, access, seen } = world(0, [GONE]);
    expect([await call(READ), await call(WRITE)]).toEqual([{ by: 'me' }, { by: 'me' }]);
    expect([access.owns, access.server]).toEqual([true, undefined]);
    await access.close();
    await access.close();
    expect(seen).toMatchObject({ asked: 0, opened: 1, closed: 1 });
  });

  it('asks the owner, and says as whom', async () => {
    const { call, access, seen } = world(Infinity, [ANSWER]);
    expect(await call(WRITE)).toEqual({ by: 'owner' });
    expect(access.server).toEqual(SERVER);
    expect(seen.headers).toMatchObject({
      authorization: 'Bearer token',
      [REST_HEADERS.principalType]: 'agent',
      [REST_HEADERS.agentClient]: 'some-agent',
    });
  });

  it.each([
    ['a dead owner whose lock is free at once', 0],
    ['an owner that ends', 1_500],
    ['an owner that starts late', 4_000],
  ])('takes over from %s', async (_what, freeAtMs) => {
    const { call, clock } = world(freeAtMs, [GONE]);
    expect(await call(WRITE)).toEqual({ by: 'me' });
    expect(clock.monotonicMs() - freeAtMs).toBeLessThan(2_000);
  });

  it('leaves the directory to a server that stands by, but not for ever', async () => {
    const { call, clock } = world(0, [GONE], SERVER, true);
    expect(await call(READ)).toEqual({ by: 'me' });
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(2_000);
    expect(clock.monotonicMs()).toBeLessThan(2_100);
    const took = world(0, [GONE, GONE, ANSWER], SERVER, true);
    expect(await took.call(WRITE)).toEqual({ by: 'owner' });
    expect(took.clock.monotonicMs()).toBeLessThan(200);
  });

  it('is asked again when the owner is leaving: it was not begun', async () => {
    const { call, seen } = world(200, [LEAVING]);
    expect(await call(WRITE)).toEqual({ by: 'me' });
    expect(seen.asked).toBeGreaterThan(1);
  });

  it('is asked again of the next owner', async () => {
    const { call } = world(Infinity, [LEAVING, GONE, GONE, ANSWER]);
    expect(await call(WRITE)).toEqual({ by: 'owner' });
  });

  it('that was cut off is repeated if it only reads, or if the ledger knows its key', async () => {
    expect(await world(500, [CUT]).call(READ)).toEqual({ by: 'me' });
    expect(await world(Infinity, [CUT, GONE, ANSWER]).call(READ)).toEqual({ by: 'owner' });
    expect(await world(500, [CUT]).call(CALL, { idempotencyKey: 'k' })).toEqual({ by: 'me' });
  });

  it('that was cut off and writes is not repeated', async () => {
    const { call, seen } = world(500, [CUT]);
    expect(await codeOf(call(WRITE))).toBe('owner_lost');
    expect([seen.asked, seen.opened]).toEqual([1, 0]);
    expect(await codeOf(world(500, [CUT]).call(CALL))).toBe('owner_lost');
  });

  it.each([
    ['does not answer', SERVER],
    ['says nothing of itself', undefined],
  ])('gives up on an owner that holds the lock and %s', async (_what, server) => {
    const { call, clock } = world(Infinity, [GONE], server);
    expect(await codeOf(call(READ))).toBe('store_locked');
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(PATIENCE_MS);
    expect(clock.monotonicMs()).toBeLessThan(PATIENCE_MS + 200);
  });

  it('ends when it is called off', async () => {
    const { access, clock } = world(Infinity, [GONE]);
    const abort = new AbortController();
    clock.after(100, () => abort.abort());
    expect(await codeOf(clock.runUntil(access.call(READ, {}, { ...OPTIONS, signal: abort.signal })))).toBe('cancelled');
  });

  it('passes on what the owner refuses, as the same error', async () => {
    const problem = { code: 'not_found', data: { what: 'thing', id: 'x' }, title: '', detail: '' };
    const body = new TextEncoder().encode(JSON.stringify(problem));
    const { call } = world(Infinity, [{ ...ANSWER, status: 404, body }]);
    await expect(call(READ)).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('"x"') });
  });

  it('gives the result of a call that ended badly', async () => {
    const problem = { code: 'provider_rejected', data: {}, call: { callId: 'call_1', state: 'failed' } };
    const body = new TextEncoder().encode(JSON.stringify(problem));
    const { call } = world(Infinity, [{ ...ANSWER, status: 422, body }]);
    expect(await call(CALL)).toMatchObject({ callId: 'call_1', state: 'failed', error: { code: 'provider_rejected' } });
  });

  it.each([
    ['no JSON', 'oops'],
    ['an error of another version', '{"code":"from_the_future"}'],
  ])('says that the owner is strange when it answers with %s', async (_what, text) => {
    const body = new TextEncoder().encode(text);
    expect(await codeOf(world(Infinity, [{ ...ANSWER, status: 500, body }]).call(READ))).toBe('conflict');
  });
});

describe('a server that means to stay', () => {
  const waiting = (freeAtMs: number, server: ServerFile | undefined, abortAtMs = Infinity) => {
    const { clock, parts, seen } = world(freeAtMs, [GONE], server);
    const abort = new AbortController();
    const told: (ServerFile | undefined)[] = [];
    if (abortAtMs < Infinity) clock.after(abortAtMs, () => abort.abort());
    return {
      clock,
      told,
      seen,
      lock: clock.runUntil(awaitOwnership(parts, abort.signal, (owner) => told.push(owner))),
    };
  };

  it('starts where nobody is', async () => {
    const { lock, told, clock } = waiting(0, undefined);
    expect(await lock).toBeDefined();
    expect([told, clock.monotonicMs()]).toEqual([[], 0]);
  });

  it('stands by, says so once, and takes over within 2 s', async () => {
    const { lock, told, clock, seen } = waiting(60_000, SERVER);
    expect(await lock).toBeDefined();
    expect([told, seen.standbyReleased]).toEqual([[SERVER], 1]);
    expect(clock.monotonicMs() - 60_000).toBeLessThan(2_000);
  });

  it('waits without a word while a command has the directory', async () => {
    const { lock, told } = waiting(700, { ...SERVER, kind: 'command' });
    expect(await lock).toBeDefined();
    expect(told).toEqual([]);
  });

  it('says that it waits where a command takes long', async () => {
    const command = { ...SERVER, kind: 'command' } as const;
    const { lock, told } = waiting(10_000, command);
    expect(await lock).toBeDefined();
    expect(told).toEqual([command]);
  });

  it('lets go of its place in the queue when whoever is told does not want to wait', async () => {
    const { clock, parts, seen } = world(Infinity, [GONE], SERVER);
    const refuse = (): never => {
      throw new AppError('store_locked', { path: '/data' });
    };
    const never = new AbortController().signal;
    await expect(clock.runUntil(awaitOwnership(parts, never, refuse))).rejects.toMatchObject({ code: 'store_locked' });
    expect(seen.standbyReleased).toBe(1);
  });

  it('ends when it is told to stop', async () => {
    expect(await waiting(Infinity, SERVER, 5_000).lock).toBeUndefined();
  });
});
