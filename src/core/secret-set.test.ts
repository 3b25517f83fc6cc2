import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretSet } from './secret-set.js';

const secretText = fc.string({ unit: 'binary', minLength: 8, maxLength: 60 }).filter((text) => text.trim().length >= 8);

describe('SecretSet', () => {
  it('finds every form of every secret, wherever it stands', () => {
    const encodings: ((secret: string) => string)[] = [
      (s) => s,
      (s) => JSON.stringify(s),
      (s) => JSON.stringify(JSON.stringify({ s })),
      (s) => Buffer.from(s).toString('base64'),
      (s) => Buffer.from(s).toString('base64url'),
      (s) => Buffer.from(s).toString('hex'),
      (s) => Buffer.from(s).toString('hex').toUpperCase(),
      (s) => new URLSearchParams({ s }).toString(),
      (s) => encodeURIComponent(s),
      (s) => `Basic ${Buffer.from(`u:${s}`).toString('base64')}`,
      (s) => `Basic ${Buffer.from(`user:${s}:x`).toString('base64')}`,
      (s) => Buffer.from(`ab${s}`).toString('base64url'),
    ];
    // A lone surrogate has no bytes, so only well-formed secrets can be encoded at all.
    const wellFormed = secretText.filter((text) => Buffer.from(text).toString() === text);
    fc.assert(
      fc.property(
        wellFormed,
        fc.nat(encodings.length - 1),
        fc.string(),
        fc.string(),
        (secret, which, before, after) => {
          const set = new SecretSet();
          set.add(secret);
          const encoded = encodings[which]!(secret);
          expect(set.occursIn(before + encoded + after)).toBe(true);
          expect(set.occursIn(set.replaceIn(before + encoded + after, '[x]'))).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('searches for all secrets at once and takes the longest at a place', () => {
    const set = new SecretSet();
    set.add('hunter2-short');
    set.add('hunter2-short-and-longer');
    expect(set.replaceIn('a hunter2-short-and-longer b hunter2-short c', '*')).toBe('a * b * c');
    expect(set.replaceIn('nothing here', '*')).toBe('nothing here');
    expect(set.replaceIn('hunter2-shorhunter2-short', '*')).toBe('hunter2-shor*');
  });

  it('finds single lines of a secret of several lines, and a secret without the blanks around it', () => {
    const set = new SecretSet();
    set.add('-----BEGIN X-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7\n-----END X-----\n');
    set.add('  padded-secret \n');
    expect(set.replaceIn('line AASCBKcwggSjAgEAAoIBAQC7!', '*')).toBe('line *!');
    expect(set.replaceIn('padded-secret', '*')).toBe('*');
  });

  it('ignores what would blot out ordinary words', () => {
    const set = new SecretSet();
    set.add('');
    set.add('short');
    set.add('      ');
    expect(set.size).toBe(0);
  });

  it('is bounded: the oldest goes, and forms that two share stay', () => {
    const set = new SecretSet({ maxSecrets: 2 });
    set.add('first-secret');
    set.add('first-secret ');
    set.add('third-secret');
    expect(set.size).toBe(2);
    expect(set.occursIn('first-secret')).toBe(true);
    set.add('fourth-secret');
    expect(set.occursIn('first-secret')).toBe(false);
    expect(set.occursIn('third-secret fourth-secret')).toBe(true);
  });

  it('adding again renews', () => {
    const set = new SecretSet({ maxSecrets: 2 });
    set.add('first-secret');
    set.add('second-secret');
    set.add('first-secret');
    set.add('third-secret');
    expect(set.occursIn('first-secret')).toBe(true);
    expect(set.occursIn('second-secret')).toBe(false);
  });

  it('agrees with a plain search for many secrets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 6, maxLength: 12 }), { maxLength: 20 }),
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 60 }),
        (secrets, text) => {
          const set = new SecretSet();
          for (const secret of secrets) set.add(secret);
          expect(set.occursIn(text)).toBe(secrets.some((secret) => text.includes(secret)));
        },
      ),
      { numRuns: 500 },
    );
  });
});
