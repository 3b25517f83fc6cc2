/** A composed Fairlead with its pages, its door for agents and REST on one listener, a person who has signed in, a program. */
import { createHash } from 'node:crypto';
import type { GrantTokens } from '../../src/auth/index.js';
import type { AuditRecord } from '../../src/core/audit.js';
import type { Scope } from '../../src/core/scope.js';
import { RESOURCE_PATHS, type ResourceName } from '../../src/core/protected-resource.js';
import type { Role } from '../../src/core/people.js';
import {
  allowedHostNames,
  isConnectPath,
  knownCredentials,
  loadConnectPages,
  loadRest,
  privateDoor,
  withGrants,
  withKeys,
  withPeople,
  type NodeListener,
} from '../../src/doors/http/index.js';
import { loadMcp, MCP_PATHS } from '../../src/doors/mcp/index.js';
import type { Gateway } from '../../src/operations/index.js';
import { Browser, createSetting, type Setting } from '../oauth/setting.js';

export const LIVE = { tenant: 'default', environment: 'live' } as const;
export const LOCAL_TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
export const CLIENT = 'https://app.example/client.json';
export const BACK = 'https://app.example/back';
export const VERIFIER = 'v'.repeat(43);
export const CHALLENGE = challengeOf(VERIFIER);

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

export interface World extends Setting {
  browser: Browser;
  person: string;
  resource(name: ResourceName): string;
  /** An authorization request, with what it differs in; `undefined` leaves a parameter out. */
  authorizeUrl(over?: Record<string, string | undefined>): string;
  /** Opens the request in the browser. */
  open(over?: Record<string, string | undefined>, browser?: Browser): Promise<Response>;
  /** Presses a button of a page of consent. */
  press(page: string, decision: 'allow' | 'deny', over?: Record<string, string>, init?: RequestInit): Promise<Response>;
  /** From the request to the address that the browser is sent back to. */
  allow(over?: Record<string, string | undefined>): Promise<URL>;
  token(fields: Record<string, string>): Promise<{ status: number; json: Record<string, unknown> }>;
  redeem(back: URL, over?: Record<string, string>): ReturnType<World['token']>;
  /** The whole way. */
  tokens(over?: Record<string, string | undefined>): Promise<GrantTokens>;
  rest(path: string, token: string, init?: RequestInit): Promise<Response>;
  mcp(token: string | undefined, method?: string, params?: object): Promise<Response>;
  /** What the audit log says, the oldest first; of live, where people are, unless another scope is given. */
  entries(scope?: Scope): Promise<AuditRecord[]>;
}

function doorOf(gateway: Gateway): NodeListener {
  const base = withPeople(
    withKeys(knownCredentials({ local: LOCAL_TOKEN }), gateway.apiKeys),
    async () => (await gateway.login()).sessions,
  );
  const ring = async () => (await gateway.login()).grants;
  const environment = 'sandbox';
  const agents = {
    paths: MCP_PATHS,
    load: () => loadMcp({ gateway, identify: withGrants(base, ring, 'mcp'), environment, listedActions: [] }),
  };
  return privateDoor({
    hostNames: () => allowedHostNames([gateway.address()]),
    accepting: () => true,
    readiness: () => ({ ready: true, detail: async () => ({}) }),
    identify: base,
    agents,
    pages: { has: isConnectPath, load: () => loadConnectPages(gateway) },
    loadRest: () => loadRest({ gateway, identify: withGrants(base, ring, 'rest'), environment, via: 'rest' }),
    log: gateway.log,
  });
}

/** @param seed of a world that is not the first in a test */
export async function openWorld(role: Role = 'operator', seed = 7): Promise<World> {
  const setting = await createSetting({ door: doorOf, seed });
  const { store, origin, net, gateway } = setting;
  const document = { client_id: CLIENT, client_name: 'An app', redirect_uris: [BACK, 'http://127.0.0.1/back'] };
  net.on(`GET ${CLIENT}`, () => ({ body: document }));
  const person = 'prn_ada';
  const ada = { id: person, email: 'ada@example.com', isVerified: true, facts: '{}' };
  await store.people.add(LIVE, ada, { iss: 'https://id.example', sub: '1', provider: 'globex' });
  await store.people.setRole(LIVE, person, role);
  const browser = new Browser();
  browser.cookies.set('fairlead-session', await (await gateway.login()).sessions.beginCookie(person));
  const resource = (name: ResourceName): string => origin + RESOURCE_PATHS[name];
  const world: World = {
    ...setting,
    browser,
    person,
    resource,
    authorizeUrl(over = {}) {
      const all: Record<string, string | undefined> = {
        response_type: 'code',
        client_id: CLIENT,
        redirect_uri: BACK,
        scope: 'read write',
        state: 's1',
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        resource: resource('mcp'),
        ...over,
      };
      const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
      return `${origin}/oauth/authorize?${new URLSearchParams(given)}`;
    },
    open: (over, by = browser) => by.get(world.authorizeUrl(over)),
    press(text, decision, over = {}, init = {}) {
      const field = (name: string): string => new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? '';
      const body = new URLSearchParams({ csrf: field('csrf'), asked: field('asked'), decision, ...over });
      const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      return fetch(`${origin}/oauth/consent`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie },
        body,
        ...init,
      });
    },
    async allow(over) {
      const page = await world.open(over);
      if (page.status === 303) return new URL(page.headers.get('location')!);
      const sent = await world.press(await page.text(), 'allow');
      return new URL(sent.headers.get('location') ?? `about:blank?status=${sent.status}`);
    },
    async token(fields) {
      const answer = await fetch(`${origin}/oauth/token`, { method: 'POST', body: new URLSearchParams(fields) });
      return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
    },
    redeem: (back, over = {}) =>
      world.token({
        grant_type: 'authorization_code',
        client_id: CLIENT,
        code: back.searchParams.get('code') ?? '',
        redirect_uri: BACK,
        code_verifier: VERIFIER,
        ...over,
      }),
    async tokens(over) {
      const { status, json } = await world.redeem(await world.allow(over));
      if (status !== 200) throw new TypeError(JSON.stringify(json));
      return json as unknown as GrantTokens;
    },
    rest: (path, token, init = {}) =>
      fetch(`${origin}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } }),
    mcp: (token, method = 'tools/list', params = {}) =>
      fetch(`${origin}/mcp`, {
        method: 'POST',
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
      }),
    async entries(scope: Scope = LIVE) {
      const { rows } = await store.audit.search(scope, {}, { limit: 100, order: 'oldest' });
      return rows.map(({ record }) => JSON.parse(record!) as AuditRecord);
    },
  };
  return world;
}
