/**
 * What a team with PostgreSQL builds first: fastify with the raw body, the signature, and one INSERT a delivery through
 * a pool; the delivery id is unique. Each INSERT is a commit of its own, synced.
 *
 * @module
 */
import fastify from 'fastify';
import pg from 'pg';
import { isSigned, settings } from './server.mjs';

const pool = new pg.Pool({ connectionString: settings.database, max: settings.pool ?? 10 });
await pool.query(`create table if not exists deliveries (
  id text primary key, type text not null, headers jsonb not null, body bytea not null,
  received_at timestamptz not null default now(), state text not null default 'ready')`);
const INSERT = {
  name: 'insert',
  text: 'insert into deliveries (id, type, headers, body) values ($1, $2, $3, $4) on conflict do nothing',
};

const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.post('/in/github', async (request, reply) => {
  const { headers, body } = request;
  if (!isSigned(body, headers['x-hub-signature-256'])) return reply.code(401).send();
  const id = headers['x-github-delivery'];
  const values = [id, headers['x-github-event'], JSON.stringify({ 'content-type': headers['content-type'] }), body];
  const { rowCount } = await pool.query({ ...INSERT, values });
  return reply.code(rowCount === 1 ? 202 : 200).send({ ok: true });
});
await app.listen({ port: settings.port, host: '127.0.0.1' });
console.log('ready');
