import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock, SecretRead, SecretSources } from '../core/ports.js';
import { SecretSet } from '../core/secret-set.js';
import {
  fetchReference,
  FetchedSecrets,
  looksLikePlaceholder,
  parseSecretText,
  showReference,
} from './secret-reference.js';

describe('parseSecretText', () => {
  it('tells references from secrets', () => {
    expect(parseSecretText('env:MY_TOKEN')).toEqual({ is: 'reference', reference: { kind: 'env', name: 'MY_TOKEN' } });
    expect(parseSecretText('file:/run/secrets/a b')).toEqual({
      is: 'reference',
      reference: { kind: 'file', path: '/run/secrets/a b' },
    });
    expect(parseSecretText('exec:op read "op://a/b"')).toEqual({
      is: 'reference',
      reference: { kind: 'exec', command: 'op read "op://a/b"' },
    });
    for (const text of ['sk_live_x', '', 'ENV:X', 'environment:X', ' env:X', 'https://x']) {
      expect(parseSecretText(text)).toEqual({ is: 'literal' });
    }
    for (const text of [
      'env:',
      'env:A B',
      'env:1A',
      'env:A-B',
      'file:',
      'file: ',
      'exec:a\nb',
      'file:a\0b',
      `exec:${'x'.repeat(5000)}`,
    ]) {
      expect(parseSecretText(text)).toMatchObject({ is: 'malformed' });
    }
  });

  it('is total', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof parseSecretText(text).is === 'string'));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof looksLikePlaceholder(text) === 'boolean'));
  });

  it('shows a command by its first word only', () => {
    expect(showReference({ kind: 'exec', command: 'vault read -token=canary x' })).toBe('exec:vault …');
    expect(showReference({ kind: 'exec', command: 'TOKEN=canary run' })).toBe('exec:… …');
    expect(showReference({ kind: 'env', name: 'A' })).toBe('env:A');
    expect(showReference({ kind: 'file', path: '/a' })).toBe('file:/a');
  });
});

/** Sources that answer from a list, and count. */
function listed(answers: Record<string, SecretRead>): SecretSources & { asked: string[] } {
  const asked: string[] = [];
  const answer = (key: string) => {
    asked.push(key);
    return answers[key] ?? { ok: false as const, problem: 'is not there' };
  };
  return {
    asked,
    env: (name) => answer(`env:${name}`),
    file: (path) => Promise.resolve(answer(`file:${path}`)),
    exec: (command) => Promise.resolve(answer(`exec:${command}`)),
  };
}

describe('fetching', () => {
  const sources = () =>
    listed({
      'env:A': { ok: true, value: 'one' },
      'file:/b': { ok: true, value: 'two' },
      'exec:c d': { ok: true, value: 'three' },
    });

  it('asks the source that the reference names', async () => {
    expect(await fetchReference(sources(), 'env:A')).toBe('one');
    expect(await fetchReference(sources(), 'file:/b')).toBe('two');
    expect(await fetchReference(sources(), 'exec:c d')).toBe('three');
  });

  it('fails with what to look at, and without the text of what is no reference', async () => {
    const failure = (reference: string) => fetchReference(sources(), reference).catch((error: unknown) => error);
    expect(await failure('env:MISSING')).toMatchObject({
      code: 'secret_unavailable',
      message: 'env:MISSING: is not there',
    });
    expect(await failure('exec:login --password canary')).toMatchObject({ data: { reference: 'exec:login …' } });
    for (const text of ['canary', 'env:canary canary']) {
      const error = await failure(text);
      expect(error).toMatchObject({ code: 'secret_unavailable' });
      expect(String(error)).not.toContain('canary');
    }
  });

  it('keeps a secret for its time, fetches once for many, forgets failures, and tells redaction', async () => {
    let nowMs = 0;
    const clock = { monotonicMs: () => nowMs } as Clock;
    const secrets = new SecretSet();
    const from = listed({ 'env:A': { ok: true, value: 'a-long-secret' } });
    const fetched = new FetchedSecrets({ sources: from, clock, secrets, ttlMs: 1000 });
    expect(await Promise.all([fetched.get('env:A'), fetched.get('env:A')])).toEqual(['a-long-secret', 'a-long-secret']);
    nowMs = 999;
    await fetched.get('env:A');
    expect(from.asked).toEqual(['env:A']);
    nowMs = 1000;
    await fetched.get('env:A');
    fetched.forget('env:A');
    await fetched.get('env:A');
    expect(from.asked).toHaveLength(3);
    expect(secrets.occursIn('x a-long-secret y')).toBe(true);
    for (let i = 0; i < 2; i++)
      await expect(fetched.get('env:B')).rejects.toMatchObject({ code: 'secret_unavailable' });
    expect(from.asked.slice(3)).toEqual(['env:B', 'env:B']);
  });
});

describe('looksLikePlaceholder', () => {
  it.each([
    ...[
      '',
      '  ',
      'sk_test_xxx',
      'sk_live_XXXXXXXX',
      'whsec_xxx',
      'whsec_...',
      'xoxb-xxx',
      'xoxb-xxxx-xxxx-xxxx',
      'ghp_xxxx',
      'SG.xxx',
    ],
    ...[
      're_xxx',
      'changeme',
      'CHANGE_ME',
      'change-me',
      'your-token',
      'your_api_key_here',
      '<your token>',
      '${TOKEN}',
      '{{token}}',
    ],
    ...[
      'xxx',
      'XXXXXX',
      '***',
      '...',
      'todo',
      'replace-me',
      'replace_with_your_key',
      'null',
      'undefined',
      '"changeme"',
    ],
    ...['sk_test_changeme', 'whsec_your_secret_here', 'sk_test_', 'sk_test_...', '000000', 'lin_api_xxx', 'secret_xxx'],
    ...[
      'https://hooks.example.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
      'https://hooks.example.com/services/xxx',
    ],
  ])('%s is one', (text) => expect(looksLikePlaceholder(text)).toBe(true));

  it.each([
    ...[
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      `sk_${'test'}_4eC39HqLyjWDarjtT1zdp7dc`,
      'hunter2',
      'correct horse battery staple',
    ],
    ...[
      'https://hooks.example.com/services/T01/B02/abcdEFGH1234',
      `xox${'b'}-123456789012-abcdef`,
      'It is a secret to everybody',
    ],
    ...[
      '8f742231b10e8888abcd99yyyzzz85a5',
      'env:NAME',
      '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----',
      'testtoken-1a2b3c',
    ],
    ...['AC0123456789abcdef', 'https://example.com/hook'],
    ...['test', 'secret', 'my-webhook-secret', 'whsec_test', 'whsec_test_secret', 'whsec_MTIz', '123456'],
  ])('%s is none', (text) => expect(looksLikePlaceholder(text)).toBe(false));
});
