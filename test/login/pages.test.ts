/** S-505: every page for a browser has a strict policy, and what strangers wrote is text in it. */
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import { knownCredentials } from '../../src/doors/http/index.js';
import { page } from '../../src/doors/http/connect-page.js';
import { loginMount } from '../../src/doors/http/login-mount.js';
import { restApp } from '../../src/doors/http/rest.js';
import { OPERATIONS } from '../../src/operations/index.js';
import { createSetting } from '../oauth/setting.js';
import { openWorld } from '../outbound/approval-world.js';
import { requirePart } from '../requirements.js';

const part = requirePart('chromium');
if (!part.available) console.warn(`skipped: ${part.reason}`);
const ORIGIN = 'http://127.0.0.1:4650';

const CORES = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<iframe srcdoc="<script>parent.alert(1)</script>">',
  '<body onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<form action="javascript:alert(1)"><button autofocus onfocus=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<style>@import "javascript:alert(1)";</style>',
  '<math><mtext><script>alert(1)</script>',
];
const FRAMES = ['%', '">%', "'>%", '</pre>%', '</title>%', '--><!--%-->', '</style>%', '&lt;%', '\u202e%', '{{%}}'];
const CASES = [(text: string) => text, (text: string) => text.toUpperCase()];
/** 200 of them. */
const XSS = CORES.flatMap((core) =>
  FRAMES.flatMap((frame) => CASES.map((cased) => frame.replace('%', () => cased(core)))),
);

const POLICY = /^default-src 'none';(?!.*unsafe).*frame-ancestors 'none'; base-uri 'none'$/;

function expectStrict(headers: Headers, where: string): void {
  expect(headers.get('content-security-policy'), where).toMatch(POLICY);
  const named = Object.fromEntries(
    [
      'x-content-type-options',
      'x-frame-options',
      'cross-origin-opener-policy',
      'strict-transport-security',
      'cache-control',
    ].map((name) => [name, headers.get(name)]),
  );
  expect(named, where).toEqual({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'strict-transport-security': 'max-age=31536000',
    'cache-control': 'no-store',
  });
  expect(headers.get('permissions-policy'), where).toContain('camera=()');
}

async function approvalPage(): Promise<Response> {
  const world = await openWorld();
  const asked = await world.agentCalls({ channel: 'C024BE91L', text: XSS.join('\n') });
  const identify = knownCredentials({ local: 'l'.repeat(40) });
  const app = restApp({ gateway: world.gateway, identify, environment: 'live', via: 'rest' }, OPERATIONS);
  return await app.request(asked.approval!.url!);
}

function xssPage(): Response {
  const { status, headers, body } = page({
    status: 200,
    title: XSS[0]!,
    says: XSS,
    links: XSS.map((text) => ({ href: `/x?${new URLSearchParams({ text })}`, text })),
    forms: XSS.map((text) => ({ action: '/x', fields: { text }, ask: text, button: text })),
  });
  return new Response(body, { status, headers });
}

it('S-505: pages of signing in, of connecting and of approvals, and refusals, have the policy', async () => {
  const setting = await createSetting();
  const login = loginMount(setting.gateway);
  for (const path of [
    '/login',
    '/login?error=state_invalid',
    '/login/google/callback',
    '/login/nobody',
    '/login/admin',
  ]) {
    expectStrict((await login.fetch(new Request(setting.origin + path))).headers, path);
  }
  const { url } = (await setting.call('connections.connect', { provider: 'slack' })) as { url: string };
  for (const at of [url, `${setting.origin}/connect/slack?link=x`, `${setting.origin}/settings/connections?error=x`]) {
    const answer = await fetch(at);
    expectStrict(answer.headers, at);
    expect(await answer.text()).not.toMatch(/<script|<style| style=| on[a-z]+=/i);
  }
  setting.close();
  const approval = await approvalPage();
  expectStrict(approval.headers, 'approval');
  expect(await approval.text()).not.toMatch(/<script|<img|<svg|<iframe/i);
});

it.skipIf(!part.available)(
  'S-505: a browser runs none of 200 texts of strangers, and reports no breach',
  { timeout: 60_000 },
  async () => {
    expect(new Set(XSS).size).toBe(200);
    const answers = new Map([
      ['/approval', await approvalPage()],
      ['/page', xssPage()],
    ]);
    const chrome = await chromium.launch({ executablePath: part.path!, args: ['--no-sandbox'] });
    try {
      const tab = await chrome.newPage();
      const seen: string[] = [];
      tab.on('dialog', (dialog) => void (seen.push(`dialog ${dialog.message()}`), void dialog.dismiss()));
      tab.on('console', (message) => void seen.push(message.text()));
      tab.on('pageerror', (error) => void seen.push(String(error)));
      await tab.route('**', async (route) => {
        const answer = answers.get(new URL(route.request().url()).pathname);
        if (answer === undefined) {
          seen.push(`asked for ${route.request().url()}`);
          return await route.abort();
        }
        await route.fulfill({ headers: Object.fromEntries(answer.headers), body: await answer.clone().text() });
      });
      for (const path of answers.keys()) {
        await tab.goto(ORIGIN + path, { waitUntil: 'load' });
        expect(await tab.locator('h1').count()).toBe(1);
      }
      expect(seen.filter((line) => !line.endsWith('/favicon.ico'))).toEqual([]);
    } finally {
      await chrome.close();
    }
  },
);
