/**
 * Sends at a fixed rate whatever the answers do, as providers do, and measures each latency from the moment the request
 * was due: a server that stalls cannot hide it by slowing its sender down.
 *
 *     node open-loop.mjs '{"port":1,"rate":800,"seconds":4,"file":"f","length":2500,"from":0}'
 *
 * The first second is not counted. At the end it prints `result {requests, p50Us, p99Us, refused, broken}`.
 *
 * @module
 */
import { openSync, readSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { percentile } from '../measure/figures.mjs';

const WARM_MS = 1_000;
const LAST_ANSWERS_MS = 5_000;

const { port, rate, seconds, file, length, from } = JSON.parse(process.argv[2]);
const requests = rate * seconds;
const fd = openSync(file, 'r');
const bytes = Buffer.allocUnsafe(length * requests);
readSync(fd, bytes, 0, bytes.length, from * length);
const agent = new Agent({ keepAlive: true, maxSockets: 128 });
const latencies = [];
let [sent, pending, refused, broken] = [0, 0, 0, 0];

/** Splits one recorded request into what node:http wants. */
function parse(recorded) {
  const headEnd = recorded.indexOf('\r\n\r\n');
  const [first, ...lines] = recorded.toString('latin1', 0, headEnd).split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => line.split(': ')));
  return { path: first.split(' ')[1], headers, body: recorded.subarray(headEnd + 4) };
}

const prepared = Array.from({ length: requests }, (_, at) => parse(bytes.subarray(at * length, (at + 1) * length)));

function send({ path, headers, body }, dueAt) {
  pending += 1;
  const outgoing = request({ host: '127.0.0.1', port, agent, method: 'POST', path, headers }, (answer) => {
    if (answer.statusCode < 200 || answer.statusCode > 299) refused += 1;
    answer.resume();
    answer.on('end', () => {
      pending -= 1;
      if (dueAt >= startedAt + WARM_MS) latencies.push(performance.now() - dueAt);
    });
  });
  outgoing.on('error', () => {
    pending -= 1;
    broken += 1;
  });
  outgoing.end(body);
}

const startedAt = performance.now();
const dueAt = (index) => startedAt + (index / rate) * 1_000;
await new Promise((resolve) => {
  const tick = () => {
    const now = performance.now();
    for (; sent < requests && dueAt(sent) <= now; sent += 1) send(prepared[sent], dueAt(sent));
    if (sent === requests) resolve();
    else setTimeout(tick, 1);
  };
  tick();
});
const until = performance.now() + LAST_ANSWERS_MS;
const isWaiting = () => pending > 0 && performance.now() < until;
while (isWaiting()) await new Promise((resolve) => setTimeout(resolve, 10));
agent.destroy();
const sorted = latencies.toSorted((a, b) => a - b);
const [p50Us, p99Us] = [0.5, 0.99].map((p) => Math.round((percentile(sorted, p) ?? NaN) * 1_000));
console.log(`result ${JSON.stringify({ requests: sorted.length, p50Us, p99Us, refused, broken: broken + pending })}`);
