import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from './errors.js';
import { markAsBase32Hex, markAsHex, markAsUuid } from './mark.js';
import { path } from './path.js';

describe('a mark as an id', () => {
  it('has the form that providers take, and is the same for the same mark alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(markAsUuid(one)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(markAsBase32Hex(one)).toMatch(/^[0-9a-v]{51}$/);
        expect(markAsHex(one)).toMatch(/^[0-9a-f]{64}$/);
        for (const form of [markAsUuid, markAsBase32Hex, markAsHex])
          expect(form(one) === form(other)).toBe(one === other);
      }),
    );
  });

  it('does not change from version to version', () => {
    expect(markAsUuid('example-key')).toBe('e8610c0d-3d29-47c7-b2e8-caf070a8cfdc');
    expect(markAsBase32Hex('example-key')).toBe('t1ggo39t553sfcn8pbo71a6frhho77315e4cjvketpd3ppheu71');
  });
});

describe('a path', () => {
  it('keeps each value to its segment', () => {
    expect(path`/repos/${'a/b'}/issues/${7}`).toBe('/repos/a%2Fb/issues/7');
    expect(path`/x/${'a?b#c'}`).toBe('/x/a%3Fb%23c');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        fc.pre(value !== '.' && value !== '..');
        const { pathname } = new URL(path`/x/${value}/y`, 'https://api.test');
        expect(pathname.split('/')).toHaveLength(4);
      }),
    );
  });

  it.each(['', '.', '..'])('takes no "%s"', (value) => {
    expect(() => path`/x/${value}`).toThrow(expect.toSatisfy((error) => isAppError(error, 'invalid_argument')));
  });
});
