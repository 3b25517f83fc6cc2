import { describe, expect, it } from 'vitest';
import { defineConnector } from '../../src/core/connector.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import type { Principal } from '../../src/core/principal.js';
import type { Environment } from '../../src/core/scope.js';
import { operationNamed, runOperation } from '../../src/operations/index.js';
import { createSetting, type Setting } from '../doors/setting.js';

const CANARY = 'acme_test_canary-0123456789';
const acme = defineConnector({
  apiVersion: 1,
  provider: 'acme',
  title: 'Acme',
  hosts: ['api.acme.example'],
  baseUrl: 'https://api.acme.example',
  envAliases: [
    {
      variable: 'ACME_KEY',
      makes: 'connection',
      credential: 'bearer',
      environmentOf: (key) =>
        /^acme_(test|live)_/.exec(key) ? (key.startsWith('acme_test') ? 'sandbox' : 'live') : undefined,
    },
    { variable: 'ACME_BASIC', makes: 'connection', credential: 'basic' },
  ],
  actions: {},
  classify: () => undefined,
});

const person = localPrincipal('person', 'ada', 'cli');

async function setting(variables: Record<string, string> = {}): Promise<Setting> {
  return await createSetting({ file: { connectors: [acme] }, variables });
}

function caller(given: Setting, who: Principal = person, environment: Environment = 'sandbox', tenant = 'default') {
  return async (name: string, input: object): Promise<Record<string, unknown>> =>
    (await runOperation(
      given.gateway,
      operationNamed(name),
      { scope: { tenant, environment }, principal: who },
      input,
    )) as Record<string, unknown>;
}

const failing = (code: string) => expect.objectContaining({ code }) as Error;

describe('secrets', () => {
  it('are set, listed, replaced and destroyed, and no value comes back or into the audit log', async () => {
    const given = await setting();
    const run = caller(given);
    const secret = { name: 'billing', value: CANARY, purpose: 'api_key', owner: 'ops', dueInDays: 30 };
    expect(await run('secrets.set', secret)).toMatchObject({
      secret: { name: 'billing', version: 1, owner: 'ops', setBy: person.id, overdue: false },
    });
    await expect(run('secrets.set', secret)).rejects.toEqual(failing('conflict'));
    await given.clock.advance(31 * 86_400_000);
    expect(await run('secrets.list', {})).toMatchObject({ secrets: [{ name: 'billing', overdue: true }] });
    const next = { name: 'billing', value: `${CANARY}-2` };
    expect(await run('secrets.rotate', next)).toMatchObject({ secret: { version: 2, overdue: false, owner: 'ops' } });
    const scope = { tenant: 'default', environment: 'sandbox' } as const;
    expect(await given.gateway.secrets.read(scope, 'named', 'billing')).toBe(`${CANARY}-2`);
    await expect(caller(given, person, 'live')('secrets.rotate', next)).rejects.toEqual(failing('not_found'));
    expect(await run('secrets.delete', { name: 'billing' })).toEqual({ deleted: true });
    await expect(run('secrets.rotate', next)).rejects.toEqual(failing('not_found'));
    const { rows } = await given.store.audit.search(scope, {}, { limit: 100 });
    expect(rows.length).toBeGreaterThan(8);
    expect(JSON.stringify([rows, given.lines])).not.toContain('canary');
  });

  it('are nothing for agents', async () => {
    const given = await setting();
    const agent = { ...person, type: 'agent' as const };
    for (const [name, input] of [
      ['secrets.set', { name: 'x', value: CANARY }],
      ['secrets.list', {}],
      ['secrets.rotate', { name: 'x', value: CANARY }],
      ['secrets.delete', { name: 'x' }],
      ['connections.add', { provider: 'acme', secret: CANARY }],
      ['vault.rotate', {}],
    ] as const) {
      await expect(caller(given, agent)(name, input)).rejects.toEqual(failing('policy_denied'));
    }
  });

  it('name no other secret, and only plain names', async () => {
    const run = caller(await setting());
    for (const input of [
      { name: 'x', value: 'vault:y' },
      { name: '../x', value: 'v' },
      { name: 'x', value: '' },
      { name: 'x', value: 'env:' },
    ]) {
      await expect(run('secrets.set', input)).rejects.toEqual(failing('invalid_argument'));
    }
  });
});

describe('connections', () => {
  const add = { provider: 'acme', secret: CANARY };

  it('are added, shown, restricted and ended', async () => {
    const given = await setting();
    const run = caller(given);
    const { connection, note } = (await run('connections.add', { ...add, label: 'main' })) as {
      connection: { id: string };
      note: string;
    };
    expect(note).toContain('cannot ask');
    const { id } = connection;
    expect(await run('connections.get', { id })).toMatchObject({ state: 'connected', label: 'main', only: [] });
    const only = ['channel=C1', 'channel=C2', 'folder=F'];
    await run('connections.restrict', { id, only });
    expect(await run('connections.get', { id })).toMatchObject({ only });
    const book = await given.gateway.connections();
    const scope = { tenant: 'default', environment: 'sandbox' } as const;
    const found = await book.resolve(scope, 'acme', undefined, id);
    expect(found).toMatchObject({ connection: { restrictions: { channel: ['C1', 'C2'], folder: ['F'] } } });
    if (found.kind === 'connection') expect(await book.secret(found.connection)).toBe(CANARY);
    await run('connections.restrict', { id, lift: true });
    expect(await run('connections.get', { id })).toMatchObject({ only: [] });
    expect(await run('connections.disconnect', { id })).toMatchObject({ connection: { state: 'disconnected' } });
    expect(await run('connections.disconnect', { id })).toMatchObject({ connection: { state: 'disconnected' } });
    if (found.kind === 'connection')
      await expect(book.secret(found.connection)).rejects.toEqual(failing('secret_destroyed'));
    expect(await book.resolve(scope, 'acme', undefined, id)).toMatchObject({ kind: 'not_connected' });
    await expect(run('connections.restrict', { id, only })).rejects.toEqual(failing('conflict'));
  });

  it('refuse a key of the other environment, a placeholder, a wrong form, an unknown provider', async () => {
    const given = await setting();
    const run = caller(given);
    const live = caller(given, person, 'live');
    await expect(live('connections.add', add)).rejects.toThrow('it is a key for sandbox, and this is live');
    await expect(run('connections.add', { ...add, secret: 'acme_live_canary' })).rejects.toThrow('a key for live');
    for (const input of [
      { ...add, secret: 'changeme' },
      { ...add, secret: 'a\nb' },
      { ...add, credential: 'basic', secret: 'no-colon' },
      { ...add, credential: 'header' },
      { ...add, provider: 'nobody' },
      { ...add, hosts: ['not a host'] },
    ]) {
      await expect(run('connections.add', input)).rejects.toEqual(failing('invalid_argument'));
    }
    expect(await run('connections.list', {})).toEqual({ connections: [] });
    expect(await run('connections.add', { ...add, credential: 'basic', secret: 'user:password' })).toMatchObject({
      connection: { credential: 'basic' },
    });
  });

  it('of another tenant, environment or person are not found, in the same words', async () => {
    const given = await setting();
    const { connection } = (await caller(given)('connections.add', { ...add, user: 'usr_ada' })) as {
      connection: { id: string };
    };
    const { id } = connection;
    const behalf = (user: string): Principal => ({ ...person, onBehalfOf: { type: 'person', id: user } });
    const strangers = [
      caller(given, person, 'sandbox', 'other'),
      caller(given, person, 'live'),
      caller(given, behalf('usr_bob')),
    ];
    const said = new Set<string>();
    for (const stranger of strangers) {
      for (const name of ['connections.get', 'connections.disconnect', 'connections.test']) {
        await stranger(name, { id }).catch((error: Error) => said.add(error.message));
      }
      expect(await stranger('connections.list', {})).toEqual({ connections: [] });
    }
    await caller(given)('connections.get', { id: 'con_unknown' }).catch((error: Error) =>
      said.add(error.message.replace('con_unknown', id)),
    );
    expect([...said]).toEqual([`No connection "${id}" in this tenant and environment.`]);
    expect(await caller(given, behalf('usr_ada'))('connections.get', { id })).toMatchObject({ id });
  });

  it('answer unnamed calls in a fixed order, and never by guessing', async () => {
    const given = await setting({ ACME_KEY: 'acme_test_of-the-variable' });
    const run = caller(given);
    const scope = { tenant: 'default', environment: 'sandbox' } as const;
    const book = await given.gateway.connections();
    const idFor = async (connectionId?: string, user?: string): Promise<string> => {
      const found = await book.resolve(scope, 'acme', undefined, connectionId, user);
      return found.kind === 'connection' ? found.connection.view.id : found.hint;
    };
    const made = async (more: object): Promise<string> =>
      ((await run('connections.add', { ...add, ...more })) as { connection: { id: string } }).connection.id;
    const { note } = await run('connections.add', add);
    expect(note).toContain('still use env:acme (ACME_KEY)');
    const ofAda = await made({ user: 'usr_ada' });
    expect(await idFor()).toBe('env:acme');
    expect(await idFor(undefined, 'usr_ada')).toBe(ofAda);
    expect(await idFor(undefined, 'usr_bob')).toBe('env:acme');
    expect(await idFor(ofAda, 'usr_bob')).toBe(`There is no connection "${ofAda}".`);
    expect(await idFor('con_unknown')).toBe('There is no connection "con_unknown".');
    await made({ user: 'usr_ada' });
    expect(await idFor(undefined, 'usr_ada')).toMatch(/^There are several; name one of con_/);
    await expect(run('connections.disconnect', { id: 'env:acme' })).rejects.toEqual(failing('conflict'));
  });
});

describe('the vault', () => {
  it('is rotated and says what is under which key', async () => {
    const given = await setting();
    const run = caller(given);
    await run('secrets.set', { name: 'x', value: CANARY });
    expect(await run('vault.status', {})).toMatchObject({ keys: [{ id: 'k1', use: 'current', records: 3 }] });
    expect(await run('vault.rotate', {})).toMatchObject({ keyId: 'k2', moved: 3, retired: ['k1'], ok: true });
    await expect(run('vault.forget', { key: 'k2' })).rejects.toEqual(failing('conflict'));
    expect(await run('vault.forget', { key: 'k1' })).toEqual({ destroyed: 'k1' });
    const scope = { tenant: 'default', environment: 'sandbox' } as const;
    expect(await given.gateway.secrets.read(scope, 'named', 'x')).toBe(CANARY);
  });
});
