/** Operations on connecting accounts by OAuth: links, flows at a terminal, scopes, grants without a person. @module */
import { z } from 'zod';
import {
  credentialOf,
  hasAuth,
  missingScopes,
  newToken,
  parseFacts,
  parseProblem,
  readPrivateKey,
  wantedScopes,
  type ConnectLink,
  type Grant,
} from '../auth/index.js';
import { AppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import { beginConnect, connectError, finishConnect } from './connecting.js';
import { iso, present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

const MINUTE_MS = 60_000;
const LINK_MINUTES_MAX = 7 * 24 * 60;

const asked = {
  provider: z.string().max(100).describe('whose account, e.g. slack'),
  scope: z.array(z.string().max(300)).max(100).optional().describe("a scope to ask for, in the provider's words"),
  action: z
    .array(z.string().max(200))
    .max(100)
    .optional()
    .describe('an action it shall be good for; default: all that only read'),
  user: z.string().min(1).max(200).optional().describe('the person it will belong to; default everybody of the tenant'),
  label: z.string().min(1).max(100).optional().describe('what you call it'),
  reconnect: z.string().max(200).optional().describe('the connection to connect again'),
};
type Asked = z.output<z.ZodObject<typeof asked>>;

/** What a link says. A connection that is connected again keeps asking for what it asked for, and for what is named. */
async function linkOf(gateway: Gateway, { scope, principal }: CallContext, given: Asked): Promise<ConnectLink> {
  const { flow } = await gateway.connecting();
  const connector = flow.connector(given.provider);
  const named = present({ scopes: given.scope, actions: given.action });
  const base = { scope, createdBy: principal.id, ...present({ user: given.user, label: given.label }) };
  if (given.reconnect === undefined) return { ...base, wanted: wantedScopes(connector, named) };
  const { stored } = await gateway.connections();
  const row = await stored.row(scope, given.reconnect, principal.onBehalfOf?.id);
  const { grant, wanted: before = [] } = parseFacts(row.facts);
  const refuse = (problem: string): never => {
    throw new AppError('conflict', { what: `connection ${row.id}`, problem });
  };
  if (row.provider !== connector.provider) refuse(`it is one of ${row.provider}`);
  if (row.state === 'disconnected') refuse('it was disconnected; connect a new one');
  if (grant !== 'authorization_code') refuse('it was not made by a person who gave access');
  const more = given.scope === undefined && given.action === undefined ? [] : wantedScopes(connector, named);
  const user = row.user === undefined ? {} : { user: row.user };
  return { ...base, ...user, wanted: [...new Set([...before, ...more])], connectionId: row.id };
}

const connect = operation({
  name: 'connections.connect',
  summary: 'Makes a link by which a person connects an account in a browser',
  input: z.strictObject({
    ...asked,
    minutes: z.coerce.number().int().min(1).max(LINK_MINUTES_MAX).default(60).describe('how long the link is good'),
  }),
  output: z.object({ url: z.string(), expiresAt: z.string(), scopes: z.array(z.string()) }),
  effect: 'create',
  scope: 'admin',
  errors: ['invalid_argument', 'config_invalid', 'not_found', 'conflict'],
  audit: { target: (input) => ({ type: 'provider', id: input.provider }) },
  http: { method: 'POST', path: '/v1/connect-links' },
  cli: {
    words: 'connection link',
    positional: ['provider'],
    examples: ['fairlead connection link slack --user ada', 'fairlead connection link google --action google.readRows'],
  },
  async run(gateway, context, input) {
    const { links, flow, apps } = await gateway.connecting();
    const link = await linkOf(gateway, context, input);
    // A link that leads to nothing is not given out.
    await apps.of(context.scope, flow.connector(input.provider));
    const ttlMs = input.minutes * MINUTE_MS;
    const url = `${gateway.address()}/connect/${input.provider}?link=${links.make(input.provider, link, ttlMs)}`;
    return { url, expiresAt: iso(gateway.clock.nowMs() + ttlMs), scopes: [...link.wanted] };
  },
});

const authorize = operation({
  name: 'connections.authorize',
  summary: 'Begins to connect an account at a terminal: where to go, and what to show again when the code is pasted',
  input: z.strictObject(asked),
  output: z.object({ authorizationUrl: z.string(), binding: z.string(), scopes: z.array(z.string()) }),
  effect: 'create',
  scope: 'admin',
  errors: ['invalid_argument', 'config_invalid', 'not_found', 'conflict'],
  audit: { target: (input) => ({ type: 'provider', id: input.provider }) },
  http: { method: 'POST', path: '/v1/connect-flows' },
  cli: { words: 'connection authorize', positional: ['provider'] },
  async run(gateway, context, input) {
    const link = await linkOf(gateway, context, input);
    const { authorizationUrl, binding } = await beginConnect(gateway, input.provider, link, 'paste');
    return { authorizationUrl, binding, scopes: [...link.wanted] };
  },
});

const complete = operation({
  name: 'connections.complete',
  summary: 'Completes what was begun at a terminal, with the address that the browser was sent to',
  input: z.strictObject({
    provider: z.string().max(100),
    answer: z
      .string()
      .min(1)
      .max(8_000)
      .describe('the whole address that the browser was sent to, with code and state'),
    binding: z.string().min(1).max(100).describe('the binding that came with the address to go to'),
  }),
  output: z.object({ id: z.string(), account: z.string().optional(), missing: z.array(z.string()) }),
  effect: 'create',
  scope: 'admin',
  errors: ['invalid_argument', 'connect_failed'],
  audit: { target: (input) => ({ type: 'provider', id: input.provider }) },
  http: { method: 'POST', path: '/v1/connect-flows/complete' },
  cli: { words: 'connection complete', positional: ['provider'], secretInput: 'answer' },
  async run(gateway, _context, { provider, answer, binding }) {
    const parameters = URL.canParse(answer)
      ? new URL(answer).searchParams
      : new URLSearchParams(answer.replace(/^\?/, ''));
    const ended = await finishConnect(gateway, provider, parameters, binding, true);
    const { flow } = await gateway.connecting();
    if (ended.kind === 'failed') throw connectError(flow.connector(provider).title, ended);
    return { id: ended.row.id, missing: [...ended.missing], ...present({ account: ended.account }) };
  },
});

const scopes = operation({
  name: 'connections.scopes',
  summary: 'Shows which scopes a connection asked for, which it was granted, what is missing, and when its access ends',
  input: z.strictObject({
    id: z.string().max(200),
    action: z.array(z.string().max(200)).max(100).optional().describe('compare with what these actions need'),
  }),
  output: z.object({
    id: z.string(),
    grant: z.string().optional(),
    wanted: z.array(z.string()),
    granted: z.array(z.string()),
    missing: z.array(z.string()),
    renews: z.string(),
    accessEndsAt: z.string().optional(),
    problem: z.string().optional(),
    widen: z.string().optional(),
  }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found', 'invalid_argument'],
  audit: { target: (input) => ({ type: 'connection', id: input.id }) },
  http: { method: 'GET', path: '/v1/connections/{id}/scopes' },
  cli: { words: 'connection scopes', positional: ['id'], examples: ['fairlead connection scopes con_01...'] },
  async run(gateway, { scope, principal }, { id, action }) {
    const { stored } = await gateway.connections();
    const row = await stored.row(scope, id, principal.onBehalfOf?.id);
    const connector = (await gateway.connectors()).find(({ provider }) => provider === row.provider);
    const none = { id, wanted: [], granted: [], missing: [] };
    if (connector === undefined || !hasAuth(connector)) return { ...none, renews: 'not by OAuth' };
    const { connections } = await gateway.connecting();
    const status = await connections.status(scope, row, connector);
    if (status === undefined) return { ...none, renews: 'not by OAuth' };
    const wanted = action === undefined ? [...status.wanted] : wantedScopes(connector, { actions: action });
    const granted = [...(status.granted ?? [])];
    const missing = status.granted === undefined ? [] : missingScopes(connector.auth.scopes, granted, wanted);
    const ends = status.expiresAtMs === undefined ? undefined : iso(status.expiresAtMs);
    return {
      id,
      grant: status.grant,
      wanted,
      granted,
      missing,
      renews: renewsIn(row.state, status),
      ...present({
        accessEndsAt: ends,
        problem: parseProblem(status.renewal?.problem)?.says,
        widen: missing.length === 0 ? undefined : widening(row.provider, id, missing),
      }),
    };
  },
});

function renewsIn(state: string, { renewable, expiresAtMs }: { renewable: boolean; expiresAtMs?: number }): string {
  if (state === 'needs_reconnect') return 'no: it has to be connected again';
  if (expiresAtMs === undefined) return 'it does not end';
  return renewable ? 'by itself' : `no: it ends at ${iso(expiresAtMs)} and cannot be renewed`;
}

function widening(provider: string, id: string, missing: readonly string[]): string {
  return `fairlead connection connect ${provider} --reconnect ${id} ${missing.map((scope) => `--scope ${scope}`).join(' ')}`;
}

const machine = operation({
  name: 'connections.machine',
  summary: 'Connects without a person: client credentials, an installation of an app, or a service account',
  input: z.strictObject({
    provider: z.string().max(100),
    grant: z.enum(['client_credentials', 'app_installation', 'jwt_bearer']).describe('which kind'),
    key: z
      .string()
      .max(20_000)
      .optional()
      .describe('the private key in PEM, or a reference: env:NAME, file:PATH, vault:NAME'),
    app: z.string().max(200).optional().describe('id of the app, or e-mail of the service account'),
    installation: z.string().max(200).optional().describe('id of the installation'),
    subject: z.string().max(300).optional().describe('the person a service account acts for'),
    scope: z.array(z.string().max(300)).max(100).optional(),
    action: z.array(z.string().max(200)).max(100).optional(),
    label: z.string().min(1).max(100).optional(),
  }),
  output: z.object({ id: z.string(), accessEndsAt: z.string().optional() }),
  effect: 'create',
  scope: 'admin',
  errors: ['invalid_argument', 'config_invalid', 'connect_failed', 'secret_unavailable'],
  audit: { target: (input) => ({ type: 'provider', id: input.provider }) },
  http: { method: 'POST', path: '/v1/connections/machine' },
  cli: {
    words: 'connection machine',
    positional: ['provider', 'grant'],
    secretInput: 'key',
    examples: [
      'fairlead connection machine github app_installation --app 1234 --installation 5678 --key-file app.pem',
      'fairlead connection machine google jwt_bearer --app bot@project.iam.gserviceaccount.com --key-file key.pem',
    ],
  },
  async run(gateway, context, input) {
    const { flow, connections, tokens, apps, baseUrlOf } = await gateway.connecting();
    const { scope, principal } = context;
    const connector = flow.connector(input.provider);
    const { machine: known = [] } = connector.auth;
    if (!known.some(({ grant }) => grant === input.grant)) {
      const kinds = known.map(({ grant }) => grant).join(', ');
      const problem = kinds === '' ? `${connector.title} has no such grant` : `${connector.title} has ${kinds}`;
      throw new AppError('invalid_argument', { argument: 'grant', problem });
    }
    const key = input.key === undefined ? undefined : await gateway.secrets.follow(scope, input.key);
    const grant = machineGrant(input, key);
    const wanted = wantedScopes(connector, present({ scopes: input.scope, actions: input.action }));
    const none = { client_id: connector.provider, client_secret: '' };
    const client = input.grant === 'client_credentials' ? await apps.of(scope, connector) : none;
    const target = { connector, baseUrl: baseUrlOf(input.provider, scope.environment), client };
    const outcome = await newToken(tokens, target, { grant, wanted });
    if (outcome.kind !== 'granted') {
      throw new AppError('connect_failed', { provider: connector.title, reason: outcome.error, problem: outcome.says });
    }
    const nowMs = gateway.clock.nowMs();
    const credential = credentialOf(grant, outcome.token, connector.auth.refresh, nowMs, { wanted });
    const given = { connector, credential, createdBy: principal.id, ...present({ label: input.label }) };
    const row = await connections.add(scope, given);
    const { expiresAtMs } = credential;
    return { id: row.id, ...present({ accessEndsAt: expiresAtMs === undefined ? undefined : iso(expiresAtMs) }) };
  },
});

function machineGrant(
  given: {
    grant: Exclude<Grant['type'], 'authorization_code'>;
    app?: string | undefined;
    installation?: string | undefined;
    subject?: string | undefined;
  },
  key: string | undefined,
): Grant {
  if (given.grant === 'client_credentials') return { type: 'client_credentials' };
  const need = (argument: string, value: string | undefined): string => {
    if (value === undefined) throw new AppError('invalid_argument', { argument, problem: 'it is missing' });
    return value;
  };
  const privateKey = need('key', key);
  readPrivateKey(privateKey);
  const app = need('app', given.app);
  if (given.grant === 'app_installation') {
    return { type: given.grant, appId: app, installationId: need('installation', given.installation), privateKey };
  }
  return { type: given.grant, email: app, privateKey, ...present({ subject: given.subject }) };
}

export const OAUTH_OPERATIONS = [connect, authorize, complete, scopes, machine];
