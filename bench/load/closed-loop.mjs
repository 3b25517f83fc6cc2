/**
 * The load generator where wrk is not installed: the same requests over the same number of connections, each sending
 * its next one when the last is answered. It takes more CPU than wrk, so designs look closer together than they are.
 *
 *     node closed-loop.mjs '{"port":1,"connections":64,"seconds":3,"file":"f","length":2500,"from":0}'
 *
 * @module
 */
import { openSync, fstatSync, readSync } from 'node:fs';
import { connect } from 'node:net';
import { percentile } from '../measure/figures.mjs';

const { port, connections, seconds, file, length, from, once = false } = JSON.parse(process.argv[2]);
const fd = openSync(file, 'r');
const total = Math.floor(fstatSync(fd).size / length);
const startedAt = performance.now();
const endsAt = startedAt + seconds * 1_000;
const latencies = [];
let [next, refused, broken] = [from, 0, 0];

function nextRequest() {
  if (next === total) next = from;
  const bytes = Buffer.allocUnsafe(length);
  readSync(fd, bytes, 0, length, next * length);
  next += 1;
  return bytes;
}

/** Bytes of the first whole answer in `text`, or 0. */
function answerLength(text) {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return 0;
  const size = Number(/content-length: *(\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0);
  return text.length >= headEnd + 4 + size ? headEnd + 4 + size : 0;
}

function open() {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let [text, sentAt] = ['', 0];
    const send = () => {
      sentAt = performance.now();
      if (sentAt >= endsAt || (once && next === total)) return socket.destroy();
      socket.write(nextRequest());
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      text += chunk.latin1Slice();
      const end = answerLength(text);
      if (end === 0) return;
      latencies.push(performance.now() - sentAt);
      if (text[9] !== '2') refused += 1;
      text = text.slice(end);
      send();
    });
    socket.on('error', () => (broken += 1));
    socket.on('close', resolve);
  });
}

await Promise.all(Array.from({ length: connections }, open));
const us = Math.round((performance.now() - startedAt) * 1_000);
const sorted = latencies.toSorted((a, b) => a - b);
const [p50Us, p99Us] = [0.5, 0.99].map((p) => Math.round((percentile(sorted, p) ?? NaN) * 1_000));
console.log(`result ${JSON.stringify({ requests: latencies.length, us, p50Us, p99Us, refused, broken })}`);
