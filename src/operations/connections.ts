/** Operations on connections: authorised accounts at providers, their limits, and their end. @module */
import { z } from 'zod';
import {
  checkCredential,
  formOf,
  parseFacts,
  type ConnectionFacts,
  type DeclaredConnection,
  type KnownAccount,
} from '../auth/index.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { parseHostEntry } from '../core/host-list.js';
import type { CallContext } from '../core/operation.js';
import { CONNECTION_STATES, type ConnectionRow } from '../core/stored-connection.js';
import { endAtProvider } from './end-at-provider.js';
import { askIdentity, describeAccount } from './identity.js';
import { cursor, iso, limit, present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

const SECRET_CHARACTERS_MAX = 20_000;
const CREDENTIALS = ['bearer', 'basic', 'header', 'secret_url'] as const;
const TARGET = /^([a-z][a-z_-]{0,39})=(\S.{0,299})$/;

const shown = z.object({
  id: z.string(),
  provider: z.string(),
  environment: z.string(),
  state: z.enum(CONNECTION_STATES),
  credential: z.string(),
  user: z.string().optional(),
  label: z.string().optional(),
  account: z.string().optional(),
  only: z.array(z.string()),
  hosts: z.array(z.string()),
  reference: z.string().optional(),
  createdAt: z.string().optional(),
  createdBy: z.string().optional(),
  checkedAt: z.string().optional(),
  readonly: z.boolean(),
});
type Shown = z.input<typeof shown>;

function show(row: ConnectionRow): Shown {
  const facts = parseFacts(row.facts);
  return {
    id: row.id,
    provider: row.provider,
    environment: row.environment,
    state: row.state,
    credential: facts.credential,
    only: Object.entries(facts.restrictions ?? {}).flatMap(([type, ids]) => ids.map((id) => `${type}=${id}`)),
    hosts: facts.hosts ?? [],
    createdAt: iso(row.createdAtMs),
    createdBy: row.createdBy,
    readonly: false,
    ...present({
      user: row.user,
      label: facts.label,
      account: facts.account === undefined ? undefined : describeAccount(facts.account),
      reference: facts.reference,
      checkedAt: facts.checkedAtMs === undefined ? undefined : iso(facts.checkedAtMs),
    }),
  };
}

/** What a variable of the environment declares: the variable is where to change it. */
function showDeclared({ id, provider, environment, credentials }: DeclaredConnection): Shown {
  return {
    id,
    provider,
    environment,
    state: 'connected',
    credential: credentials.map(({ credential }) => credential).join(', '),
    reference: credentials.map(({ variable }) => `env:${variable}`).join(', '),
    only: [],
    hosts: [],
    readonly: true,
  };
}

const userOf = ({ principal }: CallContext): string | undefined => principal.onBehalfOf?.id;

async function declaredOf(gateway: Gateway, { scope }: CallContext): Promise<DeclaredConnection[]> {
  const { environment } = await gateway.connections();
  return environment.list(scope);
}

async function connectorOf(gateway: Gateway, provider: string): Promise<ConnectorDefinition> {
  const connectors = await gateway.connectors();
  const found = connectors.find((connector) => connector.provider === provider);
  if (found !== undefined) return found;
  const known = connectors.map((connector) => connector.provider).join(', ');
  const problem = `nobody knows "${provider.slice(0, 100)}"; there are ${known}`;
  throw new AppError('invalid_argument', { argument: 'provider', problem });
}

function refuseDeclared(id: string): void {
  if (!id.startsWith('env:')) return;
  const problem = 'it is declared by a variable of the environment; change or unset the variable and restart';
  throw new AppError('conflict', { what: `connection ${id.slice(0, 100)}`, problem });
}

const add = operation({
  name: 'connections.add',
  summary: 'Connects an account at a provider with a key that it gave you',
  input: z.strictObject({
    provider: z.string().describe('whose account, e.g. slack'),
    secret: z
      .string()
      .min(1)
      .max(SECRET_CHARACTERS_MAX)
      .describe('the key, KEY:SECRET or USER:PASSWORD, or a reference: env:NAME, file:PATH, exec:COMMAND, vault:NAME'),
    credential: z.enum(CREDENTIALS).optional().describe("how it is sent; default the provider's own way"),
    user: z.string().min(1).max(200).optional().describe('the person it belongs to; default everybody of the tenant'),
    label: z.string().min(1).max(100).optional().describe('what you call it'),
    hosts: z.array(z.string().max(300)).max(20).optional().describe('further hosts it may be sent to'),
    check: z.boolean().default(true).describe('ask the provider whose account it is'),
  }),
  output: z.object({ connection: shown, note: z.string() }),
  effect: 'create',
  scope: 'admin',
  errors: ['invalid_argument', 'secret_unavailable', 'vault_sealed', 'provider_auth'],
  audit: { target: (input) => ({ type: 'provider', id: input.provider }) },
  http: { method: 'POST', path: '/v1/connections' },
  cli: {
    words: 'connection add',
    positional: ['provider'],
    secretInput: 'secret',
    examples: [
      'fairlead connection add slack --secret-file token.txt',
      'fairlead connection add stripe --secret env:STRIPE_KEY --label billing',
    ],
  },
  async run(gateway, context, input) {
    const { scope } = context;
    const connector = await connectorOf(gateway, input.provider);
    const form = formOf(connector, input.credential);
    const { credential = 'bearer', header } = form;
    const wrong = input.hosts?.find((host) => parseHostEntry(host) === undefined);
    if (wrong !== undefined) {
      throw new AppError('invalid_argument', { argument: 'hosts', problem: `"${wrong.slice(0, 100)}" is no host` });
    }
    const secret = await gateway.secrets.follow(scope, input.secret);
    checkCredential(connector, credential, secret, scope.environment);
    const facts: ConnectionFacts = { credential, ...present({ header, label: input.label, hosts: input.hosts }) };
    const { stored } = await gateway.connections();
    const row = await stored.add(scope, {
      provider: input.provider,
      secret: input.secret,
      facts,
      createdBy: context.principal.id,
      ...present({ user: input.user }),
    });
    const checked = input.check ? await checkNew(gateway, context, connector, row) : 'It was not checked.';
    const shadow = await shadowNote(gateway, context, row);
    return { connection: show(await stored.row(scope, row.id, undefined)), note: `${checked}${shadow}` };
  },
});

/** A key that the provider refuses, or one of another environment, is not kept. */
async function checkNew(
  gateway: Gateway,
  context: CallContext,
  connector: ConnectorDefinition,
  row: ConnectionRow,
): Promise<string> {
  const { stored } = await gateway.connections();
  const drop = (): Promise<unknown> => stored.disconnect(context.scope, row.id, undefined);
  const asked = await askIdentity(gateway, context, connector, row.id, {}, row.user);
  if (asked.kind === 'cannot') return 'It was stored; this connector cannot ask whose account it is.';
  if (asked.kind === 'failed') {
    if (asked.error.code !== 'provider_auth') return `It was stored, and not checked: ${asked.error.detail}`;
    await drop();
    throw new AppError('provider_auth', { provider: connector.title, problem: asked.error.detail });
  }
  const { identity } = asked;
  if (identity.environment !== undefined && identity.environment !== context.scope.environment) {
    await drop();
    const problem = `it is a key for ${identity.environment}, and this is ${context.scope.environment}`;
    throw new AppError('invalid_argument', { argument: 'secret', problem });
  }
  await remember(gateway, context, row.id, identity);
  return `It is ${describeAccount(identity)}.`;
}

async function remember(gateway: Gateway, context: CallContext, id: string, account: KnownAccount): Promise<void> {
  const { accountId, account: name, actor, url } = account;
  const known: KnownAccount = { accountId, account: name, ...present({ actor, url }) };
  const { stored } = await gateway.connections();
  const checkedAtMs = gateway.clock.nowMs();
  await stored.change(
    context.scope,
    id,
    undefined,
    (facts) => ({ ...facts, account: known, checkedAtMs }),
    'connected',
  );
}

/** What answers calls that name no connection is said, since it is not always the newest. */
async function shadowNote(gateway: Gateway, context: CallContext, row: ConnectionRow): Promise<string> {
  if (row.user !== undefined) return '';
  const declared = (await declaredOf(gateway, context)).find(({ provider }) => provider === row.provider);
  if (declared === undefined) return '';
  const variables = declared.credentials.map(({ variable }) => variable).join(', ');
  return ` Calls that name no connection still use ${declared.id} (${variables}); name ${row.id} to use this one.`;
}

/** What was granted for a moment, until it was known whose account it is, was never a connection. */
function isListed(row: ConnectionRow, user: string | undefined): boolean {
  if (row.state === 'disconnected' && parseFacts(row.facts).unsettledUntilMs !== undefined) return false;
  return user === undefined || row.user === undefined || row.user === user;
}

const list = operation({
  name: 'connections.list',
  summary: 'Lists the connections, those of the environment among them',
  input: z.strictObject({ provider: z.string().optional(), user: z.string().optional(), limit, cursor }),
  output: z.object({ connections: z.array(shown), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: { target: () => ({ type: 'connection', id: '*' }) },
  http: { method: 'GET', path: '/v1/connections' },
  cli: {
    words: 'connection list',
    table: {
      rows: 'connections',
      columns: ['id', 'provider', 'state', 'account', 'label', 'user', 'only', 'readonly'],
    },
  },
  async run(gateway, context, input) {
    const { stored } = await gateway.connections();
    const filter = present({ provider: input.provider, user: input.user });
    const page = { limit: input.limit, ...present({ cursor: input.cursor }) };
    const found = await stored.list(context.scope, filter, page);
    const user = userOf(context);
    const mine = found.rows.filter((row) => isListed(row, user));
    const isFirst = input.cursor === undefined && input.user === undefined;
    const declared = isFirst ? await declaredOf(gateway, context) : [];
    const fitting = declared.filter(({ provider }) => input.provider === undefined || provider === input.provider);
    return { connections: [...fitting.map(showDeclared), ...mine.map(show)], ...present({ cursor: found.cursor }) };
  },
});

const get = operation({
  name: 'connections.get',
  summary: 'Shows one connection, without its secret',
  input: z.strictObject({ id: z.string().max(200) }),
  output: shown,
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: (input) => ({ type: 'connection', id: input.id }) },
  http: { method: 'GET', path: '/v1/connections/{id}' },
  cli: { words: 'connection show', positional: ['id'] },
  async run(gateway, context, input) {
    const declared = (await declaredOf(gateway, context)).find(({ id }) => id === input.id);
    if (declared !== undefined) return showDeclared(declared);
    const { stored } = await gateway.connections();
    return show(await stored.row(context.scope, input.id, userOf(context)));
  },
});

const test = operation({
  name: 'connections.test',
  summary: 'Asks the provider whose account a connection is, and in whose name it acts',
  input: z.strictObject({ id: z.string().max(200) }),
  output: z.object({ ok: z.boolean(), says: z.string(), account: z.string().optional() }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found', 'conflict'],
  audit: { target: (input) => ({ type: 'connection', id: input.id }) },
  http: { method: 'POST', path: '/v1/connections/{id}/test' },
  cli: { words: 'connection test', positional: ['id'] },
  async run(gateway, context, input) {
    const declared = (await declaredOf(gateway, context)).find(({ id }) => id === input.id);
    const { stored } = await gateway.connections();
    const row = declared === undefined ? await stored.row(context.scope, input.id, userOf(context)) : undefined;
    const connector = await connectorOf(gateway, (declared ?? row!).provider);
    const restrictions = row === undefined ? {} : (parseFacts(row.facts).restrictions ?? {});
    const asked = await askIdentity(gateway, context, connector, input.id, restrictions, row?.user);
    if (asked.kind === 'cannot') {
      const problem = `${connector.title} has no request that would tell`;
      throw new AppError('conflict', { what: `connection ${input.id}`, problem });
    }
    if (asked.kind === 'failed') return { ok: false, says: asked.error.detail };
    if (row !== undefined) await remember(gateway, context, input.id, asked.identity);
    const says = describeAccount(asked.identity);
    return { ok: true, says, account: asked.identity.accountId };
  },
});

const restrict = operation({
  name: 'connections.restrict',
  summary: 'Lets a connection touch only what is listed, or everything again',
  input: z.strictObject({
    id: z.string().max(200),
    only: z
      .array(z.string().regex(TARGET, 'write TYPE=ID, e.g. channel=C024BE91L'))
      .max(500)
      .optional()
      .describe('TYPE=ID, e.g. channel=C024BE91L, folder=1AbC, repository=acme/app'),
    lift: z.boolean().optional().describe('take all restrictions away'),
  }),
  output: z.object({ connection: shown }),
  effect: 'update',
  scope: 'admin',
  errors: ['not_found', 'conflict', 'invalid_argument'],
  audit: { target: (input) => ({ type: 'connection', id: input.id }) },
  http: { method: 'POST', path: '/v1/connections/{id}/restrict' },
  cli: {
    words: 'connection restrict',
    positional: ['id'],
    examples: ['fairlead connection restrict con_01... --only channel=C024BE91L --only channel=#releases'],
  },
  async run(gateway, context, { id, only = [], lift = false }) {
    refuseDeclared(id);
    if (lift === only.length > 0) {
      const problem = 'name what it may touch, or lift all restrictions; one of the two';
      throw new AppError('invalid_argument', { argument: 'only', problem });
    }
    const restrictions: Record<string, string[]> = {};
    for (const target of only) {
      const [, type, targetId] = TARGET.exec(target) as unknown as [string, string, string];
      restrictions[type] = [...(restrictions[type] ?? []), targetId];
    }
    const { stored } = await gateway.connections();
    const row = await stored.change(context.scope, id, userOf(context), ({ restrictions: _before, ...facts }) =>
      lift ? facts : { ...facts, restrictions },
    );
    return { connection: show(row) };
  },
});

const disconnect = operation({
  name: 'connections.disconnect',
  summary: 'Ends a connection and destroys its secret, so that no copy of it opens any more',
  input: z.strictObject({ id: z.string().max(200) }),
  output: z.object({ connection: shown, note: z.string() }),
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found', 'conflict'],
  audit: { target: (input) => ({ type: 'connection', id: input.id }) },
  http: { method: 'DELETE', path: '/v1/connections/{id}' },
  cli: { words: 'connection disconnect', positional: ['id'] },
  async run(gateway, context, { id }) {
    refuseDeclared(id);
    const { stored } = await gateway.connections();
    const before = await stored.row(context.scope, id, userOf(context));
    const { note } = await endAtProvider(gateway, context, before);
    const row = await stored.disconnect(context.scope, id, userOf(context));
    return { connection: show(row), note: `Its secret is destroyed here. ${note}` };
  },
});

export const CONNECTION_OPERATIONS = [add, list, get, test, restrict, disconnect];
