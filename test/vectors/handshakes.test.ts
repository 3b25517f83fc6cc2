/** Every handshake is answered as its provider wants it, and answers nobody else. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WEBHOOKS } from '../../src/connectors/webhooks.generated.js';
import { verifyUnder } from '../../src/core/signature/index.js';
import type { HandshakeAnswer, HandshakeContext } from '../../src/core/webhook.js';
import { sign } from '../../src/verify.js';
import { NOW_MS, subjectOf } from './subject.js';

interface Asked {
  body?: unknown;
  headers?: Record<string, string>;
  pairing?: boolean;
  forged?: boolean;
  secrets?: string[];
}

/** Signs the question as the provider does, verifies it as the intake does, and asks the connector. */
function ask(
  provider: string,
  { body = {}, headers = {}, pairing = false, forged = false, secrets }: Asked,
): HandshakeAnswer | undefined {
  const webhooks = WEBHOOKS[provider]!;
  const subject = subjectOf(provider);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const signed = sign(provider, {
    body: text,
    secret: subject.signingSecret,
    nowMs: NOW_MS,
    scheme: subject.scheme,
    headers,
  });
  if (!signed.ok) throw new TypeError(signed.reason);
  const delivery = {
    headers: { ...headers, ...(forged ? {} : signed.headers) },
    body: forged ? Buffer.from(text) : signed.body,
  };
  const active = secrets ?? [subject.secret];
  const verdict = verifyUnder(webhooks.schemes, { ...delivery, secrets: active, nowMs: NOW_MS }, subject.scheme);
  const context: HandshakeContext = { ...delivery, secrets: active, nowMs: NOW_MS, pairing, verified: verdict.ok };
  return webhooks.handshake?.({ ...context, ...(verdict.ok && { secretIndex: verdict.secretIndex }) });
}

describe('slack', () => {
  const body = {
    token: 't',
    type: 'url_verification',
    challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
  };

  it('gets its challenge back as plain text', () => {
    expect(ask('slack', { body })).toEqual({
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
      body: body.challenge,
      keep: false,
    });
  });

  it('gets nothing back unsigned, and nothing that is no challenge', () => {
    expect(ask('slack', { body, forged: true })).toBeUndefined();
    expect(ask('slack', { body: { ...body, challenge: { a: 1 } } })).toBeUndefined();
    expect(ask('slack', { body: { ...body, challenge: 'x'.repeat(1025) } })).toBeUndefined();
    expect(ask('slack', { body: { type: 'event_callback', challenge: 'x' } })).toBeUndefined();
  });

  it('cannot make us serve a page', () => {
    const answer = ask('slack', { body: { ...body, challenge: '<script>alert(1)</script>' } });
    expect(answer?.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer?.headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('zoom', () => {
  const body = {
    event: 'endpoint.url_validation',
    payload: { plainToken: 'qgg8vlvZRS6UYooatFL8Aw' },
    event_ts: NOW_MS,
  };
  const { secret } = subjectOf('zoom');
  const answered = (key: string): string => createHmac('sha256', key).update(body.payload.plainToken).digest('hex');

  it('gets the HMAC of its token', () => {
    const answer = ask('zoom', { body });
    expect(answer?.status).toBe(200);
    expect(JSON.parse(answer!.body)).toEqual({ plainToken: body.payload.plainToken, encryptedToken: answered(secret) });
  });

  it('gets it under the secret that signed the question, not the newest', () => {
    const answer = ask('zoom', { body, secrets: ['a newer secret', secret] });
    expect(JSON.parse(answer!.body)).toMatchObject({ encryptedToken: answered(secret) });
  });

  it('is no oracle for others', () => {
    expect(ask('zoom', { body, forged: true })).toBeUndefined();
    expect(ask('zoom', { body: { ...body, payload: { plainToken: 'x'.repeat(257) } } })).toBeUndefined();
    expect(ask('zoom', { body: { ...body, payload: {} } })).toBeUndefined();
  });
});

describe('asana', () => {
  const headers = { 'x-hook-secret': 'b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81' };

  it('hands over its secret while the pairing window is open', () => {
    expect(ask('asana', { headers, pairing: true, forged: true })).toEqual({
      status: 200,
      headers,
      body: '',
      keep: false,
      newSecret: headers['x-hook-secret'],
    });
  });

  it('cannot at any other time, nor with something that is no secret', () => {
    expect(ask('asana', { headers, forged: true })).toBeUndefined();
    for (const value of ['', 'short', `x\r\nset-cookie: a=${'b'.repeat(20)}`, 'x'.repeat(257)]) {
      expect(ask('asana', { headers: { 'x-hook-secret': value }, pairing: true, forged: true })).toBeUndefined();
    }
  });

  it('sends heartbeats, which are answered and not kept', () => {
    expect(ask('asana', { body: { events: [] } })).toMatchObject({ status: 200, keep: false });
    expect(ask('asana', { body: { events: [] }, forged: true })).toBeUndefined();
  });
});

describe('notion', () => {
  const body = { verification_token: 'secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl' };

  it('hands over its token while the pairing window is open', () => {
    expect(ask('notion', { body, pairing: true, forged: true })).toEqual({
      status: 200,
      headers: {},
      body: '',
      keep: false,
      newSecret: body.verification_token,
    });
  });

  it('cannot at any other time, nor in a signed request, nor with something else', () => {
    expect(ask('notion', { body, forged: true })).toBeUndefined();
    expect(ask('notion', { body, pairing: true })).toBeUndefined();
    for (const token of [7, '', 'short', 'x'.repeat(300), ['secret_tMrlL1qK5vuQAh1b6']]) {
      expect(ask('notion', { body: { verification_token: token }, pairing: true, forged: true })).toBeUndefined();
    }
  });
});

describe('discord', () => {
  it('gets a pong for the PING of interactions, and 204 for that of webhook events', () => {
    expect(ask('discord', { body: { type: 1, id: '1' } })).toMatchObject({
      status: 200,
      body: '{"type":1}',
      keep: false,
    });
    expect(ask('discord', { body: { type: 0, version: 1 } })).toMatchObject({ status: 204, body: '', keep: false });
  });

  it('gets no pong for an event, which is type 1 as well', () => {
    const event = { type: 'APPLICATION_AUTHORIZED', timestamp: '2026-01-01T00:00:00Z' };
    expect(ask('discord', { body: { type: 1, version: 1, event } })).toBeUndefined();
  });

  it('is refused with 401 when it probes with a bad signature', () => {
    expect(ask('discord', { body: { type: 1 }, forged: true })).toBeUndefined();
    expect(WEBHOOKS['discord']!.refusalStatus).toBe(401);
  });
});

describe('figma', () => {
  const body = { event_type: 'PING', timestamp: '2026-01-01T00:00:00Z', webhook_id: '22' };

  it('gets 200 for its PING', () => expect(ask('figma', { body })).toMatchObject({ status: 200, keep: false }));

  it('is told to stop by 400 when the passcode is wrong', () => {
    expect(ask('figma', { body: { ...body, passcode: 'wrong' }, forged: true })).toBeUndefined();
    expect(WEBHOOKS['figma']!.refusalStatus).toBe(400);
  });
});

describe('github', () => {
  const headers = { 'x-github-event': 'ping', 'x-github-delivery': 'd1' };

  it('gets an answer to its ping, which is kept as an event', () => {
    expect(ask('github', { headers, body: { zen: 'Keep it small.' } })).toMatchObject({ status: 200, keep: true });
    expect(ask('github', { headers, forged: true })).toBeUndefined();
    expect(ask('github', { headers: { ...headers, 'x-github-event': 'push' } })).toBeUndefined();
  });
});

describe('google', () => {
  const headers = { 'x-goog-channel-id': 'c', 'x-goog-message-number': '1', 'x-goog-resource-state': 'sync' };

  it('opens a channel with a message that is no event', () => {
    expect(ask('google', { headers, body: '' })).toMatchObject({ status: 200, keep: false });
    expect(ask('google', { headers, body: '', forged: true })).toBeUndefined();
    expect(ask('google', { headers: { ...headers, 'x-goog-resource-state': 'exists' }, body: '' })).toBeUndefined();
  });
});

it('no handshake throws over a hostile body or header', () => {
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"type":{}}',
    '['.repeat(1e6),
    '{"__proto__":{"type":"url_verification"}}',
    '\ufffd',
  ];
  for (const webhooks of Object.values(WEBHOOKS)) {
    for (const text of bodies) {
      for (const [verified, pairing] of [
        [true, true],
        [true, false],
        [false, true],
      ] as const) {
        const body = Buffer.from(text);
        const context = {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body,
          secrets: [],
          nowMs: NOW_MS,
        };
        expect(() => webhooks.handshake?.({ ...context, verified, pairing })).not.toThrow();
        expect(() => webhooks.split?.(context)).not.toThrow();
        expect(() => webhooks.identify(context)).not.toThrow();
      }
    }
  }
});
