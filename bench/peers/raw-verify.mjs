/**
 * Each signature scheme as one writes it by hand over `node:crypto` for one provider: what is fixed is prepared once,
 * each call makes the digest and compares it in constant time. Nothing is checked that the comparison does not need: no
 * times, no grammar, no limits. Where the scheme signs something derived (a sorted form, a checksum, a field of the
 * body) or dates itself inside the body, that is derived, for there is no verifying without it.
 *
 * @module
 */
import { createHash, createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify } from 'node:crypto';
import { crc32 } from 'node:zlib';

const SLOT = /(\{[a-z0-9]+\})/;
const DIGESTS = { 'hmac-sha256': 'sha256', 'hmac-sha1': 'sha1', sha256: 'sha256' };

const fieldOf = (value, path) => path.split('.').reduce((at, name) => at?.[name], value);

/** The value at a place of the delivery, as a function of the parsed body. */
function placed(place, headers) {
  if (place === undefined) return () => '';
  if ('header' in place) return () => headers[place.header];
  return (json) => String(fieldOf(json, place.field));
}

/** The item of a list header: `t=1,v1=abc` -> value of `v1`. */
function listItem(value, { separator, assign }, key) {
  const item = value.split(separator).find((part) => part.startsWith(key + assign));
  return item.slice(key.length + assign.length);
}

function readSignature({ signature }, headers, json) {
  if (signature.header === undefined) return fieldOf(json, signature.fields[0]);
  const value = headers[signature.header];
  if (signature.list !== undefined) return listItem(value, signature.list, signature.list.key);
  return value.slice(signature.prefix?.length ?? 0);
}

function formText(body) {
  const pairs = [...new URLSearchParams(body.toString('latin1'))];
  return pairs
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => name + value)
    .join('');
}

/** The URL with and without its port, for senders that disagree with themselves. */
function spellings({ url: rule }, url) {
  if (rule !== 'any-spelling') return [url ?? ''];
  const { protocol, host } = new URL(url);
  return [url, url.replace(host, `${host}:${protocol === 'https:' ? 443 : 80}`)];
}

/**
 * @param {object} row of the product's table.
 * @param {{headers: Record<string, string>, body: Buffer, url?: string}} delivery
 * @param {{secret: string, label: string, publicPem?: string}} key
 * @returns {() => boolean}
 */
export function rawVerify(row, { headers, body, url }, key) {
  if (row.algorithm === 'equal') return rawEqual(row, headers, body, key.secret);
  if (row.algorithm.startsWith('jwt')) return rawToken(row, headers, key);
  const inBody = [row.timestamp, row.id].some((place) => place !== undefined && 'field' in place);
  const parses = inBody || row.signature.header === undefined;
  const pieces = row.signs.split(SLOT).filter(Boolean);
  const fixed = { '{method}': 'POST', '{secret}': key.secret, '{label}': key.label };
  const idOf = placed(row.id, headers);
  const isItem = row.timestamp !== undefined && 'item' in row.timestamp;
  const timeOf = isItem
    ? () => listItem(headers[row.signature.header], row.signature.list, row.timestamp.item)
    : placed(row.timestamp, headers);
  const urls = spellings(row, url);
  const derived = {
    '{timestamp}': timeOf,
    '{id}': idOf,
    '{form}': () => formText(body),
    '{crc32}': () => String(crc32(body)),
  };
  const feedWith = (json, oneUrl, sink) => {
    let text = '';
    for (const piece of pieces) {
      if (piece === '{body}') {
        if (text !== '') sink.update(text);
        sink.update(body);
        text = '';
      } else text += piece === '{url}' ? oneUrl : (fixed[piece] ?? derived[piece]?.(json) ?? piece);
    }
    if (text !== '') sink.update(text);
    return sink;
  };
  const compare = row.key.endsWith('public') ? publicKey(row, key, feedWith) : digest(row, key, feedWith);
  const hashName = row.bodyHashIn;
  const bodyHash = hashName === undefined ? undefined : new URL(url).searchParams.get(hashName);
  return () => {
    if (bodyHash !== undefined && createHash('sha256').update(body).digest('hex') !== bodyHash) return false;
    const json = parses ? JSON.parse(body.toString('utf8')) : undefined;
    const given = Buffer.from(readSignature(row, headers, json), row.signature.encoding);
    let matched = false;
    for (const oneUrl of urls) matched = compare(json, oneUrl, given) || matched;
    return matched;
  };
}

function digest(row, { secret }, feedWith) {
  const bytes = row.key === 'base64' ? Buffer.from(secret.replace(/^whsec_/, ''), 'base64') : Buffer.from(secret);
  const key = createSecretKey(bytes);
  const name = DIGESTS[row.algorithm];
  const open = row.algorithm.startsWith('hmac') ? () => createHmac(name, key) : () => createHash(name);
  return (json, url, given) => timingSafeEqual(feedWith(json, url, open()).digest(), given);
}

function publicKey(row, { publicPem }, feedWith) {
  const key = createPublicKey(publicPem);
  const name = row.algorithm === 'ed25519' ? null : 'sha256';
  return (json, url, given) => {
    const chunks = [];
    feedWith(json, url, { update: (data) => chunks.push(typeof data === 'string' ? Buffer.from(data) : data) });
    return verify(name, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), key, given);
  };
}

/** Hashed on both sides, as the careful do, so that the length of the secret does not show. */
function rawEqual(row, headers, body, secret) {
  const expected = row.signature.encoding === 'base64' ? Buffer.from(secret).toString('base64') : secret;
  const hash = (text) => createHash('sha256').update(text).digest();
  return () => {
    const json = row.signature.header === undefined ? JSON.parse(body.toString('utf8')) : undefined;
    return timingSafeEqual(hash(expected), hash(readSignature(row, headers, json)));
  };
}

/** The signature of the token and its two JSON parts, which must be read to be believed. */
function rawToken({ signature, algorithm }, headers, { secret, publicPem }) {
  const key = algorithm === 'jwt-rs256' ? createPublicKey(publicPem) : createSecretKey(Buffer.from(secret));
  return () => {
    const [head, claims, mark] = headers[signature.header].slice(signature.prefix?.length ?? 0).split('.');
    const given = Buffer.from(mark, 'base64url');
    for (const part of [head, claims]) JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    const signed = `${head}.${claims}`;
    if (algorithm === 'jwt-rs256') return verify('sha256', Buffer.from(signed), key, given);
    return timingSafeEqual(createHmac('sha256', key).update(signed).digest(), given);
  };
}
