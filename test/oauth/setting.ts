/** A composed Fairlead with simulated time and network, its connect pages behind a real listener, and a browser. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fairlead } from '../../src/compose.js';
import { readConfig, type UserConfig } from '../../src/config.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import type { KeySource } from '../../src/core/ports.js';
import type { Store } from '../../src/core/store.js';
import { connectListener } from '../../src/doors/http/connect.js';
import type { NodeListener } from '../../src/doors/http/index.js';
import { isLoginPath } from '../../src/doors/http/login-path.js';
import { loginListener } from '../../src/doors/http/login.js';
import { operationNamed, runOperation, type Gateway } from '../../src/operations/index.js';
import { openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import { captureLog, memoryKeys, SeededRandom, VirtualClock, VirtualNet } from '../../src/testing/index.js';
import type { CapturedLine } from '../../src/testing/index.js';
import { composeVirtual } from '../support/compose.js';

export const START_MS = Date.UTC(2026, 0, 31, 12);
export const SANDBOX = { tenant: 'default', environment: 'sandbox' } as const;

const CLIENTS = Object.fromEntries(
  ['SLACK', 'GITHUB', 'STRIPE', 'GOOGLE', 'LINEAR', 'NOTION', 'FIGMA'].flatMap((name) => [
    [`${name}_CLIENT_ID`, `client-of-${name.toLowerCase()}`],
    [`${name}_CLIENT_SECRET`, `hush-${name.toLowerCase()}-4f9a1c77`],
  ]),
);

export interface Setting {
  clock: VirtualClock;
  net: VirtualNet;
  gateway: Gateway;
  fairlead: Fairlead;
  store: Store;
  lines: readonly CapturedLine[];
  server: Server;
  origin: string;
  call(name: string, input: object): Promise<never>;
  /** One connection by a browser, from link to callback. @returns where the browser was sent */
  connect(provider: string, input?: object, browser?: Browser, answer?: (state: string) => string): Promise<URL>;
  close(): void;
}

export async function createSetting(
  options: {
    variables?: Record<string, string>;
    file?: UserConfig;
    store?: Store;
    clock?: VirtualClock;
    keys?: KeySource;
    seed?: number;
    /** In place of the pages alone. */
    door?: (gateway: Gateway) => NodeListener;
  } = {},
): Promise<Setting> {
  const clock = options.clock ?? new VirtualClock(START_MS);
  const random = new SeededRandom(options.seed ?? 7);
  const { log, lines } = captureLog();
  const store = options.store ?? (await openSqliteInProcess(':memory:', { clock }));
  const file = { path: 'fairlead.config.ts', value: options.file ?? {} };
  const config = readConfig({ variables: { ...CLIENTS, ...options.variables }, cwd: '/work', file });
  const net = new VirtualNet({ clock });
  let made: NodeListener | undefined;
  const door = (): NodeListener | undefined => (made ??= options.door?.(fairlead.gateway));
  const pages: NodeListener = (request, response) =>
    (isLoginPath(request.url?.split('?', 1)[0]) ? loginListener : connectListener)(fairlead.gateway)(request, response);
  const server = createServer((request, response) => (door() ?? pages)(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fairlead: Fairlead = await composeVirtual({
    config,
    clock,
    random,
    log,
    net,
    keys: options.keys ?? memoryKeys(new SeededRandom(9)),
    store,
    address: () => origin,
  });
  const { gateway } = fairlead;
  const caller = { scope: SANDBOX, principal: localPrincipal('person', 'local', 'cli') };
  const call = async (name: string, input: object) =>
    (await runOperation(gateway, operationNamed(name), caller, input)) as never;
  const setting: Setting = {
    clock,
    net,
    gateway,
    fairlead,
    store,
    lines,
    server,
    origin,
    call,
    async connect(provider, input = {}, browser = new Browser(), answer = (state) => `code=good&state=${state}`) {
      const { url } = (await call('connections.connect', { provider, ...input })) as { url: string };
      const state = await begin(browser, url);
      return await browser.follow(`${origin}/auth/${provider}/callback?${answer(state)}`);
    },
    close: () => void server.close(),
  };
  return setting;
}

/** Opens a link and presses its button. @returns the state that went to the provider */
export async function begin(browser: Browser, link: string): Promise<string> {
  return (await beginAt(browser, link)).searchParams.get('state')!;
}

/** As {@link begin}; gives the whole address at the provider. */
export async function beginAt(browser: Browser, link: string): Promise<URL> {
  const text = await (await browser.get(link)).text();
  const value = /name="link" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const sent = await browser.get(link.split('?')[0]!, { method: 'POST', body: new URLSearchParams({ link: value }) });
  return new URL(sent.headers.get('location') ?? 'about:blank');
}

/** Keeps cookies, follows nothing. */
export class Browser {
  readonly cookies = new Map<string, string>();

  async get(url: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  async follow(url: string): Promise<URL> {
    const answer = await this.get(url);
    return new URL(answer.headers.get('location') ?? `about:blank?status=${answer.status}`);
  }
}
