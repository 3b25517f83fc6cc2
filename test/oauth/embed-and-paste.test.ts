/** The connect page in the frame of an application, and connecting at a terminal by what is pasted. */
import { afterEach, expect, it } from 'vitest';
import { run } from '../doors/fake-world.js';
import type { Setting as DoorSetting } from '../doors/setting.js';
import { consent, createSandboxSetting } from './sandbox-setting.js';
import { Browser, createSetting, type Setting } from './setting.js';

const APP = 'https://app.example.com';
let setting: Setting | undefined;
afterEach(() => setting?.close());

it('the connect page is shown in frames of listed origins alone, has no script, and opens the provider outside', async () => {
  setting = await createSetting({ file: { connect: { embedIn: [APP] } } });
  const { url } = (await setting.call('connections.connect', { provider: 'slack' })) as { url: string };
  const framed = await new Browser().get(`${url}&embed=1`);
  const policy = framed.headers.get('content-security-policy') ?? '';
  expect(policy).toContain(`frame-ancestors ${APP};`);
  expect(policy).toContain("default-src 'none'");
  expect(framed.headers.get('x-frame-options')).toBeNull();
  const text = await framed.text();
  expect(text).toContain('target="_blank"');
  // Without a script nothing is posted to the page around it, so nothing can go to a wrong origin.
  expect(text).not.toMatch(/<script|postMessage|opener/i);
  const plain = await new Browser().get(url);
  expect(plain.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(plain.headers.get('x-frame-options')).toBe('DENY');
});

it('nobody may frame it where no origin is listed, whatever the address asks for', async () => {
  setting = await createSetting();
  const { url } = (await setting.call('connections.connect', { provider: 'slack' })) as { url: string };
  const framed = await new Browser().get(`${url}&embed=1&frame=${APP}`);
  expect(framed.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});

it('connection connect --paste connects with the address that is pasted, and shows neither code nor token', async () => {
  const world = await createSandboxSetting({ names: ['linear'] });
  setting = world;
  const door = Object.assign(world, { random: world.gateway.random }) as unknown as DoorSetting;
  // Agreed to for another flow.
  const begun = await world.call('connections.authorize', { provider: 'linear' });
  const sent = new URL((begun as { authorizationUrl: string }).authorizationUrl);
  const pasted = consent(world.provider('linear'), sent, world.clock.nowMs());
  const nothing = await run(door, 'connection connect linear --paste', { isTty: true, answers: [''] });
  expect([nothing.exit, nothing.stderr]).toEqual([2, expect.stringContaining('nothing was pasted')]);
  expect(nothing.stderr).toContain('Open this address in any browser');
  // What belongs to another flow connects nothing, and what was pasted is not repeated.
  const other = await run(door, 'connection connect linear --paste', { isTty: true, answers: [pasted] });
  expect(other.exit).not.toBe(0);
  const code = new URL(pasted).searchParams.get('code') ?? 'none';
  expect(other.stdout + other.stderr).not.toContain(code);
  expect(await world.call('connections.list', {})).toMatchObject({ connections: [] });
  // A person opens the address that was printed, agrees, and pastes where the browser ended.
  const asked: string[] = [];
  const { flow } = await world.gateway.connecting();
  const begin = flow.begin.bind(flow);
  flow.begin = async (...given) => {
    const flowBegun = await begin(...given);
    asked.push(flowBegun.authorizationUrl);
    return flowBegun;
  };
  // Answers are laid out before the command begins; this one is known when it is read.
  const late = { trim: () => consent(world.provider('linear'), new URL(asked.at(-1)!), world.clock.nowMs()) };
  const answers = [late as unknown as string];
  const good = await run(door, 'connection connect linear --paste --json', { isTty: true, answers });
  expect([good.exit, good.stderr]).toEqual([0, expect.stringContaining(asked[0]!)]);
  expect(await world.call('connections.list', {})).toMatchObject({ connections: [{ provider: 'linear' }] });
});
