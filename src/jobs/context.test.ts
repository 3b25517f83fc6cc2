import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { AppError } from '../core/errors.js';
import type { ClaimedJob } from '../core/job.js';
import {
  ActionError,
  createContext,
  handlerEvent,
  readEvent,
  stepKey,
  unreadEvent,
  type StepRequest,
  type StepResult,
} from './context.js';

const job = {
  queue: 'h',
  generation: 0,
  attempt: 1,
  scope: { tenant: 't', environment: 'sandbox' },
  event: { id: 'evt_1', provider: 'p', type: 'x', key: 'k', headers: '{"a":"b"}', receivedAtMs: 5 },
} as unknown as ClaimedJob;

function recording(answer: (request: StepRequest) => StepResult) {
  const requests: StepRequest[] = [];
  const port = async (request: StepRequest): Promise<StepResult> => {
    requests.push(request);
    return answer(request);
  };
  return { requests, port };
}

describe('createContext', () => {
  it('turns a call of an action into a request with its ordinal', async () => {
    const { requests, port } = recording(() => ({ kind: 'output', output: 42 }));
    const { actions, state } = createContext(port, () => {});
    expect(await actions['chat']!['send']!({ text: 'a' })).toBe(42);
    await state.transition('order:1', { from: [null], to: 'paid', step: 'pay' });
    await actions['chat']!['send']!({ text: 'b' }, { step: 'second' });
    expect(requests).toMatchObject([
      { kind: 'action', action: 'chat.send', input: { text: 'a' }, ordinal: 1 },
      { kind: 'state.transition', entity: 'order:1', ordinal: 2 },
      { kind: 'action', action: 'chat.send', ordinal: 3, step: 'second' },
    ]);
  });

  it('throws what failed, for the handler to catch', async () => {
    const view = new AppError('not_connected', { provider: 'p', environment: 'sandbox', hint: '' }).view();
    const { actions } = createContext(recording(() => ({ kind: 'failed', error: view })).port, () => {});
    const thrown = await actions['p']!['act']!({}).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ActionError);
    expect(thrown).toMatchObject({ code: 'not_connected', retryable: false });
  });

  it('ends a run at a step that stops it: nothing after it is asked for', async () => {
    const stopped: unknown[] = [];
    const { requests, port } = recording(() => ({ kind: 'stop', outcome: { outcome: 'parked', parkedOn: 'call_1' } }));
    const { actions } = createContext(port, (outcome) => stopped.push(outcome));
    let settled = false;
    void actions['p']!['act']!({}).finally(() => (settled = true));
    await Promise.resolve();
    await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
    await Promise.resolve();
    void actions['p']!['other']!({});
    await Promise.resolve();
    expect(stopped).toEqual([{ outcome: 'parked', parkedOn: 'call_1' }]);
    expect(settled).toBe(false);
    expect(requests).toHaveLength(1);
  });

  it('keeps nothing of a handler that was stopped in the middle', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    /** As a run of a handler goes: it is stopped, asks again, and nobody looks at its promise any more. */
    const stopped = async (): Promise<WeakRef<object>> => {
      const { port } = recording(() => ({ kind: 'stop', outcome: { outcome: 'parked', parkedOn: 'call_1' } }));
      let body: object | undefined = { much: 'x'.repeat(1_000) };
      const kept = new WeakRef(body);
      await new Promise<void>((resolve) => {
        const { actions } = createContext(port, () => resolve());
        const handler = async (event: object): Promise<void> => {
          await Promise.race([actions['chat']!['send']!({}), actions['chat']!['send']!({})]);
          actions['chat']!['send']!(event).catch(() => {});
        };
        void handler(body!);
      });
      body = undefined;
      return kept;
    };
    const bodies = [await stopped(), await stopped()];
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(bodies.map((body) => body.deref())).toEqual([undefined, undefined]);
  });
});

describe('stepKey', () => {
  it('names the effect by event, handler, action and step, and by generation after a replay --again', () => {
    expect(stepKey(job, 'chat.send', 2, undefined)).toBe('p:evt_1:h:chat.send:2');
    expect(stepKey(job, 'chat.send', 2, 'greet')).toBe('p:evt_1:h:chat.send:greet');
    expect(stepKey({ ...job, generation: 3 }, 'chat.send', 2, undefined)).toBe('p:evt_1:h:chat.send:2@3');
  });
});

describe('handlerEvent', () => {
  it('gives JSON as data and any other body as text', () => {
    expect(handlerEvent(job, Buffer.from('{"a":1}'))).toMatchObject({
      data: { a: 1 },
      text: '{"a":1}',
      headers: { a: 'b' },
    });
    expect(handlerEvent(job, Buffer.from('payload=1')).data).toBeUndefined();
  });

  it('gives no data from JSON that cannot be walked, nor keys that reach for prototypes', () => {
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(handlerEvent(job, Buffer.from(deep))).toMatchObject({ data: undefined, text: deep });
    const reaching = handlerEvent(job, Buffer.from('{"__proto__":{"polluted":true},"a":1}')).data as object;
    expect(Object.keys(reaching)).toEqual(['a']);
  });

  it.each([
    ['JSON', Buffer.from('{"a":"\u00e9"}')],
    ['JSON behind a byte order mark', Buffer.from('\ufeff{"a":1}')],
    ['JSON that holds a replacement character', Buffer.from('{"a":"\ufffd"}')],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a form', Buffer.from('payload=1')],
    ['nothing', Buffer.alloc(0)],
  ])('is the same when a thread reads it: %s', (_, body) => {
    expect(readEvent(structuredClone(unreadEvent(job, body)))).toEqual(handlerEvent(job, body));
  });

  it('says so when retention has taken the body', () => {
    expect(() => handlerEvent(job, undefined)).toThrow(/past its retention/);
  });
});
