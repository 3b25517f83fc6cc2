import { describe, expect, it } from 'vitest';
import type { Outcome } from './committer.js';
import { GroupQueue } from './group-queue.js';
import type { VerbCall } from './verb-lanes.js';

/** A queue whose groups end when they are told to. */
function slowQueue() {
  const groups: string[][] = [];
  let end: (outcomes: Outcome[]) => void = () => undefined;
  const queue = new GroupQueue((calls) => {
    groups.push(calls.map(({ name }) => name));
    return new Promise((resolve) => (end = resolve));
  });
  const submit = (name: VerbCall['name']): Promise<unknown> => queue.submit({ name, args: [{}, { body: [] }] });
  return { queue, groups, submit, end: () => end(groups.at(-1)!.map(() => ({ ok: true, value: undefined }))) };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}

describe('a queue of groups', () => {
  it('takes what is submitted in the same breath together, and what comes meanwhile next', async () => {
    const { groups, submit, end } = slowQueue();
    void submit('events.accept');
    void submit('events.accept');
    await turns(5);
    void submit('audit.append');
    await turns(5);
    expect(groups).toEqual([['events.accept', 'events.accept']]);
    end();
    await turns(5);
    expect(groups).toEqual([['events.accept', 'events.accept'], ['audit.append']]);
  });

  it('lets who has settled a call begin the next one before the next group goes', async () => {
    const { queue, groups, submit, end } = slowQueue();
    void submit('calls.settle')
      .then(() => turns(30))
      .then(() => submit('calls.begin'));
    await turns(5);
    void submit('audit.append');
    end();
    await turns(100);
    expect(groups).toEqual([['calls.settle'], ['audit.append', 'calls.begin']]);
    end();
    await turns(100);
    expect(queue.isIdle).toBe(true);
    void submit('calls.begin');
    await turns(5);
    expect(groups[2]).toEqual(['calls.begin']);
  });

  it('holds nobody up for the one settled call among many others', async () => {
    const { groups, submit, end } = slowQueue();
    void submit('calls.settle');
    for (let at = 0; at < 9; at++) void submit('events.accept');
    await turns(5);
    void submit('events.accept');
    end();
    await turns(5);
    expect(groups[1]).toEqual(['events.accept']);
  });
});
