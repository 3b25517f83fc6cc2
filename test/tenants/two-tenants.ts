/** Two tenants of one Fairlead. The first has something of everything; the second asks for it at every door. */
import type { Hono } from 'hono';
import { on } from '../../src/define.js';
import { CONNECTORS } from '../../src/connectors/index.js';
import { knownCredentials, withKeys, type Identify } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { operationTable, type Operation } from '../../src/operations/index.js';
import { createSetting, SANDBOX, type Setting } from '../oauth/setting.js';

export const TABLE = operationTable(CONNECTORS);
/** In whatever the first tenant has a word in. */
export const CANARY = 'canary-of-acme';
/** In what it has, and in nothing that anybody asks with. */
export const HIDDEN = 'hidden-in-acme';
const LOCAL = 'fll_of_this_test_and_of_nothing_else_0123456789';
const ID = /\b[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}\b/g;
/** As many of a kind as are tried. */
const OF_EACH = 1;
const SLACK_TOKEN = 'xoxb-000000000000-of-this-test';
const SLACK = 'POST https://slack.com/api/chat.postMessage';

export interface Answer {
  status: number;
  text: string;
  json: Record<string, unknown>;
}

export type Send = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<Answer>;

/** What the first tenant has, by kind; all of it is made through the doors. */
export interface Belongings {
  sources: string[];
  events: string[];
  jobs: string[];
  connections: string[];
  calls: string[];
  approvals: string[];
  keys: string[];
  entries: string[];
  /** Keys of deliveries, names of secrets, entities, keys of calls, labels. */
  words: string[];
  cursors: string[];
}

export interface TwoTenants {
  setting: Setting;
  app: Hono;
  identify: Identify;
  theirs: Send;
  ours: Send;
  /** The key of the first tenant. */
  theirKey: string;
  /** The key of the second tenant. */
  ourKey: string;
  ourKeyId: string;
  has: Belongings;
  /** All that was sent to providers. */
  sent: string[];
  /** All that the first tenant can see of itself, as text, without what looking at it changes. */
  shown(): Promise<string>;
}

export async function openTwoTenants(): Promise<TwoTenants> {
  // oxlint-disable-next-line unicorn/no-thenable -- the word of the policy language
  const rules = [{ name: 'agents ask', principal: 'agent', action: 'slack.sendMessage', then: 'ask' }];
  const note = on('github', '*', { name: 'note' }, async () => {});
  const setting = await createSetting({ file: { handlers: [note], policy: { version: 1, rules } } });
  const sent: string[] = [];
  setting.net.on(SLACK, ({ url, headers }) => {
    sent.push(`${url} ${headers['authorization']}`);
    return { body: { ok: true, channel: 'C024BE91L', ts: '1769860800.000100' } };
  });
  const identify = withKeys(knownCredentials({ local: LOCAL }), setting.gateway.apiKeys);
  const app = restApp({ gateway: setting.gateway, identify, environment: 'sandbox', via: 'rest' }, TABLE);
  const keyOf = async (tenant: string, type = 'api_key'): Promise<{ id: string; key: string }> =>
    await setting.call('keys.create', {
      name: `${tenant} ${type}`,
      type,
      tenant,
      scopes: ['read', 'write', 'operate', 'admin'],
      ratePerMinute: 1_000_000,
    });
  for (const name of ['acme', 'beta']) await setting.call('tenants.create', { name });
  const [theirKey, ourKey, agentKey] = [await keyOf('acme'), await keyOf('beta'), await keyOf('acme', 'agent')];
  const theirs = sender(setting, app, theirKey.key);
  const has = await furnish(theirs, sender(setting, app, agentKey.key));
  // An entity moves by handlers alone.
  await setting.store.state.transition(
    { ...SANDBOX, tenant: 'acme' },
    {
      key: 'a step',
      entity: `order:${CANARY}`,
      from: [null],
      to: 'paid',
      data: JSON.stringify({ of: HIDDEN }),
      keyTtlMs: 1e9,
    },
  );
  const ours = sender(setting, app, ourKey.key);
  return {
    setting,
    app,
    identify,
    theirs,
    ours,
    theirKey: theirKey.key,
    ourKey: ourKey.key,
    ourKeyId: ourKey.id,
    has,
    sent,
    shown: () => shownOf(theirs, has),
  };
}

function sender({ clock }: Setting, app: Hono, key: string): Send {
  return async (method, path, body, headers = {}) => {
    const request = app.request(`http://localhost${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined || method === 'GET' ? {} : { body: JSON.stringify(body) }),
    });
    const response = await clock.runUntil(Promise.resolve(request));
    const text = await response.text();
    const isJson = /^application\/(?:problem\+)?json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, text, json: isJson ? JSON.parse(text) : {} };
  };
}

/** One request for an operation, its input where it belongs. */
export function requestFor({ http }: Operation, input: Record<string, unknown>): [string, string, object] {
  const left = new Map(Object.entries(input));
  const path = http.path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = String(left.get(name));
    left.delete(name);
    return encodeURIComponent(value);
  });
  if (http.method !== 'GET') return [http.method, path, Object.fromEntries(left)];
  const query = new URLSearchParams();
  for (const [name, value] of left) for (const one of [value].flat()) query.append(name, String(one));
  return [http.method, `${path}?${query.toString()}`, {}];
}

async function furnish(send: Send, agent: Send): Promise<Belongings> {
  const must = async (...request: Parameters<Send>): Promise<Record<string, unknown>> => {
    const answer = await send(...request);
    if (answer.status >= 300) throw new Error(`${request[0]} ${request[1]}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  await must('POST', '/v1/sources', { provider: 'github' });
  await must('POST', '/v1/webhooks/trigger', { provider: 'github', count: 3 });
  const slack = { provider: 'slack', secret: SLACK_TOKEN, label: `${HIDDEN} slack`, check: false };
  const { id: connection } = (await must('POST', '/v1/connections', slack))['connection'] as { id: string };
  await must('POST', '/v1/secrets', { name: `${CANARY}-secret`, value: 'a secret of acme alone', owner: HIDDEN });
  const message = { channel: 'C024BE91L', text: `${HIDDEN} says hello` };
  const key = { 'idempotency-key': `${CANARY}-call` };
  await must('POST', '/v1/actions/slack.sendMessage', message, key);
  const asked = await agent('POST', '/v1/actions/slack.sendMessage', { ...message, text: `${HIDDEN} asks` });
  if (asked.status !== 202) throw new Error(`nobody was asked: ${asked.text}`);
  const entry = { action: `${CANARY}.written`, status: 'succeeded', target: { type: 'note', id: HIDDEN } };
  await must('POST', '/v1/audit', entry);
  const ids = async (path: string, field: string): Promise<string[]> => {
    const rows = (await must('GET', path))[field] as { id: string }[];
    return rows.slice(0, OF_EACH).map(({ id }) => id);
  };
  const cursors: string[] = [];
  for (const path of ['/v1/events', '/v1/jobs', '/v1/audit', '/v1/calls', '/v1/keys']) {
    const { cursor } = await must('GET', `${path}?limit=1`);
    if (typeof cursor === 'string') cursors.push(cursor);
  }
  const deliveries = ((await must('GET', '/v1/events'))['events'] as { key: string }[]).map(({ key: one }) => one);
  deliveries.splice(1);
  return {
    sources: await ids('/v1/sources', 'sources'),
    events: await ids('/v1/events', 'events'),
    jobs: await ids('/v1/jobs', 'jobs'),
    connections: [connection],
    calls: await ids('/v1/calls', 'calls'),
    approvals: await ids('/v1/approvals', 'approvals'),
    keys: await ids('/v1/keys', 'keys'),
    entries: await ids('/v1/audit', 'entries'),
    words: [`${CANARY}-secret`, `order:${CANARY}`, `${CANARY}-call`, ...deliveries],
    cursors,
  };
}

const LOOKS = ['sources', 'events', 'jobs', 'dead', 'queues', 'connections', 'calls', 'approvals', 'keys', 'secrets'];

async function shownOf(send: Send, { sources, events, connections, approvals, calls, jobs }: Belongings) {
  const paths = [
    ...LOOKS.map((name) => `/v1/${name}`),
    ...sources.map((id) => `/v1/sources#${id}`),
    ...events.map((id) => `/v1/events/${id}`),
    ...jobs.map((id) => `/v1/jobs/${id}`),
    ...calls.map((id) => `/v1/calls/${id}`),
    ...approvals.map((id) => `/v1/approvals/${id}`),
    ...connections.map((id) => `/v1/connections/${id}`),
    `/v1/states?entity=order:${CANARY}`,
  ];
  const texts: string[] = [];
  for (const path of paths) texts.push(`${path} ${(await send('GET', path)).text}`);
  return texts.join('\n').replace(/"lastUsedAt":"[^"]*"/g, '');
}

/** Every id and word of the first tenant. A cursor says only how far somebody had read. */
export function allOf({ cursors: _cursors, ...has }: Belongings): string[] {
  return Object.values(has).flat();
}

/** What of the first tenant stands in a text beside what was asked with. */
export function leaked(has: Belongings, text: string, asked: string): string[] {
  const known = [...allOf(has), CANARY, HIDDEN];
  return known.filter((one) => text.includes(one) && !asked.includes(one));
}

/** The text without ids and what was asked: what is left must not depend on whether it exists. */
export function shape(text: string, asked: readonly string[]): string {
  const without = asked.toSorted((a, b) => b.length - a.length).reduce((left, one) => left.replaceAll(one, '…'), text);
  return without
    .replace(ID, '…')
    .replace(/\bflk_[\w-]+/g, '…')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…');
}
