/**
 * What stands right behind the sockets: the intake first, then the probes, then REST, which is loaded when it is first
 * asked for. No framework here, so that a webhook is taken before any framework is in memory.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, toAppError } from '../../core/errors.js';
import type { Log } from '../../core/ports.js';
import { REST_HEADERS } from '../../core/rest-shape.js';
import type { Identify } from './credentials.js';
import { checkHost, checkOrigin } from './guard.js';
import { ANSWER_HEADERS, errorAnswer, type PlainAnswer } from './problem.js';
import { PROXY_PATH } from './proxy-path.js';

export type NodeListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface Readiness {
  ready: boolean;
  /** Asked when all else is ready: whether a store behind a network answers. Absent where it is in this process. */
  reachable?: () => Promise<boolean>;
  /** Asked for, and shown, only when the caller has a credential. */
  detail: () => Promise<Record<string, unknown>>;
}

export interface WebPages {
  has: (path: string | undefined) => boolean;
  load: () => Promise<NodeListener>;
}

export interface FrontParts {
  /** Takes what is addressed to a source and passes on the rest. Absent where no webhook can arrive. */
  intake?: (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;
  /** The names this listener answers to; absent on a Unix domain socket, which no browser can reach. */
  hostNames?: () => ReadonlySet<string>;
  /** False while we shut down. */
  accepting: () => boolean;
  readiness: () => Readiness;
  identify: Identify;
  /** Loads the REST interface; called at most once. */
  loadRest: () => Promise<NodeListener>;
  /** The door for agents, which has paths of its own; loaded likewise. */
  agents?: { paths: ReadonlySet<string>; load: () => Promise<NodeListener> };
  /** The proxy for official SDKs, below a path of its own; loaded likewise. */
  loadProxy?: () => Promise<NodeListener>;
  /** The pages of connecting an account, which browsers come to from other sites; loaded likewise. */
  pages?: WebPages;
  log: Log;
}

/** The private listener, on loopback or on the socket of this machine. */
export function privateDoor(parts: FrontParts): NodeListener {
  const rest = loaded(parts.loadRest);
  const agents = parts.agents && loaded(parts.agents.load);
  const proxy = parts.loadProxy && loaded(parts.loadProxy);
  const pages = parts.pages && loaded(parts.pages.load);
  const behind: NodeListener = (request, response) => {
    const path = request.url?.split('?', 1)[0];
    const isPage = pages !== undefined && parts.pages?.has(path) === true;
    // The address of an approval is followed from wherever it was sent to; looking at it does nothing.
    const isFollowed = isPage || (request.method === 'GET' && path?.startsWith('/approvals/') === true);
    const refusal = parts.hostNames && (isFollowed ? checkHost : checkOrigin)(headerOf(request), parts.hostNames());
    if (refusal !== undefined) return send(response, errorAnswer(refusal));
    if (isPage && parts.accepting()) return handOver(parts, pages, request, response);
    if (path === '/livez') return send(response, json(200, { live: true }));
    if (path === '/readyz') return answerReadiness(parts, request, response);
    if (!parts.accepting()) return send(response, leaving());
    const isAgents = agents !== undefined && parts.agents?.paths.has(path ?? '') === true;
    const isProxy = path?.startsWith(PROXY_PATH) === true;
    handOver(parts, (isProxy ? proxy : isAgents ? agents : undefined) ?? rest, request, response);
  };
  const { intake } = parts;
  if (intake === undefined) return behind;
  return (request, response) => intake(request, response, () => behind(request, response));
}

/** A private listener with the API of one provider and nothing else. */
export function proxyOnlyDoor(
  parts: Omit<FrontParts, 'loadRest'>,
  loadProxy: () => Promise<NodeListener>,
): NodeListener {
  const proxy = loaded(loadProxy);
  return (request, response) => {
    const refusal = parts.hostNames && checkOrigin(headerOf(request), parts.hostNames());
    if (refusal !== undefined) return send(response, errorAnswer(refusal));
    if (!parts.accepting()) return send(response, leaving());
    handOver(parts, proxy, request, response);
  };
}

function handOver(
  { log }: Pick<FrontParts, 'log'>,
  load: () => Promise<NodeListener>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  load().then(
    (listener) => listener(request, response),
    (thrown: unknown) => {
      log('error', 'an interface could not be loaded', { path: request.url?.split('?', 1)[0], cause: thrown });
      send(response, errorAnswer(toAppError(thrown, () => 'rest')));
    },
  );
}

/** What programs of other machines reach, with tokens that are for it alone. */
export interface RemoteDoor {
  has: (path: string | undefined) => boolean;
  /** The name that the operator gave to the public address, and no other. */
  hostNames: () => ReadonlySet<string>;
  accepting: () => boolean;
  loadAgents: () => Promise<NodeListener>;
  loadRest: () => Promise<NodeListener>;
}

/** The public listener: only what the outside needs. What is no source of ours is not found. */
export function publicDoor(
  intake: NonNullable<FrontParts['intake']>,
  web?: Required<Pick<FrontParts, 'pages' | 'log'>> & { remote?: RemoteDoor | undefined },
): NodeListener {
  if (web === undefined) return (request, response) => intake(request, response);
  const { pages, log, remote } = web;
  const load = loaded(pages.load);
  const far = remote && remoteListener(remote, log);
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (far !== undefined && remote?.has(path) === true) return far(request, response);
    if (!pages.has(path)) return intake(request, response);
    handOver({ log }, load, request, response);
  };
}

function remoteListener(remote: RemoteDoor, log: Log): NodeListener {
  const [agents, rest] = [loaded(remote.loadAgents), loaded(remote.loadRest)];
  return (request, response) => {
    const refusal = checkOrigin(headerOf(request), remote.hostNames());
    if (refusal !== undefined) return send(response, errorAnswer(refusal));
    if (!remote.accepting()) return send(response, leaving());
    handOver({ log }, request.url?.split('?', 1)[0] === '/mcp' ? agents : rest, request, response);
  };
}

function answerReadiness(parts: FrontParts, request: IncomingMessage, response: ServerResponse): void {
  const readiness = parts.readiness();
  if (!readiness.ready || readiness.reachable === undefined) return tellReadiness(parts, request, response, readiness);
  readiness.reachable().then(
    (ready) => tellReadiness(parts, request, response, { ...readiness, ready }),
    () => tellReadiness(parts, request, response, { ...readiness, ready: false }),
  );
}

function tellReadiness(
  parts: FrontParts,
  request: IncomingMessage,
  response: ServerResponse,
  { ready, detail }: Readiness,
): void {
  const status = ready ? 200 : 503;
  const told = async (): Promise<Record<string, unknown>> =>
    (await isKnown(parts.identify, headerOf(request)('authorization'))) ? await detail() : {};
  told().then(
    (shown) => send(response, json(status, { ready, ...shown })),
    () => send(response, json(503, { ready: false })),
  );
}

async function isKnown(identify: Identify, authorization: string | undefined): Promise<boolean> {
  if (authorization === undefined) return false;
  try {
    return (await identify(authorization, { principalType: undefined, agentClient: undefined }, 'rest')) !== undefined;
  } catch {
    return false;
  }
}

/** The request was not begun: whoever sent it can send it to the process that comes after us. */
function leaving(): PlainAnswer {
  const answer = errorAnswer(new AppError('overloaded', { problem: 'This process is shutting down.' }));
  const headers = { ...answer.headers, 'retry-after': '1', connection: 'close', [REST_HEADERS.notRun]: 'leaving' };
  return { ...answer, headers };
}

function json(status: number, value: unknown): PlainAnswer {
  return { status, headers: { ...ANSWER_HEADERS, 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function headerOf(request: IncomingMessage): (name: string) => string | undefined {
  return (name) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}

function send(response: ServerResponse, { status, headers, body }: PlainAnswer): void {
  if (response.headersSent) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Loads at the first call for all of them, and anew after one that failed. */
function loaded<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      // The next request tries again: a file system that was full may not be any more.
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
