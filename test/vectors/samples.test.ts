/** Samples of every provider: signed, accepted, named, and different from each other. */
import { describe, expect, it } from 'vitest';
import { SAMPLES } from '../../src/connectors/samples.generated.js';
import { WEBHOOKS } from '../../src/connectors/webhooks.generated.js';
import type { EventIdentity } from '../../src/core/webhook.js';
import { sign, verify } from '../../src/verify.js';
import { NOW_MS, SUBJECTS, type Subject } from './subject.js';

const URL = 'https://hooks.example.test/in/sample';

/** The samples that a scheme is used for: Google's two kinds come under one scheme each. */
function typesFor({ provider, scheme }: Subject): readonly string[] {
  const { types } = SAMPLES[provider]!;
  if (scheme === 'google-channel-token') return types.filter((type) => type.startsWith('channel'));
  return scheme === 'google-oidc-jwt' ? ['pubsub.message'] : types;
}

function delivered(subject: Subject, type: string, id: string): { identity: EventIdentity | undefined; ok: boolean } {
  const { provider, scheme, signingSecret, secret } = subject;
  const sample = SAMPLES[provider]!.sample(type, id, NOW_MS);
  const signed = sign(provider, { ...sample, secret: signingSecret, nowMs: NOW_MS, scheme, url: URL });
  if (!signed.ok) throw new TypeError(signed.reason);
  const headers = { ...sample.headers, ...signed.headers };
  const url = signed.url ?? URL;
  const { ok } = verify(provider, { headers, body: signed.body, secrets: [secret], nowMs: NOW_MS, url, scheme });
  const webhooks = WEBHOOKS[provider]!;
  const [part] = webhooks.split?.({ headers, body: signed.body }) ?? [{ headers, body: signed.body }];
  return { identity: webhooks.identify(part!), ok };
}

it('there are some of every provider that signs', () => expect(Object.keys(SAMPLES)).toEqual(Object.keys(WEBHOOKS)));

describe.each(SUBJECTS.map((subject) => [subject.provider, subject.scheme, subject] as const))(
  '%s, %s',
  (_p, _s, subject) => {
    it.each(typesFor(subject).map((type) => [type]))('%s', (type) => {
      const first = delivered(subject, type, 'id1');
      expect(first.ok).toBe(true);
      expect(first.identity?.type).toBe(type);
      expect(first.identity!.key.length).toBeGreaterThan(0);
      expect(delivered(subject, type, 'id1').identity?.key).toBe(first.identity?.key);
      expect(delivered(subject, type, 'id2').identity?.key).not.toBe(first.identity?.key);
    });
  },
);
