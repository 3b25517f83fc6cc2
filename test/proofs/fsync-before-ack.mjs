/**
 * fsync-before-ack: the server runs under strace, and every 202 it writes to a socket must be preceded by a sync of the
 * write-ahead log that began after the request had been read from that socket and was complete before the answer.
 *
 * One half of the deliveries comes one by one, so that no sync of a neighbour can cover for a missing one; the other
 * half comes over many connections, so that groups form.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, freePort, githubDelivery, isFull, readyMs, send, startServer, workspace } from './harness.mjs';

const ANSWERS = isFull ? 2_000 : 400;
const SENDERS = 16;

if (spawnSync('strace', ['-V']).status !== 0) {
  console.log('strace is not installed');
  process.exit(77);
}

const dir = workspace('fsync');
const port = await freePort();
const trace = join(dir, 'trace.txt');
const server = startServer(dir, port, {
  prefix: [
    'strace',
    '-f',
    '-ttt',
    '-y',
    '-s',
    '16',
    '-e',
    'trace=fdatasync,fsync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg',
    '-o',
    trace,
  ],
});
if ((await readyMs(server.url, 60_000)) === undefined) conclude([[false, `never ready\n${server.output.text}`]]);

let sent = 0;
let accepted = 0;
async function sender(limit) {
  while (sent < limit) {
    sent += 1;
    const { status } = await send(`${server.url}/in/github`, { ...githubDelivery(), timeoutMs: 60_000 });
    if (status === 202) accepted += 1;
  }
}
await sender(ANSWERS / 2);
await Promise.all(Array.from({ length: SENDERS }, () => sender(ANSWERS)));
// The server, not strace: with -o, strace lets no signal end it before what it traces.
const { pid } = server.child;
process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]), 'SIGTERM');
await server.exited;

/** What strace split into `<unfinished ...>` and `resumed` begins with the first and ends with the second. */
const begun = new Map();
/** When the request on a socket was read. */
const readAt = new Map();
const syncs = [];
let answers = 0;
const uncovered = [];

function visit(atMs, call, rest, endMs) {
  const descriptor = /^\d+<[^>]*>/.exec(rest)?.[0] ?? '';
  if (/^f(data)?sync$/.test(call)) {
    if (rest.includes('-wal') && rest.endsWith(' = 0')) syncs.push({ beganMs: atMs, doneMs: endMs });
  } else if (/^(read|recvfrom|recvmsg)$/.test(call)) {
    if (rest.includes('POST /in')) readAt.set(descriptor, atMs);
  } else if (rest.includes('HTTP/1.1 202')) {
    answers += 1;
    const requestMs = readAt.get(descriptor) ?? -Infinity;
    const isCovered = syncs.findLast((sync) => sync.doneMs <= atMs && sync.beganMs >= requestMs) !== undefined;
    if (!isCovered || requestMs === -Infinity) uncovered.push(atMs);
  }
}

for (const line of readFileSync(trace, 'utf8').split('\n')) {
  const match = /^(\d+)\s+(\d+\.\d+)\s+(?:<\.\.\. (\w+) resumed>(.*)|(\w+)\((.*))$/.exec(line);
  if (match === null) continue;
  const [, pid, time, resumed, end, called, rest] = match;
  const atMs = Number(time) * 1_000;
  if (called !== undefined && rest.includes('<unfinished')) begun.set(`${pid} ${called}`, { atMs, rest });
  else if (called !== undefined) visit(atMs, called, rest, atMs);
  else {
    const first = begun.get(`${pid} ${resumed}`);
    if (first !== undefined) visit(first.atMs, resumed, first.rest + end, atMs);
  }
}
conclude([
  [accepted === ANSWERS, `${accepted} of ${ANSWERS} deliveries were acknowledged`],
  [answers === accepted, `${answers} answers with status 202 in the trace`],
  [syncs.length >= ANSWERS / 2, `${syncs.length} syncs of the log`],
  [uncovered.length === 0, `${uncovered.length} answers without a completed sync before them`],
]);
