import { createServer, request, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.js';
import { localPrincipal } from '../../core/local-identity.js';
import { privateDoor, publicDoor, type FrontParts } from './front.js';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function ask(listener: RequestListener, path: string, headers: Record<string, string> = {}) {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return await new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const outgoing = request({ port, path, headers: { host: 'localhost', ...headers }, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    outgoing.on('error', reject).end();
  });
}

const KNOWN = { authorization: 'Bearer known' };

function parts(changes: Partial<FrontParts> = {}): FrontParts & { loads: number } {
  const made: FrontParts & { loads: number } = {
    loads: 0,
    intake: (incoming, response, next) => {
      if (incoming.url === '/in/source') response.writeHead(202).end('taken');
      else if (next === undefined) response.writeHead(404).end('no source');
      else next();
    },
    hostNames: () => new Set(['localhost']),
    accepting: () => true,
    readiness: () => ({ ready: true, detail: async () => ({ secretDetail: 1 }) }),
    identify: (authorization) => {
      if (authorization !== KNOWN.authorization) throw new AppError('unauthenticated', { problem: 'no' });
      return { tenant: 'default', principal: localPrincipal('person', 'local', 'rest') };
    },
    loadRest: async () => {
      made.loads += 1;
      return (_incoming, response) => void response.end('rest');
    },
    log: () => {},
    ...changes,
  };
  return made;
}

describe('the private listener', () => {
  it('gives webhooks to the intake, whatever name they came by, and loads nothing for them', async () => {
    const front = parts();
    expect(await ask(privateDoor(front), '/in/source', { host: 'tunnel.example' })).toMatchObject({ text: 'taken' });
    expect(front.loads).toBe(0);
  });

  it('gives the rest to REST, which is loaded once, when it is asked for', async () => {
    const front = parts();
    const door = privateDoor(front);
    const answers = await Promise.all(['/v1/a', '/v1/b', '/v1/c'].map((path) => ask(door, path)));
    expect([answers.map(({ text }) => text), front.loads]).toEqual([['rest', 'rest', 'rest'], 1]);
  });

  it('tries to load again after a failure, and says meanwhile that something is wrong', async () => {
    let fails = true;
    const door = privateDoor(
      parts({
        loadRest: async () => {
          if (fails) throw new AppError('io_failure', { problem: 'EMFILE' });
          return (_incoming, response) => void response.end('rest');
        },
      }),
    );
    expect((await ask(door, '/v1/a')).status).toBe(500);
    fails = false;
    expect((await ask(door, '/v1/a')).text).toBe('rest');
  });

  it('answers no name that is not its own', async () => {
    const { status, text } = await ask(privateDoor(parts()), '/v1/sources', { host: 'evil.example' });
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([403, 'untrusted_origin']);
  });

  it('says whether it lives and is ready, and more only to who is known', async () => {
    const door = privateDoor(parts());
    expect(await ask(door, '/livez')).toMatchObject({ status: 200, text: '{"live":true}' });
    expect(await ask(door, '/readyz')).toMatchObject({ status: 200, text: '{"ready":true}' });
    expect((await ask(door, '/readyz', KNOWN)).text).toBe('{"ready":true,"secretDetail":1}');
    const notReady = privateDoor(parts({ readiness: () => ({ ready: false, detail: async () => ({}) }) }));
    expect(await ask(notReady, '/readyz')).toMatchObject({ status: 503, text: '{"ready":false}' });
    const broken = privateDoor(
      parts({ readiness: () => ({ ready: true, detail: () => Promise.reject(new TypeError('x')) }) }),
    );
    expect((await ask(broken, '/readyz', KNOWN)).status).toBe(503);
  });

  it('sends requests away unbegun while it shuts down', async () => {
    const front = parts({ accepting: () => false });
    const { status, headers } = await ask(privateDoor(front), '/v1/sources', KNOWN);
    expect([status, headers['fairlead-not-run'], headers['connection'], front.loads]).toEqual([
      503,
      'leaving',
      'close',
      0,
    ]);
    expect((await ask(privateDoor(front), '/livez')).status).toBe(200);
  });
});

describe('the public listener', () => {
  it.each(['/v1/sources', '/livez', '/readyz', '/openapi.json', '/docs/errors', '/'])('has no %s', async (path) => {
    expect(await ask(publicDoor(parts().intake!), path, KNOWN)).toMatchObject({ status: 404, text: 'no source' });
  });

  it('takes webhooks', async () => {
    expect((await ask(publicDoor(parts().intake!), '/in/source')).status).toBe(202);
  });
});
