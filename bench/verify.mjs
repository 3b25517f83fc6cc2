/**
 * Verifying a signature: `verify()` of `fairlead/verify` as it is built, beside the same scheme written by hand over
 * `node:crypto` (bench/peers/raw-verify.mjs). Every scheme of every provider; a body of 2 KB under a dozen headers.
 *
 * Both take turns in blocks of less than a millisecond, and a round's figure is the median block of each, so what slows
 * the machine for a moment slows both or neither.
 *
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { median, ratioOf, rowOf } from './measure/figures.mjs';
import { built, missingBuild } from './ours/build-place.mjs';
import { bundle } from './ours/bundle.mjs';
import { rawVerify } from './peers/raw-verify.mjs';

const FLOOR = 0.9;
const AIM = 1;
const BODY_BYTES = 2_048;
/** Short beside the time the system gives a process at once, long beside the clock. */
const BLOCK_MS = 0.4;
const SHARED = 'a-signing-secret-of-the-bench-51c0';
const LABEL = 'caller@example.com';
const URL = 'https://hooks.example.com/in/source?tenant=one';
const NOW_MS = 1_790_000_000_000;

const KEY_PAIRS = {
  ed25519: ['ed25519', {}],
  'ecdsa-p256': ['ec', { namedCurve: 'prime256v1' }],
  'rsa-sha256': ['rsa', { modulusLength: 2048 }],
  'jwt-rs256': ['rsa', { modulusLength: 2048 }],
};

/** What a proxy and a sender put on a request besides the signature. */
const HEADERS = {
  host: 'hooks.example.com',
  accept: '*/*',
  'accept-encoding': 'gzip, deflate',
  'user-agent': 'Sender-Webhooks/2.1',
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-request-id': '0d5bb3c5f2',
};

function jsonBody() {
  const event = { id: 'evt_1', type: 'invoice.paid', created: 1_790_000_000, data: { object: {} } };
  const { object } = event.data;
  for (let field = 0; JSON.stringify(event).length < BODY_BYTES - 40; field += 1)
    object[`field_${field}`] = 'x'.repeat(24);
  return Buffer.from(JSON.stringify(event));
}

function formBody() {
  const pairs = [];
  for (let field = 0; pairs.join('&').length < BODY_BYTES - 60; field += 1) {
    pairs.push(`Field${field}=a+value+of+${field}%2C+as+phones+send+it`);
  }
  return Buffer.from(pairs.join('&'));
}

/** Keys for a row: what the signer holds, what the verifier holds. */
function keysOf(row) {
  const pair = KEY_PAIRS[row.algorithm];
  if (pair === undefined) {
    const secret = row.key === 'base64' ? `whsec_${Buffer.from(SHARED).toString('base64')}` : SHARED;
    return { signer: secret, verifier: secret, raw: { secret, label: '' } };
  }
  const { publicKey, privateKey } = generateKeyPairSync(...pair);
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' });
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const labelled = (pem) => (row.key === 'labelled-public' ? `${LABEL}\n${pem}` : pem);
  return { signer: labelled(privatePem), verifier: labelled(publicPem), raw: { secret: '', label: LABEL, publicPem } };
}

/** Both ways to verify one scheme, tried once. */
function contestants({ sign, verify }, provider, scheme, row) {
  const keys = keysOf(row);
  const isForm = row.signs.includes('{form}');
  const contentType = { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' };
  const given = { body: isForm ? formBody() : jsonBody(), secret: keys.signer, nowMs: NOW_MS, url: URL, scheme };
  const signed = sign(provider, { ...given, id: 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W' });
  if (!signed.ok) throw new Error(`${provider} ${scheme} cannot be signed: ${signed.reason}`);
  const headers = { ...HEADERS, ...contentType, ...signed.headers };
  const body = Buffer.from(signed.body);
  headers['content-length'] = String(body.byteLength);
  const url = signed.url ?? URL;
  const input = { headers, body, secrets: [keys.verifier], nowMs: NOW_MS, url, scheme };
  const ours = () => verify(provider, input).ok;
  const raw = rawVerify(row, { headers, body, url }, keys.raw);
  if (!ours()) throw new Error(`${provider} ${scheme} does not verify: ${verify(provider, input).reason}`);
  if (!raw()) throw new Error(`${provider} ${scheme} does not verify by hand`);
  return { ours, raw };
}

/** How many calls take about as long as {@link BLOCK_MS}. */
function callsInBlock(call) {
  let calls = 1;
  for (;;) {
    if (timeOf(call, calls) >= BLOCK_MS || calls > 1e6) return calls;
    calls *= 2;
  }
}

function timeOf(call, calls) {
  const startedAt = performance.now();
  for (let made = 0; made < calls; made += 1) call();
  return performance.now() - startedAt;
}

/** Calls a second of both, from blocks that take turns; a block that was interrupted does not move the median. */
function takeTurns({ ours, raw }, ms) {
  const calls = { ours: callsInBlock(ours), raw: callsInBlock(raw) };
  const blocks = { ours: [], raw: [] };
  const until = performance.now() + ms;
  while (performance.now() < until) {
    blocks.ours.push(timeOf(ours, calls.ours));
    blocks.raw.push(timeOf(raw, calls.raw));
  }
  const rate = (who) => ({ value: (calls[who] / median(blocks[who])) * 1_000 });
  return { ours: rate('ours'), raw: rate('raw') };
}

export const describe = { rounds: 5, seconds: 0.1 };

export async function run({ dir, rounds, seconds, only, say }) {
  const why = missingBuild('verify.js');
  if (why !== undefined) return { rows: [], ratios: [], skipped: [{ name: 'ours', why }] };
  const [product, { SCHEMES }] = await Promise.all(
    [built('verify.js'), await bundle('schemes', dir)].map((file) => import(pathToFileURL(file).href)),
  );
  const schemes = Object.entries(SCHEMES).flatMap(([provider, rows]) =>
    Object.entries(rows).map(([scheme, row]) => ({ name: `${provider} ${scheme}`, provider, scheme, row })),
  );
  const chosen = schemes.filter(({ provider }) => only === undefined || only.includes(provider));
  const cases = chosen.map(({ name, provider, scheme, row }) => ({
    name,
    algorithm: row.algorithm,
    ...contestants(product, provider, scheme, row),
    rounds: { ours: [], raw: [] },
  }));
  // The first round warms the code up and is thrown away.
  for (let round = 0; round <= rounds; round += 1) {
    for (const one of cases) {
      const figures = takeTurns(one, seconds * 1_000);
      if (round > 0) for (const who of ['ours', 'raw']) one.rounds[who].push(figures[who]);
    }
    say(`round ${round}/${rounds}`);
  }
  const rows = [];
  const ratios = [];
  for (const { name, algorithm, rounds: figures } of cases) {
    const params = { scheme: name, algorithm, bodyBytes: BODY_BYTES };
    for (const who of ['ours', 'raw']) rows.push(rowOf({ name: who, params, unit: 'op/s' }, figures[who]));
    const values = (who) => figures[who].map(({ value }) => value);
    ratios.push(ratioOf({ name, of: 'ours', to: 'raw', floor: FLOOR, aim: AIM }, values('ours'), values('raw')));
  }
  return { rows, ratios, skipped: [] };
}
