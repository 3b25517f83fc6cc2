/**
 * The webhooks that are sent: GitHub deliveries of 2,048 bytes, each with a delivery id and a body of its own, signed
 * under X-Hub-Signature-256. GitHub is the most common sender there is, and not the easiest: its delivery id is not
 * signed, so a receiver that dedupes honestly keeps a hash of the body as well.
 *
 * They are written beforehand as whole HTTP requests of one length into one file, so that a load generator signs
 * nothing while it measures.
 *
 * @module
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

export const SECRET = 'a-webhook-secret-of-the-bench-7f3a91c2';
export const PATH = '/in/github';
export const BODY_BYTES = 2_048;

const BATCH = 512;
/** Ten digits, as all after it: bodies have one length before they are filled up, and requests one length after. */
const FIRST = 1_000_000_000;

/** The shape of an issue event, with one free field that fills the body up to its size. */
function bodyOf(number) {
  const event = {
    action: 'opened',
    issue: {
      id: number,
      node_id: `I_${number}`,
      number,
      title: 'Deliveries arrive twice',
      user: { login: 'octocat', id: 583231, type: 'User', site_admin: false },
      labels: [{ id: 208045946, name: 'bug', color: 'd73a4a', default: true }],
      state: 'open',
      comments: 0,
      created_at: '2026-03-02T09:14:07Z',
      updated_at: '2026-03-02T09:14:07Z',
      body: '',
    },
    repository: { id: 1296269, name: 'hello-world', full_name: 'octo-org/hello-world', private: false },
    organization: { login: 'octo-org', id: 6811672 },
    sender: { login: 'octocat', id: 583231, type: 'User', site_admin: false },
  };
  const missing = BODY_BYTES - Buffer.byteLength(JSON.stringify(event));
  event.issue.body = randomBytes(Math.ceil(missing / 2))
    .toString('hex')
    .slice(0, missing);
  return JSON.stringify(event);
}

/** One delivery: its headers (lower-case names) and its body. */
export function delivery(number) {
  const body = Buffer.from(bodyOf(number));
  const headers = {
    host: '127.0.0.1',
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/5d1e3a7',
    'x-github-delivery': randomUUID(),
    'x-github-event': 'issues',
    'x-github-hook-id': '292430182',
    'x-github-hook-installation-target-id': '1296269',
    'x-github-hook-installation-target-type': 'repository',
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    'content-length': String(body.byteLength),
  };
  return { headers, body };
}

function requestOf(number) {
  const { headers, body } = delivery(number);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${PATH} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

/**
 * Writes `count` requests to `file`, numbered from `first` on.
 *
 * @returns {number} the bytes of each.
 */
export function writeDeliveries(file, count, first = FIRST) {
  const fd = openSync(file, 'w', 0o600);
  const { byteLength } = requestOf(first);
  for (let done = 0; done < count; done += BATCH) {
    const requests = Array.from({ length: Math.min(BATCH, count - done) }, (_, at) => requestOf(first + done + at));
    if (requests.some((request) => request.byteLength !== byteLength)) throw new Error('the requests differ in length');
    writeSync(fd, Buffer.concat(requests));
  }
  closeSync(fd);
  return byteLength;
}
