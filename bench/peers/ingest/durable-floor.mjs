/**
 * The least a receiver can do that keeps its word: checks the signature, appends the body to a file, and answers when
 * the file is synced, one fdatasync for all that arrived during the last one. No dedupe, no queue, no index.
 *
 * @module
 */
import { fdatasync, openSync, write } from 'node:fs';
import { join } from 'node:path';
import { isSigned, serve, settings } from './server.mjs';

const fd = openSync(join(settings.dir, 'events.log'), 'a');
let waiting = [];
let syncing = false;

function sync() {
  if (waiting.length === 0) {
    syncing = false;
    return;
  }
  const group = waiting;
  waiting = [];
  const bytes = Buffer.concat(group.flatMap(({ head, body }) => [head, body]));
  const settle = (error) => {
    for (const { answer } of group) answer(error ? 500 : 202);
    sync();
  };
  write(fd, bytes, 0, bytes.length, null, (error) => (error ? settle(error) : fdatasync(fd, settle)));
}

function headOf(id, body) {
  const head = Buffer.allocUnsafe(8 + id.length);
  head.writeUInt32LE(id.length, 0);
  head.writeUInt32LE(body.length, 4);
  head.write(id, 8, 'latin1');
  return head;
}

serve((request, body, answer) => {
  if (!isSigned(body, request.headers['x-hub-signature-256'])) return answer(401);
  waiting.push({ head: headOf(request.headers['x-github-delivery'] ?? '', body), body, answer });
  if (!syncing) {
    syncing = true;
    setImmediate(sync);
  }
});
