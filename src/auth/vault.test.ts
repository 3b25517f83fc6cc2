import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Random } from '../core/ports.js';
import { kekIdOf } from '../core/sealed-value.js';
import type { SecretBinding } from './place.js';
import { Vault, type VaultKeySource } from './vault.js';

function counting(): Random {
  let n = 0;
  return { bytes: (length) => Uint8Array.from({ length }, () => (n = (n * 31 + 17) % 251)), float: () => 0 };
}

function keysOf(current: string, keys: Record<string, Uint8Array>): VaultKeySource {
  return {
    currentKekId: () => current,
    kek: (id) => (Object.hasOwn(keys, id) ? keys[id] : undefined),
  };
}

const KEYS = { k1: new Uint8Array(32).fill(1), k2: new Uint8Array(32).fill(2), short: new Uint8Array(16) };
const vault = new Vault(keysOf('k1', KEYS), counting());
const PLACE = {
  tenant: 'default',
  environment: 'live',
  kind: 'source',
  id: 'src_1',
  field: 'secret',
} satisfies SecretBinding;
const SECRET = new TextEncoder().encode('whsec_canary-canary');

/** `SECRET` for `PLACE` under `k1`, kept to notice a change of the format. */
const GOLDEN =
  'AQJrMQpMciWg0L6GmzWaFlu6gaYcy+BJsG5ZTle5jJ+++FvQwDupkWumNSkXGcqeZBBU8zKTmcwPOn84U1QulcVkaQktnXNEdYIf4Sb/0loHtJcVyKisT5OLtg3cNJN3bS6zdYrzFuD1S1pPbneg';

const failing = (code: string) => expect.objectContaining({ code }) as Error;

describe('Vault', () => {
  it('opens what it sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (plaintext) => {
        expect(vault.open(vault.seal(plaintext, PLACE), PLACE)).toEqual(plaintext);
      }),
    );
  });

  it('has the envelope of version 1, and a new data key and nonce each time', () => {
    const sealed = vault.seal(SECRET, PLACE);
    expect(sealed.byteLength).toBe(1 + 1 + 2 + 60 + 12 + SECRET.byteLength + 16);
    expect([...sealed.subarray(0, 4)]).toEqual([1, 2, 0x6b, 0x31]);
    expect(kekIdOf(sealed)).toBe('k1');
    expect(vault.seal(SECRET, PLACE)).not.toEqual(sealed);
    expect(Buffer.from(sealed).includes(Buffer.from(SECRET))).toBe(false);
  });

  it('stays readable: a record sealed by the first release opens', () => {
    const sealed = Buffer.from(GOLDEN, 'base64');
    expect(new TextDecoder().decode(vault.open(sealed, PLACE))).toBe('whsec_canary-canary');
  });

  it('refuses every flipped byte, every cut and every addition', () => {
    const sealed = vault.seal(SECRET, PLACE);
    for (let at = 0; at < sealed.byteLength; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Uint8Array.from(sealed);
        changed[at]! ^= flip;
        // A changed key id names a key that is not here; all else is tampering.
        const code = at === 2 || at === 3 ? /vault_(?:sealed|tampered)/ : /vault_tampered/;
        expect(() => vault.open(changed, PLACE)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(code) as string }) as Error,
        );
      }
    }
    for (let length = 0; length < sealed.byteLength; length++) {
      expect(() => vault.open(sealed.subarray(0, length), PLACE)).toThrow(failing('vault_tampered'));
    }
    expect(() => vault.open(Uint8Array.of(...sealed, 0), PLACE)).toThrow(failing('vault_tampered'));
  });

  it('refuses tags of 12, 8 and 4 bytes', () => {
    const sealed = vault.seal(SECRET, PLACE);
    for (const tag of [12, 8, 4, 0]) {
      expect(() => vault.open(sealed.subarray(0, sealed.byteLength - 16 + tag), PLACE)).toThrow(
        failing('vault_tampered'),
      );
      const wrappedCut = Uint8Array.of(...sealed.subarray(0, 64 - 16 + tag), ...sealed.subarray(64));
      expect(() => vault.open(wrappedCut, PLACE)).toThrow(failing('vault_tampered'));
    }
  });

  it('refuses another row, tenant, field, kind or environment', () => {
    const sealed = vault.seal(SECRET, PLACE);
    for (const part of Object.keys(PLACE) as (keyof typeof PLACE)[]) {
      for (const other of ['', 'other', `${PLACE[part]} `, PLACE[part].toUpperCase()]) {
        expect(() => vault.open(sealed, { ...PLACE, [part]: other })).toThrow(failing('vault_tampered'));
      }
    }
    expect(() => vault.open(sealed, { ...PLACE, environment: 'sandbox' })).toThrow('secret of source src_1');
    const shifted = { ...PLACE, id: 'src_1s', field: 'ecret' };
    expect(() => vault.open(sealed, shifted)).toThrow(failing('vault_tampered'));
  });

  it('refuses a data key or a payload taken from another record', () => {
    const [one, two] = [vault.seal(SECRET, PLACE), vault.seal(SECRET, PLACE)];
    const mixed = Uint8Array.of(...one.subarray(0, 64), ...two.subarray(64));
    expect(() => vault.open(mixed, PLACE)).toThrow(failing('vault_tampered'));
    const elsewhere = vault.seal(SECRET, { ...PLACE, id: 'src_2' });
    expect(() => vault.open(Uint8Array.of(...one.subarray(0, 64), ...elsewhere.subarray(64)), PLACE)).toThrow(
      failing('vault_tampered'),
    );
  });

  it('refuses without the key, with another key under its id, and with a key that is none', () => {
    const sealed = vault.seal(SECRET, PLACE);
    const without = new Vault(keysOf('k2', { k2: KEYS.k2 }), counting());
    expect(() => without.open(sealed, PLACE)).toThrow(failing('vault_sealed'));
    expect(() => without.open(sealed, PLACE)).toThrow('k1');
    const wrong = new Vault(keysOf('k1', { k1: KEYS.k2 }), counting());
    expect(() => wrong.open(sealed, PLACE)).toThrow(failing('vault_tampered'));
    for (const current of ['short', 'missing']) {
      expect(() => new Vault(keysOf(current, KEYS), counting()).seal(SECRET, PLACE)).toThrow(failing('vault_sealed'));
    }
    const renamed = Uint8Array.from(sealed);
    renamed[3] = '2'.charCodeAt(0);
    expect(() => vault.open(renamed, PLACE)).toThrow(failing('vault_tampered'));
  });

  it('moves a secret to the current key without opening it', () => {
    const sealed = vault.seal(SECRET, PLACE);
    const rotated = new Vault(keysOf('k2', KEYS), counting());
    const moved = rotated.rewrap(sealed, PLACE);
    expect(kekIdOf(moved)).toBe('k2');
    expect(moved.subarray(64)).toEqual(sealed.subarray(64));
    const afterwards = new Vault(keysOf('k2', { k2: KEYS.k2 }), counting());
    expect(afterwards.open(moved, PLACE)).toEqual(SECRET);
    expect(rotated.rewrap(moved, PLACE)).toBe(moved);
    expect(() => rotated.rewrap(sealed, { ...PLACE, id: 'src_2' })).toThrow(failing('vault_tampered'));
    expect(() => afterwards.rewrap(sealed, PLACE)).toThrow(failing('vault_sealed'));
  });

  it('is total over bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => vault.open(bytes, PLACE)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^vault_/) as string }) as Error,
        );
        expect(['string', 'undefined']).toContain(typeof kekIdOf(bytes));
      }),
    );
  });

  it('says nothing of the secret in its errors', () => {
    const sealed = vault.seal(SECRET, PLACE);
    sealed[70]! ^= 1;
    try {
      vault.open(sealed, PLACE);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toContain('canary');
    }
  });

  it('binds a value to its version, and keeps the data key from one to the next', () => {
    const place = (version: number): SecretBinding => ({ ...PLACE, version });
    const first = vault.seal(SECRET, place(1));
    const next = new TextEncoder().encode('next');
    const second = vault.sealNext(first, next, place(2));
    expect(second.subarray(0, 64)).toEqual(first.subarray(0, 64));
    expect(vault.open(second, place(2))).toEqual(next);
    expect(vault.open(first, place(1))).toEqual(SECRET);
    expect(() => vault.open(first, place(2))).toThrow(failing('vault_tampered'));
    expect(() => vault.open(second, place(1))).toThrow(failing('vault_tampered'));
    expect(() => vault.open(second, PLACE)).toThrow(failing('vault_tampered'));
    expect(() => vault.sealNext(first.subarray(1), next, place(2))).toThrow(failing('vault_tampered'));
    const other = new Vault(keysOf('k1', KEYS), counting());
    expect(() => other.sealNext(first, next, { ...place(2), id: 'src_2' })).toThrow(failing('vault_tampered'));
  });

  it('opens nothing whose share is gone, whatever keys there are', () => {
    const shares = new Map([['sec_1', new Uint8Array(32).fill(9)]]);
    const keys = { ...keysOf('k1', KEYS), shares: { get: (id: string) => shares.get(id) } };
    const shared = { ...PLACE, share: 'sec_1' };
    const one = new Vault(keys, counting());
    const sealed = one.seal(SECRET, shared);
    expect(sealed[0]).toBe(2);
    expect(one.open(sealed, shared)).toEqual(SECRET);
    expect(() => one.open(sealed, PLACE)).toThrow(failing('vault_tampered'));
    const asPlain = Uint8Array.from(sealed);
    asPlain[0] = 1;
    expect(() => one.open(asPlain, PLACE)).toThrow(failing('vault_tampered'));
    expect(() => one.open(asPlain, shared)).toThrow(failing('vault_tampered'));
    shares.set('sec_2', new Uint8Array(32).fill(9));
    expect(() => one.open(sealed, { ...shared, share: 'sec_2' })).toThrow(failing('vault_tampered'));
    const moved = new Vault({ ...keys, currentKekId: () => 'k2' }, counting()).rewrap(sealed, shared);
    shares.delete('sec_1');
    one.forget();
    for (const copy of [sealed, moved]) expect(() => one.open(copy, shared)).toThrow(failing('secret_destroyed'));
    shares.set('sec_1', new Uint8Array(32).fill(8));
    expect(() => one.open(sealed, shared)).toThrow(failing('vault_tampered'));
  });

  it('swaps of any two of many records are all refused', () => {
    const places = ['sandbox', 'live'].flatMap((environment) =>
      ['one', 'two'].flatMap((tenant) =>
        ['named', 'connection'].flatMap((kind) =>
          [1, 2].map((version): SecretBinding => ({ ...PLACE, environment, tenant, kind, version })),
        ),
      ),
    );
    const sealed = places.map((place) => vault.seal(SECRET, place));
    let refused = 0;
    for (const [at, bytes] of sealed.entries()) {
      for (const [other, place] of places.entries()) {
        if (at === other) expect(vault.open(bytes, place)).toEqual(SECRET);
        else {
          expect(() => vault.open(bytes, place)).toThrow(failing('vault_tampered'));
          refused += 1;
        }
      }
    }
    expect(refused).toBe(16 * 15);
  });

  it('remembers no more data keys than it may', () => {
    const many = Array.from({ length: 1_100 }, (_, at) => ({ ...PLACE, id: `src_${at}` }));
    const sealed = many.map((place) => vault.seal(SECRET, place));
    for (const round of [0, 1]) {
      expect(
        sealed.every((bytes, at) => vault.open(bytes, many[at]!).byteLength === SECRET.byteLength),
        `${round}`,
      ).toBe(true);
    }
  });
});
