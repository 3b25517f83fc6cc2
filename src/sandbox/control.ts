/**
 * Looking at simulated providers and making them misbehave, over HTTP on this machine.
 *
 *     GET  /_sandbox            what each provider has got so far
 *     GET  /_sandbox/page       the same for people
 *     GET  /_sandbox/requests   the last requests, secrets masked
 *     POST /_sandbox/faults     {"provider":"…","fault":{"kind":"lost_answer"},"times":1,"when":{"method":"POST","path":"/v1/*"}}
 *     POST /_sandbox/oauth      {"provider":"…","lifeSeconds":5} or {"provider":"…","takeBack":true}
 *     POST /_sandbox/webhooks   {"provider":"…","url":"http://127.0.0.1:4650/in/…","secret":"…","events":["*"]}
 *
 * @module
 */
import { parseJsonObject } from '../core/json.js';
import {
  jsonReply,
  parseFault,
  parseFaultRule,
  textReply,
  type SandboxProvider,
  type SandboxReply,
} from './kit/index.js';
import { pageOf } from './page.js';

export const CONTROL_PATH = '/_sandbox';
const TIMES_MAX = 10_000;
const LIFE_SECONDS_MAX = 365 * 86_400;

export interface ControlRequest {
  method: string;
  path: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  nowMs: number;
}

export function control(providers: readonly SandboxProvider[], request: ControlRequest): SandboxReply {
  const page = request.path.slice(CONTROL_PATH.length);
  if (request.method === 'GET') return shown(providers, page);
  // A form in a web page cannot send this content type without asking first.
  const isJson = request.headers['content-type']?.startsWith('application/json') === true;
  if (request.method !== 'POST' || !isJson) return noSuchPage();
  const fields = parseJsonObject(request.body) ?? {};
  const provider = providers.find((one) => one.name === fields['provider']);
  if (page === '/faults') return addFault(provider, fields);
  if (page === '/oauth') return changeOAuth(provider, fields);
  return page === '/webhooks' ? subscribe(provider, fields) : noSuchPage();
}

const noSuchPage = (): SandboxReply => textReply(404, 'no such page');

function shown(providers: readonly SandboxProvider[], page: string): SandboxReply {
  const of = (look: (provider: SandboxProvider) => unknown): SandboxReply =>
    jsonReply(200, Object.fromEntries(providers.map((provider) => [provider.name, look(provider)])));
  if (page === '') return of((provider) => provider.state());
  if (page === '/requests') return of((provider) => provider.received.requests);
  return page === '/page' ? pageOf(providers) : noSuchPage();
}

function addFault(provider: SandboxProvider | undefined, fields: Record<string, unknown>): SandboxReply {
  const { fault: given, times = 1, when } = fields;
  const fault = parseFault(given);
  const rule = parseFaultRule(when);
  const isTimes = typeof times === 'number' && Number.isInteger(times) && times >= 1 && times <= TIMES_MAX;
  if (provider === undefined || fault === undefined || rule === false || !isTimes) {
    return jsonReply(400, { error: 'say provider, fault and times, and perhaps when' });
  }
  if (fault.kind === 'business' && !provider.troubles.includes(fault.name)) {
    return jsonReply(400, { error: 'this provider has no such trouble', known: provider.troubles });
  }
  provider.faults.add(fault, times, rule);
  return jsonReply(200, { waiting: provider.faults.waiting });
}

/** How long new access tokens live (0: for ever), and the person who takes every access back. */
function changeOAuth(provider: SandboxProvider | undefined, fields: Record<string, unknown>): SandboxReply {
  const { lifeSeconds, takeBack } = fields;
  const isLife = typeof lifeSeconds === 'number' && lifeSeconds >= 0 && lifeSeconds <= LIFE_SECONDS_MAX;
  if (provider?.oauth === undefined || (!isLife && takeBack !== true)) {
    return jsonReply(400, { error: 'say provider, and lifeSeconds or takeBack' });
  }
  const { oauth } = provider;
  if (isLife) oauth.lifeMs = lifeSeconds === 0 ? undefined : lifeSeconds * 1000;
  if (takeBack === true) oauth.endAll();
  return jsonReply(200, { accesses: oauth.grants });
}

function subscribe(provider: SandboxProvider | undefined, fields: Record<string, unknown>): SandboxReply {
  const { url, secret, events = ['*'] } = fields;
  const isList = Array.isArray(events) && events.every((one) => typeof one === 'string');
  const isUrl = typeof url === 'string' && URL.canParse(url);
  if (provider === undefined || !isUrl || !isList || (secret !== undefined && typeof secret !== 'string')) {
    return jsonReply(400, { error: 'say provider, url, secret and events' });
  }
  const { id } = provider.webhooks.subscribe({
    url,
    events: events as string[],
    ...(secret !== undefined && { secret }),
  });
  return jsonReply(200, { id, events });
}
