/** A composed Fairlead whose providers are the simulated ones, and a person who reads their consent pages. */
import type { UserConfig } from '../../src/config.js';
import { operationNamed, runOperation } from '../../src/operations/index.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import {
  SANDBOXES,
  replyText,
  startSandbox,
  type SandboxProvider,
  type SandboxReply,
  type Simulation,
} from '../../src/sandbox/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { sandboxRoute } from '../../src/testing/index.js';
import { beginAt, Browser, createSetting, SANDBOX, START_MS, type Setting } from './setting.js';

export const PROVIDERS = ['slack', 'github', 'stripe', 'google', 'linear', 'notion', 'figma'] as const;

export interface SandboxSetting extends Setting {
  provider(name: string): SandboxProvider & { oauth: NonNullable<SandboxProvider['oauth']> };
  /** Link, consent page, callback. @returns where the browser was sent in the end */
  go(name: string, input?: object, person?: Person): Promise<URL>;
  /** Calls an action as a person would. */
  act(name: string, input: object): Promise<never>;
  /** Every address a browser was at or sent to. */
  addresses: string[];
}

/** What a person does on the consent page. */
export interface Person {
  browser?: Browser;
  decision?: 'allow' | 'deny';
  /** Leaves these scopes out, where the page lets people. */
  without?: readonly string[];
}

const PORT = 'http://127.0.0.1:9';

export async function createSandboxSetting(
  options: { names?: readonly string[]; file?: UserConfig; clock?: VirtualClock; isServed?: true } = {},
): Promise<SandboxSetting> {
  const names = options.names ?? PROVIDERS;
  const clock = options.clock ?? new VirtualClock(START_MS);
  const providers = new Map(names.map((name) => [name, SANDBOXES[name]!()]));
  const server = options.isServed && (await startSandbox({ providers: [...providers.values()], clock }));
  const base = server?.url ?? PORT;
  const variables = Object.assign({}, ...[...providers].map(([name, one]) => one.variablesAt(`${base}/${name}`)));
  const clients = Object.entries(variables as Record<string, string>).filter(([name]) => name.includes('_CLIENT_'));
  const connections = Object.fromEntries(
    [...providers].map(([name, one]) => [name, { baseUrl: `${base}/${name}${one.basePath}` }]),
  );
  const file = { ...options.file, connections } as UserConfig;
  const setting = await createSetting({ clock, file, variables: Object.fromEntries(clients) });
  for (const [name, one] of providers) setting.net.on(`* ${base}/${name}`, sandboxRoute(one, `${base}/${name}`, clock));
  const addresses: string[] = [];
  const provider = (name: string): SandboxProvider => providers.get(name)!;
  const caller = { scope: SANDBOX, principal: localPrincipal('person', 'local', 'cli') };
  return {
    ...setting,
    addresses,
    close() {
      setting.close();
      void server?.close();
    },
    provider: provider as SandboxSetting['provider'],
    act: async (name, input) => (await runOperation(setting.gateway, operationNamed(name), caller, input)) as never,
    async go(name, input = {}, { browser = new Browser(), decision = 'allow', without = [] } = {}) {
      const { url } = (await setting.call('connections.connect', { provider: name, ...input })) as { url: string };
      const at = await beginAt(browser, url);
      addresses.push(url, at.href);
      const back = consent(provider(name), at, clock.nowMs(), decision, without);
      addresses.push(back);
      const end = await browser.follow(back);
      addresses.push(end.href);
      return end;
    },
  };
}

/** Reads the page at `at`, decides, and is sent back. */
export function consent(
  provider: SandboxProvider,
  at: URL,
  nowMs: number,
  decision: 'allow' | 'deny' = 'allow',
  without: readonly string[] = [],
): string {
  const address = `${at.origin}/${provider.name}`;
  const path = at.pathname.slice(`/${provider.name}`.length);
  const ask = (method: string, query: URLSearchParams, body: string): SandboxReply =>
    provider.handle({
      method,
      path,
      query,
      headers: body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(body),
      nowMs,
      address,
    });
  const page = ask('GET', at.searchParams, '');
  const text = replyText(page).replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)));
  const request = /name="request" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const scopes = [...text.matchAll(/name="scope\[\]" value="([^"]+)"/g)].map(([, scope]) => scope!);
  const form = new URLSearchParams({ request, decision });
  for (const scope of scopes.filter((one) => !without.includes(one))) form.append('scope[]', scope);
  return ask('POST', new URLSearchParams(), form.toString()).headers['location'] ?? `about:blank?${page.status}`;
}

/** Every secret that a provider gives or takes from now on, by what it is. */
export function watchSecrets(provider: ReturnType<SandboxSetting['provider']>, secrets: Map<string, string>): void {
  secrets.set(provider.oauth.clientSecret, 'client secret');
  (provider as unknown as Simulation<unknown>).onExchange = (request, reply) => {
    const answer = new URLSearchParams(replyText(reply));
    const json = /json/.test(reply.headers['content-type'] ?? '') ? (JSON.parse(replyText(reply)) as object) : {};
    const fields: Record<string, unknown> = { ...Object.fromEntries(answer), ...json };
    for (const kind of ['access_token', 'refresh_token', 'id_token']) {
      if (typeof fields[kind] === 'string') secrets.set(fields[kind], kind);
    }
    const location = reply.headers['location'];
    const code = location === undefined ? null : new URL(location).searchParams.get('code');
    if (code !== null) secrets.set(code, 'code');
    const body = Buffer.from(request.body).toString('utf8');
    const verifier = /code_verifier=([\w-]{43})/.exec(body)?.[1];
    if (verifier !== undefined) secrets.set(verifier, 'verifier');
  };
}

/** Which kind of secret stands where, as it is or encoded. */
export function leaks(
  said: readonly (readonly [place: string, text: string])[],
  secrets: Map<string, string>,
): string[] {
  const forms = (secret: string): string[] => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64url'),
  ];
  const found = said.flatMap(([place, text]) =>
    [...secrets]
      .filter(([secret]) => forms(secret).some((form) => text.includes(form)))
      .map(([, kind]) => `${kind} in ${place}`),
  );
  return [...new Set(found)];
}
