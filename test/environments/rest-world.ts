/** Sandbox and live of one Fairlead over REST, with one of everything in both, on the driver that is given. */
import { randomUUID } from 'node:crypto';
import { CONNECTORS } from '../../src/connectors/index.js';
import { newId } from '../../src/core/ids.js';
import type { Environment } from '../../src/core/scope.js';
import type { Store } from '../../src/core/store.js';
import { knownCredentials, withKeys } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { operationTable } from '../../src/operations/index.js';
import { VirtualClock, VirtualNet } from '../../src/testing/index.js';
import { Fixtures } from '../../src/testing/store-conformance/fixtures.js';
import { createSetting, START_MS } from '../doors/setting.js';

export const TABLE = operationTable(CONNECTORS);
export const PASSPHRASE = 'a passphrase nobody guesses';
export const MESSAGE = { channel: 'C024BE91L', text: 'Hello' };
const LOCAL = 'fll_of_this_test_and_of_nothing_else_0123456789';
const KEY = 'a_key_of_this_test_and_of_nothing_else_0123456789';
/** As in a file: what `then` says in there is no method. */
const POLICY: unknown = JSON.parse(`{"rules": [
  {"name": "deletions are asked for", "action": "slack.deleteMessage", "then": "ask"},
  {"name": "quiet in live", "environment": "live", "target": {"channel": ["C0QUIET01"]}, "then": "deny"}
]}`);
/** Nothing that is asked here takes so many turns of the event loop, unless it waits for time to pass. */
const TURNS_MAX = 200_000;
/** A database answers within so many: time that passes before would be a timeout to those who wait for it. */
const PATIENT_TURNS = 1_000;

export interface Answer {
  status: number;
  text: string;
  // Tests look into answers of all shapes.
  // oxlint-disable-next-line typescript/no-explicit-any
  json: any;
}

const SCOPES = ['read', 'write', 'operate', 'admin'];

/** Ids of one environment, by what they are of, and a key that is good for it alone. */
export type Made = Record<
  'approval' | 'call' | 'connection' | 'entry' | 'event' | 'job' | 'key' | 'secret' | 'source',
  string
> & { keyItself: string };

export async function restWorld(openStore: (clock: VirtualClock) => Promise<Store | undefined>) {
  const clock = new VirtualClock(START_MS);
  const net = new VirtualNet({ clock });
  net.on('POST https://slack.com/api/chat.postMessage', () => ({
    headers: { 'content-type': 'application/json' },
    body: { ok: true, channel: MESSAGE.channel, ts: '1769860800.000100' },
  }));
  const opened = await openStore(clock);
  const { gateway, store, random } = await createSetting({
    clock,
    net,
    file: { policy: POLICY },
    ...(opened && { store: opened }),
  });
  const identify = withKeys(knownCredentials({ local: LOCAL, apiKey: KEY }), gateway.apiKeys);
  const app = restApp({ gateway, identify, environment: 'sandbox', via: 'rest' }, TABLE);
  const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);

  /** Until it settles, without a moment of virtual time. */
  const atOnce = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const settle = (): void => void (settled = true);
    promise.then(settle, settle);
    for (let turns = 0; !settled; turns++) {
      if (turns > TURNS_MAX) throw new TypeError('it waits for time to pass');
      await clock.advance(0);
    }
    return await promise;
  };
  /** With as much virtual time as it needs. */
  const inTime = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const settle = (): void => void (settled = true);
    promise.then(settle, settle);
    for (let turns = 1; !settled; turns++) await clock.advance(turns % PATIENT_TURNS === 0 ? 20 : 0);
    return await promise;
  };
  const ask = async (
    environment: Environment,
    line: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const [method = '', path = ''] = line.split(' ');
    const response = await app.request(`http://localhost${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        'content-type': 'application/json',
        'fairlead-environment': environment,
        ...headers,
      },
      ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined };
  };
  const send = (environment: Environment, headers: Record<string, string> = {}, input: object = MESSAGE) =>
    ask(environment, 'POST /v1/actions/slack.sendMessage', input, headers);
  const made = async (environment: Environment, line: string, body: object, headers = {}): Promise<Answer['json']> => {
    const answer = await inTime(ask(environment, line, body, headers));
    if (answer.status >= 300) throw new TypeError(`${line}: ${answer.text}`);
    return answer.json;
  };

  /** One of everything; the names that people choose are the same in both. */
  async function fill(environment: Environment): Promise<Made> {
    const scope = { tenant: 'default', environment };
    const connection = await made(environment, 'POST /v1/connections', {
      provider: 'slack',
      secret: `xoxb-000000000000-${randomUUID()}`,
      check: false,
    });
    const source = await made(environment, 'POST /v1/sources', { provider: 'github' });
    const secret = `token-of-${environment}`;
    await made(environment, 'POST /v1/secrets', { name: secret, value: `value-${randomUUID()}` });
    const voucher = { by: 'ada', byPassphrase: PASSPHRASE };
    const key = await made(environment, 'POST /v1/keys', { name: 'ci', scopes: SCOPES, ...voucher });
    const call = await made(environment, 'POST /v1/actions/slack.sendMessage', MESSAGE, {
      'idempotency-key': `first-${environment}`,
    });
    const deletion = { channel: MESSAGE.channel, ts: '1769860800.000100' };
    const asked = await made(environment, 'POST /v1/actions/slack.deleteMessage', deletion);
    const event = make.event({ sourceId: source.source.id, provider: 'github', key: 'the same delivery' });
    await inTime(store.events.accept(scope, event));
    const entry = make.entry();
    await inTime(store.audit.append(scope, [entry]));
    return {
      approval: asked.approval.id,
      call: call.callId,
      connection: connection.connection.id,
      entry: entry.id,
      event: event.id,
      job: event.jobs[0]!.id,
      key: key.id,
      keyItself: key.key,
      secret,
      source: source.source.id,
    };
  }

  const local = { authorization: `Bearer ${LOCAL}` };
  await made('sandbox', 'POST /v1/approvers', { name: 'ada', passphrase: PASSPHRASE }, local);
  return { clock, store, atOnce, inTime, ask, send, fill };
}

export type RestWorld = Awaited<ReturnType<typeof restWorld>>;
