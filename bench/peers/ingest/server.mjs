/**
 * What the small peers have in common: a node:http server that reads the body, and the check of GitHub's signature.
 * Settings come as JSON in the first argument: `{port, secret, dir, redisPort}`.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

export const settings = JSON.parse(process.argv[2]);

export function isSigned(body, header) {
  if (typeof header !== 'string' || !header.startsWith('sha256=')) return false;
  const given = Buffer.from(header.slice(7), 'hex');
  const expected = createHmac('sha256', settings.secret).update(body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** @param {(request, body: Buffer, answer: (status: number) => void) => void} receive */
export function serve(receive) {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      receive(request, body, (status) => {
        response.writeHead(status, { 'content-length': 0 });
        response.end();
      });
    });
  });
  server.listen(settings.port, '127.0.0.1', () => console.log('ready'));
}
