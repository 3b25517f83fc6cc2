/**
 * The vault beside bare `node:crypto`: encrypting the next value of a record, decrypting it again and again, and reading
 * it from memory, as calls do. A token of 2 KB, AES-256-GCM with authenticated data, a random nonce each time.
 *
 * Raw is one cipher with a KeyObject and nothing around it. `envelope` is both layers by hand: a data key of its own,
 * wrapped under another. Ours and raw take turns in blocks of less than a millisecond, as in bench/verify.mjs.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, webcrypto } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { median, ratioOf, rowOf } from './measure/figures.mjs';
import { bundle } from './ours/bundle.mjs';

const FLOOR = 0.9;
const AIM = 1;
const CACHED_MAX_US = 1;
const TOKEN_BYTES = 2_048;
const BLOCK_MS = 0.4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const token = randomBytes(TOKEN_BYTES / 2).toString('hex');
const plaintext = Buffer.from(token);
const context = Buffer.from('default|live|connection|con_1|sec_1|1');
const key = createSecretKey(randomBytes(32));

function encrypt(under, bytes) {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', under, nonce);
  cipher.setAAD(context);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(under, box) {
  const decipher = createDecipheriv('aes-256-gcm', under, box.subarray(0, NONCE_BYTES));
  decipher.setAAD(context);
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
  return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, box.length - TAG_BYTES)), decipher.final()]);
}

function envelope(bytes) {
  const dataKey = randomBytes(32);
  return [encrypt(key, dataKey), encrypt(dataKey, bytes)];
}

const timeOf = (call, calls) => {
  const startedAt = performance.now();
  for (let made = 0; made < calls; made += 1) call();
  return performance.now() - startedAt;
};

function callsInBlock(call) {
  let calls = 1;
  while (calls < 1e6 && timeOf(call, calls) < BLOCK_MS) calls *= 2;
  return calls;
}

/** Calls a second of all, from blocks that take turns. */
function takeTurns(contestants, ms) {
  const names = Object.keys(contestants);
  const calls = Object.fromEntries(names.map((name) => [name, callsInBlock(contestants[name])]));
  const blocks = Object.fromEntries(names.map((name) => [name, []]));
  const until = performance.now() + ms;
  while (performance.now() < until) for (const name of names) blocks[name].push(timeOf(contestants[name], calls[name]));
  return Object.fromEntries(names.map((name) => [name, (calls[name] / median(blocks[name])) * 1_000]));
}

export const describe = { rounds: 7, seconds: 1.5 };

export async function run({ dir, rounds, seconds, say }) {
  const { openVault } = await import(pathToFileURL(await bundle('vault', dir)).href);
  const vault = await openVault(token);
  const [ours, raw, both] = [vault.sealNext(plaintext), encrypt(key, plaintext), envelope(plaintext)];
  if (!Buffer.from(vault.open(ours)).equals(plaintext) || vault.read() !== token) throw new Error('ours does not open');
  if (!decrypt(key, raw).equals(plaintext) || both.length !== 2) throw new Error('raw does not open');
  const contestants = {
    'encrypt ours': () => vault.sealNext(plaintext),
    'encrypt raw': () => encrypt(key, plaintext),
    'decrypt ours': () => vault.open(ours),
    'decrypt raw': () => decrypt(key, raw),
    'envelope ours': () => vault.seal(plaintext),
    'envelope raw': () => envelope(plaintext),
    'cached ours': () => vault.read(),
  };
  const figures = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  const web = [];
  const webKey = await webcrypto.subtle.importKey('raw', key.export(), 'AES-GCM', false, ['decrypt']);
  const iv = raw.subarray(0, NONCE_BYTES);
  const webDecrypt = () =>
    webcrypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: context }, webKey, raw.subarray(NONCE_BYTES));
  // The first round warms the code up and is thrown away.
  for (let round = 0; round <= rounds; round += 1) {
    const rates = takeTurns(contestants, seconds * 1_000);
    const startedAt = performance.now();
    let made = 0;
    for (; performance.now() - startedAt < 100; made += 1) await webDecrypt();
    const webRate = (made / (performance.now() - startedAt)) * 1_000;
    if (round > 0) {
      for (const [name, rate] of Object.entries(rates)) figures[name].push(rate);
      web.push(webRate);
    }
    say(`round ${round}/${rounds}`);
  }
  const values = (rates) => rates.map((value) => ({ value }));
  const params = { tokenBytes: TOKEN_BYTES };
  const rows = Object.entries(figures).map(([name, rates]) => rowOf({ name, params, unit: 'op/s' }, values(rates)));
  rows.push(rowOf({ name: 'decrypt webcrypto', params, unit: 'op/s' }, values(web)));
  rows.push(
    rowOf({ name: 'cached read', params, unit: 'us' }, values(figures['cached ours'].map((rate) => 1e6 / rate))),
  );
  const ratio = (name, of, to, more) =>
    ratioOf({ name, of, to, ...more }, figures[of], to === 'decrypt webcrypto' ? web : figures[to]);
  return {
    rows,
    ratios: [
      ratio('encrypt', 'encrypt ours', 'encrypt raw', { floor: FLOOR, aim: AIM }),
      ratio('decrypt', 'decrypt ours', 'decrypt raw', { floor: FLOOR, aim: AIM }),
      ratio('envelope', 'envelope ours', 'envelope raw', { aim: AIM }),
      ratio('webcrypto', 'decrypt ours', 'decrypt webcrypto', { floor: 5 }),
      ratioOf(
        { name: 'cached-read', of: 'calls in 1 us', to: 'one call', floor: 1 / CACHED_MAX_US, aim: 10 },
        figures['cached ours'].map((rate) => rate / 1e6),
        figures['cached ours'].map(() => 1),
      ),
    ],
    skipped: [],
  };
}
