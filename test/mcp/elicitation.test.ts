/** A question to the client is a faster way to the same approval: it leads a person to the page, and decides nothing. */
import { afterEach, describe, expect, it } from 'vitest';
import { PASSPHRASE } from '../outbound/approval-world.js';
import { ERAS, openScene, type ApprovalScene } from './approval-scene.js';

const CALL = { channel: 'C024BE91L', text: 'Hello' };
let scene: ApprovalScene;
afterEach(() => scene.close());

const decide = (verb: 'approve' | 'reject') => async (): Promise<unknown> => {
  const id = scene.asked.at(-1)!.url!.match(/apr_[a-z0-9]+/)![0];
  return await scene.world.run(`approvals.${verb}`, { id, passphrase: PASSPHRASE });
};

describe.each(ERAS)('era %s, over stdio', (era) => {
  it('statement 14: the client is led to the page, and asked for nothing', async () => {
    scene = await openScene(era, 'stdio', 'accepting');
    scene.whenAsked(decide('approve'));
    const { structuredContent } = await scene.call(CALL);
    expect(scene.asked).toMatchObject([{ mode: 'url', url: expect.stringContaining('/approvals/apr_') }]);
    expect(JSON.stringify(scene.asked)).not.toMatch(/passphrase|requestedSchema/);
    expect(structuredContent).toMatchObject({ state: 'done', output: { channel: 'C024BE91L' } });
    expect(scene.world.texts()).toEqual(['Hello']);
    expect((await scene.call(CALL)).structuredContent.state).toBe('replayed');
    expect(scene.world.writes()).toHaveLength(1);
  });

  it('a client that knows only forms gets the address in words, and nothing to fill in', async () => {
    scene = await openScene(era, 'stdio', 'accepting', {});
    await scene.call(CALL);
    expect(scene.asked).toMatchObject([{ requestedSchema: { properties: {} } }]);
    expect(scene.asked[0]!.message).toContain('/approvals/apr_');
    expect(scene.world.writes()).toEqual([]);
  });

  it('a no of the person on the page ends the call', async () => {
    scene = await openScene(era, 'stdio', 'accepting');
    scene.whenAsked(decide('reject'));
    expect((await scene.call(CALL)).structuredContent).toMatchObject({
      state: 'denied',
      error: { code: 'approval_rejected' },
    });
    expect(scene.world.writes()).toEqual([]);
  });

  it('a person who says yes elsewhere is heard while the client still shows the question', async () => {
    scene = await openScene(era, 'stdio', 'lying');
    const { structuredContent } = await scene.call({ ...CALL, repeat: true });
    expect(structuredContent.state).toBe('pending_approval');
    scene.whenAsked(decide('approve'));
    expect((await scene.call({ ...CALL, repeat: true })).structuredContent.state).toBe('done');
    expect(scene.world.writes()).toHaveLength(1);
  });
});

describe.each(ERAS)('statement 12: era %s: it stays pending', (era) => {
  it.each([
    ['without the capability', 'without', { url: {} }, 0],
    ['where the client declines', 'declining', { url: {} }, 1],
    ['where the client lies', 'lying', { url: {} }, 1],
    ['where it declares another mode', 'accepting', { other: {} }, 0],
  ] as const)('%s', async (_what, kind, capability, questions) => {
    scene = await openScene(era, 'stdio', kind, capability);
    const { isError, structuredContent } = await scene.call({ ...CALL });
    expect([isError, structuredContent.state]).toEqual([undefined, 'pending_approval']);
    expect(structuredContent.error?.code).toBe('approval_required');
    expect(scene.asked).toHaveLength(questions);
    expect(scene.world.writes()).toEqual([]);
  });

  it('where the client answers nonsense or fails', async () => {
    scene = await openScene(era, 'stdio', 'accepting');
    scene.whenAsked(() => Promise.reject(new Error('no screen')));
    const told = await scene.call(CALL).catch((error: unknown) => String(error));
    if (typeof told !== 'string') expect(told.structuredContent.state).toBe('pending_approval');
    expect(scene.world.writes()).toEqual([]);
  });
});
