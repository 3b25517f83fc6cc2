/**
 * A raw request as an action, so that it takes the one way out with all that stands on it: permission, policy, limits,
 * ledger, retries, audit. What kind of thing it is, the connector's rules say, then the action that has the same
 * endpoint, then the method.
 *
 * @module
 */
import type { ActionDefinition, ConnectorDefinition, Idempotency } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { Effect } from '../core/operation.js';
import type { RawFacts, RawRequest } from '../core/raw-request.js';
import { sensitivityOf } from '../core/sensitive-name.js';
import type { FoundAction } from './find-action.js';
import { addressAt, rawFacts, realAddress } from './raw-facts.js';

/** How a raw request is called in policy, ledger and log: `stripe.request`. */
export const RAW_ACTION = 'request';

/** Effects, the gravest last: where several could be meant it counts as the gravest. */
const GRAVITY: readonly Effect[] = ['read', 'create', 'update', 'send', 'delete', 'pay'];
const BY_METHOD = { GET: 'read', POST: 'create', PUT: 'update', PATCH: 'update', DELETE: 'delete' } as const;

/** Headers and fields of a query by which some providers take another method than the one that was judged. */
const OVERRIDES = /^(?:x-)?(?:http-)?method(?:-override)?$|^_method$|^\$?(?:x-)?http-?method(?:-override)?$/i;

const anything: ActionDefinition['input'] = { safeParse: (data) => ({ success: true, data }) };

/** @throws AppError `not_found`, `invalid_argument`, `egress_denied` */
export function rawAction(
  connectors: readonly ConnectorDefinition[],
  name: string,
  request: RawRequest,
  isKeyed: boolean,
): FoundAction {
  const provider = name.slice(0, -`.${RAW_ACTION}`.length);
  const connector = connectors.find((one) => one.provider === provider);
  if (connector === undefined || name !== `${provider}.${RAW_ACTION}`) {
    throw new AppError('not_found', { what: 'provider', id: provider.slice(0, 100) });
  }
  checkTricks(request);
  const real = realAddress(connector, request);
  checkQuery(real);
  const facts = rawFacts(connector, request, real);
  const { headers = {}, body, stream, method } = request;
  const { 'content-type': contentType = 'application/octet-stream', ...others } = headers;
  const action: ActionDefinition = {
    summary: `A request to ${connector.title} in its own words`,
    effect: effectOf(connector, facts),
    input: anything,
    output: anything,
    target: () => ({ type: 'path', id: real.pathname.slice(0, 200) }),
    touches: () => connector.raw?.touches?.(facts) ?? [],
    accepts: () => ['bearer', 'header', 'basic', ...(connector.anyTarget === true ? (['none'] as const) : [])],
    request: (_input, view) => ({
      method,
      url: addressAt(connector, real, view.baseUrl),
      headers: stream === undefined ? others : { ...others, 'content-type': contentType },
      ...(body !== undefined && { bytes: { body, contentType } }),
    }),
    // What it answers is not read here: a raw answer is told as it came.
    parse: () => undefined,
    idempotency: isKeyed ? idempotencyOf(connector) : 'none',
    settleMs: 0,
    limits: () => connector.raw?.limits?.(facts) ?? [],
  };
  const refused = connector.raw?.refuses?.(facts);
  const twins = twinsOf(connector, facts);
  return {
    name,
    connector,
    action,
    raw: { twins, ...(refused !== undefined && { refused }), ...(stream && { stream }) },
  };
}

/** What a raw request does, before it is made. */
export function rawEffect(connector: ConnectorDefinition, request: RawRequest): Effect {
  return effectOf(connector, rawFacts(connector, request, realAddress(connector, request)));
}

function effectOf(connector: ConnectorDefinition, facts: RawFacts): Effect {
  const ruled = connector.raw?.effect?.(facts);
  if (ruled !== undefined) return ruled;
  const effects = twinsOf(connector, facts).map((name) => connector.actions[name]!.effect);
  const gravest = GRAVITY.findLast((effect) => effects.includes(effect));
  return gravest ?? BY_METHOD[facts.method];
}

/** The actions that do what this request does: their rules of policy hold for it, too. */
function twinsOf(connector: ConnectorDefinition, facts: RawFacts): string[] {
  const named = connector.raw?.actions?.(facts);
  if (named !== undefined) return named.filter((name) => Object.hasOwn(connector.actions, name));
  return Object.entries(connector.actions)
    .filter(([, { endpoint, handlersOnly }]) => handlersOnly !== true && isEndpoint(connector, endpoint, facts))
    .map(([name]) => name);
}

function isEndpoint({ baseUrl }: ConnectorDefinition, endpoint: string | undefined, facts: RawFacts): boolean {
  const [method, path] = endpoint?.split(' ') ?? [];
  if (path === undefined || method !== facts.method) return false;
  const pattern = path
    .toLowerCase()
    .split('/')
    .map((part) =>
      part.replace(/\{[^}]*\}|[.*+?^$()|[\]\\]/g, (found) => (found.startsWith('{') ? '[^/]+' : `\\${found}`)),
    )
    .join('/');
  const basePath = baseUrl === '' ? '' : new URL(baseUrl).pathname.replace(/\/$/, '');
  return new RegExp(`^(?:${pattern})$`).test(facts.path) || new RegExp(`^(?:${pattern})$`).test(basePath + facts.path);
}

/** The header by which this provider recognises a repeat, as its actions say. */
function idempotencyOf({ raw, actions }: ConnectorDefinition): Idempotency {
  if (raw?.idempotency !== undefined) return raw.idempotency;
  for (const { idempotency } of Object.values(actions)) {
    if (typeof idempotency === 'object' && idempotency.header !== undefined) return idempotency;
  }
  return 'none';
}

function checkTricks({ headers = {} }: RawRequest): void {
  const trick = Object.keys(headers).find((name) => OVERRIDES.test(name));
  if (trick === undefined) return;
  throw new AppError('invalid_argument', { argument: `header ${trick}`, problem: 'it would change the method' });
}

function checkQuery({ searchParams }: URL): void {
  for (const name of searchParams.keys()) {
    const problem = OVERRIDES.test(name) ? 'it would change the method' : credentialProblem(name);
    if (problem !== undefined)
      throw new AppError('invalid_argument', { argument: `query ${name.slice(0, 100)}`, problem });
  }
}

/** Addresses end up in logs, and a credential of the caller's would take the place of the connection's. */
function credentialProblem(name: string): string | undefined {
  if (/^(?:page|next|sync|continuation|cursor|resume|start|upload)_?-?token$/i.test(name)) return undefined;
  return sensitivityOf(name) !== 'no' ? 'a credential does not belong into an address' : undefined;
}
