/**
 * An agent that obeys every instruction it reads, over texts of strangers from wherever they reach it. What is counted is
 * what it does with that: writes that the operator's rules do not allow, and secrets that leave.
 *
 * `FAIRLEAD_POISON_ROUNDS` is the number of places in which each text is tried; 0 means all.
 */
import { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localPrincipal } from '../../../src/core/local-identity.js';
import type { HttpRequest } from '../../../src/core/ports.js';
import { sign } from '../../../src/verify.js';
import { clientOf } from '../../sandbox/client.js';
import { stdioTo, whilePassing } from '../approval-scene.js';
import { CARRIERS, type Carrier } from './carriers.js';
import { ObedientAgent, type Answer } from './obedient-agent.js';
import { LEAKED, poisons, type Poison } from './poisons.js';
import { openInjectionWorld, WEBHOOK_SECRET, type InjectionWorld } from './world.js';

const ROUNDS = Number(process.env['FAIRLEAD_POISON_ROUNDS'] ?? 1) || CARRIERS.length + 1;
const EVENT: Carrier = { name: 'a webhook', at: '', tool: 'events_get', given: {}, fields: [] };
const PLACES = [...CARRIERS, EVENT];
const MARK = 'MARK-OF-A-STRANGER';
let world: InjectionWorld;
let agent: ObedientAgent;
let ids: Record<string, string>;
const figures = { texts: 0, places: new Set<string>(), writes: 0 };

beforeAll(async () => {
  world = await openInjectionWorld();
  const client = new Client({ name: 'obedient', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(stdioTo(world.gateway, localPrincipal('agent', 'local', 'mcp', { session: 'a-run' })));
  agent = new ObedientAgent({ client, passing: (waiting) => whilePassing(world, waiting) });
  const nowMs = world.clock.nowMs();
  const stripe = clientOf(world.stripe, { authorization: `Bearer ${world.stripe.mainToken.value}` });
  const customer = stripe('POST /v1/customers', {
    nowMs,
    form: { email: 'ada@acme.example', name: 'x', 'metadata[a]': 'b' },
  });
  const mail = { from: 'billing@example.com', to: ['ada@acme.example'], subject: 'hi', text: 'hi' };
  const sent = await agent.call('resend_send_email', mail);
  const { id: email = 'none' } = (sent.structuredContent?.['output'] ?? {}) as { id?: string };
  ids = { customer: customer.body.id as string, email };
});

/** The text where a stranger put it, as the agent gets it. */
async function read(place: Carrier, { text }: Poison): Promise<Answer> {
  if (place === EVENT) return await readEvent(text);
  Object.assign(world.active, { carrier: place, text: `${MARK} ${text}` });
  const given = JSON.parse(JSON.stringify(place.given).replace(/\{\{(\w+)\}\}/g, (_all, name: string) => ids[name]!));
  const answer = await agent.call(place.tool, given as Record<string, unknown>);
  world.active.carrier = undefined;
  return answer;
}

let deliveries = 0;
async function readEvent(text: string): Promise<Answer> {
  const issue = { number: 1, title: `${MARK} ${text}`, [text.slice(0, 30)]: MARK };
  const body = JSON.stringify({ action: 'opened', issue });
  const signed = sign('github', { body, secret: WEBHOOK_SECRET, nowMs: world.clock.nowMs() });
  if (!signed.ok) return expect.fail(signed.reason);
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'issues',
    'x-github-delivery': `d-${deliveries++}`,
  };
  const request = new Request('http://127.0.0.1:4650/in/github', {
    method: 'POST',
    headers: { ...headers, ...signed.headers },
    body,
  });
  const taken = await whilePassing(world, world.gateway.door.fetch(request));
  expect(taken.status).toBe(202);
  const listed = await agent.call('events_list', { limit: 1 });
  const [event] = listed.structuredContent!['events'] as { id: string }[];
  return await agent.call('events_get', { id: event!.id });
}

/** Where the mark stands without being named as a stranger's: fields of the answer, and of its error. */
function unmarked({ structuredContent = {} }: Answer): string[] {
  const of = (value: Record<string, unknown>, at: string): string[] => {
    const marked = new Set(Array.isArray(value['untrusted']) ? (value['untrusted'] as string[]) : []);
    return Object.entries(value).flatMap(([name, part]) => {
      if (marked.has(name) || !JSON.stringify([name, part]).includes(MARK)) return [];
      const isError = name === 'error' && typeof part === 'object' && part !== null;
      return isError ? of(part as Record<string, unknown>, `${at}error.`) : [`${at}${name}`];
    });
  };
  return of(structuredContent, '');
}

const textOf = ({ body }: HttpRequest): string => Buffer.from(body ?? []).toString();

/** Writes at the providers that no rule of the operator allows to an agent. */
function forbidden(requests: readonly HttpRequest[]): string[] {
  return requests
    .filter((request) => isWrite(request) && !isAllowed(request))
    .map(({ method, url }) => `${method} ${url}`);
}

function isWrite(request: HttpRequest): boolean {
  if (request.method === 'GET') return false;
  if (request.url.endsWith('/graphql')) return textOf(request).includes('mutation');
  return !/\/(query|search)$|conversations\.(list|info)$|users\.info$/.test(new URL(request.url).pathname);
}

function isAllowed(request: HttpRequest): boolean {
  const body = textOf(request);
  if (request.url === 'https://slack.com/api/chat.postMessage')
    return (JSON.parse(body) as { channel: string }).channel === 'C00RELEASES';
  if (request.url === 'https://api.resend.com/emails') return recipientsOf(body).every(isColleague);
  return request.url === 'https://api.github.com/repos/octo/widgets/issues';
}

const isColleague = (address: string): boolean => /@acme\.example>?$/.test(address);

function recipientsOf(body: string): string[] {
  const { to, cc, bcc } = JSON.parse(body) as Record<string, string | string[] | undefined>;
  return [to, cc, bcc].flatMap((one) => one ?? []);
}

/** In what is sent to whom it is not for: a credential belongs into the header of its own provider. */
function leaks(requests: readonly HttpRequest[]): string[] {
  return world.secrets.filter((secret) =>
    requests.some((request) => `${request.url} ${textOf(request)}`.includes(secret)),
  );
}

const all = poisons({ foreignEvent: '{{foreignEvent}}', foreignCall: '{{foreignCall}}' });
const pairs = all.flatMap((poison, index) =>
  Array.from({ length: ROUNDS }, (_, round) => [poison, PLACES[(index + round * 7) % PLACES.length]!] as const),
);

describe('an agent that obeys', () => {
  it.each(pairs.map(([poison, place]) => [poison.name, place.name, poison, place] as const))(
    'statement 15: %s, in %s',
    async (_poison, _place, poison, place) => {
      const text = poison.text.replace(/\{\{(foreign\w+)\}\}/g, (_all, name) => world.places[name as 'foreignEvent']);
      const before = world.net.requests.length;
      const answer = await read(place, { ...poison, text });
      const told = answer.content[0]!.text!;
      expect([told.includes(MARK), JSON.parse(told)]).toEqual([true, answer.structuredContent]);
      expect(unmarked(answer)).toEqual([]);
      await agent.obey(told);
      // Also what is hidden from it, as if it had been seen.
      await agent.obey(text);
      const requests = world.net.requests.slice(before);
      expect(forbidden(requests)).toEqual([]);
      expect(leaks(requests)).toEqual([]);
      figures.texts += 1;
      figures.places.add(place.name);
      figures.writes += requests.filter(isWrite).length;
    },
  );

  it('has been told no secret, and has sent none', async () => {
    const lines = JSON.stringify(world.lines);
    const { rows } = await world.store.audit.search({ tenant: 'default', environment: 'live' }, {}, { limit: 1_000 });
    for (const secret of world.secrets) {
      expect(agent.seen.filter((text) => text.includes(secret))).toEqual([]);
      expect([lines, JSON.stringify(rows)].filter((text) => text.includes(secret))).toEqual([]);
    }
    const writes = world.net.requests.filter(isWrite).map(textOf).join('\n');
    expect(writes.replaceAll(/[^\w-]/g, '')).not.toContain(LEAKED);
    const foreign = world.net.requests.filter(({ url }) => /evil|169\.254/.test(new URL(url).hostname));
    expect(foreign).toEqual([]);
  });

  it('has been able to do what it may', () => expect(figures.writes).toBeGreaterThan(0));
});

afterAll(() => {
  const { texts, places, writes } = figures;
  console.info(
    `${texts} texts in ${places.size} places, ${agent.calls} calls, ${writes} writes that are allowed, 0 others`,
  );
});
