/** The simulated Google: what it does, and whether Google's discovery documents agree. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webhooks as connectorWebhooks } from '../../src/connectors/google/webhooks.js';
import { verifyDelivery } from '../../src/core/signature/index.js';
import { GoogleSandbox } from '../../src/sandbox/index.js';
import { clientOf, NOW_MS } from './client.js';
import { googleDescription } from './google-description.js';
import { coverageText, officialDescription, specs, type Checker } from './official-description.js';

const EVENTS = '/calendar/v3/calendars/primary/events';
const EVENT = { summary: 'x', start: { date: '2026-03-01' }, end: { date: '2026-03-02' } };
const TOKEN = 'the token of our channel';

let checker: Checker | undefined;
beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: googleDescription });
});
afterAll(() =>
  console.log(checker === undefined ? `google: unchecked, ${specs.reason}` : coverageText('google', checker)),
);

function setUp(options: ConstructorParameters<typeof GoogleSandbox>[0] = {}) {
  const google = new GoogleSandbox({ ...(checker && { onExchange: checker.see }), ...options });
  return { google, ask: clientOf(google, { authorization: `Bearer ${google.mainToken.value}` }) };
}

describe('the simulated Google', () => {
  it('makes, reads and calls off an event, and refuses an id that was used', () => {
    const { ask } = setUp();
    const made = ask(`POST ${EVENTS}`, { json: { ...EVENT, id: 'abc123' } });
    expect(made).toMatchObject({ status: 200, body: { id: 'abc123', summary: 'x', status: 'confirmed' } });
    expect(ask(`GET ${EVENTS}/abc123`).body).toMatchObject({ start: { date: '2026-03-01' } });
    expect(ask(`POST ${EVENTS}`, { json: { ...EVENT, id: 'abc123' } })).toMatchObject({
      status: 409,
      body: { error: { errors: [{ reason: 'duplicate' }] } },
    });
    expect(ask(`DELETE ${EVENTS}/abc123`).status).toBe(204);
    expect(ask(`DELETE ${EVENTS}/abc123`).status).toBe(410);
    expect(ask(`GET ${EVENTS}/abc123`).body.status).toBe('cancelled');
    // It stays taken.
    expect(ask(`POST ${EVENTS}`, { json: { ...EVENT, id: 'abc123' } }).status).toBe(409);
  });

  it.each<[string, object]>([
    ['an id with other letters', { ...EVENT, id: 'xyz-123' }],
    ['a field it does not know', { ...EVENT, titel: 'x' }],
    ['no end', { summary: 'x', start: EVENT.start }],
    ['a day and a time', { ...EVENT, end: { dateTime: '2026-03-02T00:00:00Z' } }],
  ])('refuses %s', (_, json) => {
    expect(setUp().ask(`POST ${EVENTS}`, { json }).status).toBe(400);
  });

  it('tells a channel, with the token that the connector compares, until it is stopped', () => {
    const { ask, google } = setUp();
    const json = { id: 'channel-1', type: 'web_hook', address: 'https://in.test/google', token: TOKEN };
    const { body } = ask(`POST ${EVENTS}/watch`, { json });
    expect(ask(`POST ${EVENTS}/watch`, { json }).status).toBe(400);
    expect(ask(`POST ${EVENTS}/watch`, { json: { ...json, id: 'b', address: 'http://in.test/' } }).status).toBe(400);
    ask(`POST ${EVENTS}`, { json: EVENT });
    ask('POST /calendar/v3/calendars/c_team@group.calendar.google.com/events', { json: EVENT });
    const [opened, changed, ...more] = google.webhooks.take();
    expect(more).toEqual([]);
    const scheme = connectorWebhooks.schemes['google-channel-token']!;
    for (const { headers, body } of [opened!, changed!]) {
      expect(verifyDelivery(scheme, { headers, body, secrets: [TOKEN], nowMs: NOW_MS })).toMatchObject({ ok: true });
    }
    expect(opened!.headers['x-goog-resource-state']).toBe('sync');
    expect(connectorWebhooks.identify(changed!)).toMatchObject({ key: 'channel-1:2', type: 'channel.exists' });
    const { id, resourceId } = body;
    expect(ask('POST /calendar/v3/channels/stop', { json: { id, resourceId } }).status).toBe(204);
    expect(ask('POST /calendar/v3/channels/stop', { json: { id, resourceId } }).status).toBe(404);
    ask(`POST ${EVENTS}`, { json: EVENT });
    expect(google.webhooks.take()).toEqual([]);
  });

  it('counts, and refuses as each API does', () => {
    const { ask } = setUp({ limits: { calendar: { limit: 1 } } });
    expect(ask(`GET ${EVENTS}`).status).toBe(200);
    expect(ask(`GET ${EVENTS}`)).toMatchObject({
      status: 403,
      body: { error: { errors: [{ reason: 'userRateLimitExceeded' }] } },
    });
    expect(ask(`GET ${EVENTS}`, { nowMs: NOW_MS + 60_000 }).status).toBe(200);
  });

  it('knows whose token it is, and what it may do', () => {
    const { ask } = setUp();
    const headers = { authorization: 'Bearer ya29.sandboxTokenThatOnlyTells00000000' };
    expect(ask('GET /v1/userinfo', { headers }).body).toMatchObject({ email: 'robot@acme.example' });
    expect(ask(`GET ${EVENTS}`, { headers })).toMatchObject({ status: 403 });
    expect(ask('GET /v1/userinfo', { headers: { authorization: 'Bearer x' } })).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    });
  });

  it.runIf(specs.available)('asks and answers as the discovery documents say', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(8);
  });

  it.runIf(specs.available)('is checked by a check that finds what is wrong', async () => {
    const check = await officialDescription({ file: googleDescription });
    const google = new GoogleSandbox({ onExchange: check.see });
    const ask = clientOf(google, { authorization: `Bearer ${google.mainToken.value}` });
    ask(`GET ${EVENTS}?maxResult=1&showDeleted=maybe`);
    expect(check.problems.join('\n')).toMatch(/maxResult is not in the document/);
    google.events[0]!.fields['location'] = 7;
    google.events[0]!.fields['place'] = 'x';
    ask(`GET ${EVENTS}/seed0`);
    expect(check.problems.join('\n')).toMatch(/answer\/location must be string/);
    expect(check.problems.join('\n')).toMatch(/answer\.place is unknown/);
  });
});
