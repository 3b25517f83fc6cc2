import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkpointOrigin,
  checkpointText,
  checkpointVerifier,
  parseCheckpoint,
  publicKeyOf,
  signCheckpoint,
  verifierKey,
} from './checkpoint.js';

/** RFC 8032, section 7.1, test 1: the secret and the public key. */
const RFC_SECRET = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const RFC_PUBLIC = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const RFC_PEM = pem(Buffer.from(`302e020100300506032b657004220420${RFC_SECRET}`, 'hex'));

const CHECKPOINT = { origin: checkpointOrigin('inst_1', 'live'), size: 20_852_163, root: new Uint8Array(32).fill(9) };

describe('a checkpoint', () => {
  const note = signCheckpoint(CHECKPOINT, RFC_PEM);

  it('has the form of tlog-checkpoint', () => {
    const root = Buffer.from(CHECKPOINT.root).toString('base64');
    expect(checkpointText(CHECKPOINT)).toBe(`fairlead/inst_1/live\n20852163\n${root}\n`);
    expect(note).toMatch(/^fairlead\/inst_1\/live\n20852163\n\S{44}\n\n— fairlead\/inst_1\/live [A-Za-z0-9+/]{91}=\n$/);
    expect(parseCheckpoint(note)).toEqual({ ...CHECKPOINT, root: Buffer.from(CHECKPOINT.root) });
  });

  it('is accepted under its key, as PEM and as verifier key', () => {
    const key = verifierKey(CHECKPOINT.origin, publicKeyOf(RFC_PEM));
    expect(key).toMatch(/^fairlead\/inst_1\/live\+[0-9a-f]{8}\+/);
    expect(Buffer.from(key.split('+').slice(2).join('+'), 'base64').toString('hex')).toBe(`01${RFC_PUBLIC}`);
    for (const publicKey of [publicKeyOf(RFC_PEM), key]) {
      const verdict = checkpointVerifier(CHECKPOINT.origin, publicKey)(note);
      expect(verdict).toMatchObject({ ok: true, checkpoint: { size: CHECKPOINT.size } });
    }
  });

  it('is refused under another key or origin', () => {
    const other = publicKeyOf(freshPem());
    expect(checkpointVerifier(CHECKPOINT.origin, other)(note)).toEqual({ ok: false, reason: 'unknown_key' });
    const elsewhere = checkpointVerifier(checkpointOrigin('inst_1', 'sandbox'), publicKeyOf(RFC_PEM));
    expect(elsewhere(note)).toEqual({ ok: false, reason: 'wrong_origin' });
  });

  it('is spoiled by any change', () => {
    const check = checkpointVerifier(CHECKPOINT.origin, publicKeyOf(RFC_PEM));
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.constantFrom('0', '1', 'A', 'b', '\n', ' ', '+', ''), (at, character) => {
        const changed = note.slice(0, at) + character + note.slice(at + 1);
        fc.pre(changed !== note);
        expect(check(changed).ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps signatures of others and ignores them', () => {
    const check = checkpointVerifier(CHECKPOINT.origin, publicKeyOf(RFC_PEM));
    const witness = `— witness.example/1 ${Buffer.alloc(76, 1).toString('base64')}\n`;
    expect(check(note + witness).ok).toBe(true);
    // A second line that claims our key and does not verify spoils the note.
    const ours = note.split('\n').at(-2)!;
    const forged = `${ours.slice(0, -4)}${ours.slice(-4) === 'AAA=' ? 'BBA=' : 'AAA='}\n`;
    expect(check(note + forged).ok).toBe(false);
  });

  it('may have extension lines, which the signature covers', () => {
    const text = `${checkpointText(CHECKPOINT)}extra line\n`;
    const [, signature] = note.split('\n\n');
    expect(parseCheckpoint(`${text}\n${signature}`)).toMatchObject({ size: CHECKPOINT.size });
    const check = checkpointVerifier(CHECKPOINT.origin, publicKeyOf(RFC_PEM));
    expect(check(`${text}\n${signature}`)).toEqual({ ok: false, reason: 'bad_signature' });
  });
});

describe('parseCheckpoint', () => {
  const root = Buffer.alloc(32).toString('base64');
  const signature = `— o ${Buffer.alloc(68).toString('base64')}\n`;
  it.each([
    ['empty', ''],
    ['no signature', `o\n1\n${root}\n`],
    ['no final newline', `o\n1\n${root}\n\n${signature.trimEnd()}`],
    ['leading zero', `o\n01\n${root}\n\n${signature}`],
    ['negative', `o\n-1\n${root}\n\n${signature}`],
    ['beyond 2^53', `o\n9007199254740993\n${root}\n\n${signature}`],
    ['short root', `o\n1\n${root.slice(4)}\n\n${signature}`],
    ['loose base64', `o\n1\n${root.replace('=', '')}\n\n${signature}`],
    ['empty origin', `\n1\n${root}\n\n${signature}`],
    ['empty extension line', `o\n1\n${root}\n\n\n${signature}`],
    ['tab', `o\t\n1\n${root}\n\n${signature}`],
    ['carriage return', `o\n1\n${root}\r\n\n${signature}`],
    ['hyphen for dash', `o\n1\n${root}\n\n${signature.replace('—', '-')}`],
    ['plus in the key name', `o\n1\n${root}\n\n${signature.replace('— o', '— o+p')}`],
    ['nothing behind the key id', `o\n1\n${root}\n\n— o AAAAAA==\n`],
    ['too many signatures', `o\n1\n${root}\n\n${signature.repeat(101)}`],
    ['too long', `${'o'.repeat(70_000)}\n1\n${root}\n\n${signature}`],
  ])('refuses %s', (_name, note) => {
    expect(parseCheckpoint(note)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseCheckpoint(text);
        parseCheckpoint(`o\n1\n${root}\n\n${text}`);
        parseCheckpoint(`${text}\n\n${signature}`);
      }),
    );
  });
});

describe('keys', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecPem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  it('must be Ed25519', () => {
    const refused = expect.objectContaining({ code: 'config_invalid' }) as Error;
    expect(() => signCheckpoint(CHECKPOINT, ecPem)).toThrow(refused);
    expect(() => signCheckpoint(CHECKPOINT, 'no key')).toThrow(refused);
    const ecPublic = createPublicKey(ecPem).export({ type: 'spki', format: 'pem' }).toString();
    for (const bad of [ecPublic, 'no key', 'a+b+AQID', '-----BEGIN PUBLIC KEY-----', '']) {
      expect(() => checkpointVerifier('o', bad)).toThrow(refused);
    }
  });
});

function freshPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function pem(der: Buffer): string {
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}
