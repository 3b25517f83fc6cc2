/**
 * A provider for the benches, in a process of its own: answers at once, or, below /limited/<name>, as a token bucket of
 * 50 a second and a capacity of 10 lets it. `GET /counts` says what each bucket has taken and refused.
 *
 * @module
 */
import { createServer } from 'node:http';

const RATE = 50;
const CAPACITY = 10;
const ANSWER = JSON.stringify({ id: 't1', name: 'a thing', tags: ['a', 'b'], note: 'x'.repeat(200) });
const HEADERS = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(ANSWER) };
const buckets = new Map();

function take(name) {
  const nowMs = performance.now();
  const bucket = buckets.get(name) ?? { tokens: CAPACITY, atMs: nowMs, beganMs: nowMs, taken: 0, refused: 0 };
  buckets.set(name, bucket);
  bucket.tokens = Math.min(CAPACITY, bucket.tokens + ((nowMs - bucket.atMs) * RATE) / 1_000);
  bucket.atMs = nowMs;
  if (bucket.tokens < 1) {
    bucket.refused += 1;
    return false;
  }
  bucket.tokens -= 1;
  bucket.taken += 1;
  return true;
}

/** Of what could have been taken since its first request, the share that was. */
function counts() {
  const nowMs = performance.now();
  return Object.fromEntries(
    [...buckets].map(([name, { taken, refused, beganMs }]) => {
      const possible = CAPACITY + ((nowMs - beganMs) * RATE) / 1_000;
      return [name, { taken, refused, utilisation: taken / possible, refusals: refused / (taken + refused) }];
    }),
  );
}

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/counts') return response.end(JSON.stringify(counts()));
    const limited = /^\/limited\/([\w-]+)/.exec(request.url);
    if (limited !== null && !take(limited[1])) return response.writeHead(429).end();
    return response.writeHead(200, HEADERS).end(ANSWER);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
