/**
 * A Fairlead that owns its data directory: the composition behind its listeners, reachable for every other process of
 * this machine through a socket that `server.json` names.
 *
 * @module
 */
import { join } from 'node:path';
import { composeFairlead, type Fairlead } from '../compose.js';
import type { Config } from '../config.js';
import type { AppError } from '../core/errors.js';
import { hasDuty } from '../core/node.js';
import { once } from '../core/once.js';
import {
  ensureLocalCredential,
  SERVER_FILE,
  writeServerFile,
  type OwnerKind,
  type ServerFile,
} from '../doors/cli/index.js';
import {
  allowedHostNames,
  knownCredentials,
  loadRest,
  isConnectPath,
  loadConnectPages,
  privateDoor,
  proxyOnlyDoor,
  publicDoor,
  withGrants,
  withKeys,
  withPeople,
  type FrontParts,
  type NodeListener,
} from '../doors/http/index.js';
import {
  tuneHeaps,
  listenHttp,
  machine,
  openFiles,
  placeSocket,
  realClock,
  realRandom,
  type HttpListener,
  type ListenAt,
  type TakeWhole,
} from '../host/index.js';
import { openParts, type HeldDirectory, type Listening, type OpenParts } from '../open-parts.js';
import { agentDoor } from './agents.js';
import { proxyDoor } from './proxies.js';
import { remoteDoor } from './remote.js';
import { warmUp } from './warm-up.js';

export interface Owner {
  gateway: Fairlead['gateway'];
  server: ServerFile;
  /** Resolves with the reason when the disk failed: nothing is acknowledged any more, and the process has to end. */
  failed: Promise<AppError>;
  /** Accepts nothing new, ends what is in flight, releases the directory. Safe to call twice. */
  close(): Promise<void>;
}

/** What was promised to those who are connected when the process is told to stop. */
const GRACE_MS = 25_000;
/** After a disk failure there is nothing to wait for: whoever waits for an acknowledgement must not get one. */
const GRACE_AFTER_FAILURE_MS = 200;
/** What still runs after the grace is left to others; a store that is not told in this time finds out by itself. */
const LEAVE_MS = 2_000;
/** A store that does not answer in this time is no store to take events for. */
const REACHABLE_WITHIN_MS = 2_000;

/**
 * Opens everything under `lock`, which it takes over. A `command` serves only its socket and runs no jobs; `serve` and
 * `dev` listen on the network and work.
 *
 * @throws AppError `config_invalid`, `port_in_use`, `store_corrupt`, ...; the lock is released by then.
 */
export async function openOwner(config: Config, lock: HeldDirectory, kind: OwnerKind): Promise<Owner> {
  const closing: (() => Promise<unknown>)[] = [async () => lock.release()];
  try {
    return await opening(config, lock, kind, closing);
  } catch (error) {
    for (const close of closing.reverse()) await close().catch(() => {});
    throw error;
  }
}

async function opening(
  config: Config,
  lock: HeldDirectory,
  kind: OwnerKind,
  closing: (() => Promise<unknown>)[],
): Promise<Owner> {
  let fail: (error: AppError) => void = () => {};
  const failed = new Promise<AppError>((resolve) => (fail = resolve));
  const files = openFiles(config.dataDir, realRandom());
  const credential = ensureLocalCredential(files, realRandom(), realClock);
  // Made while the store opens; whether that failed is asked below.
  credential.catch(() => undefined);
  const opened = await openParts(config, (error) => fail(error), lock);
  closing.push(() => opened.close());
  const { parts } = opened;
  const token = await credential;
  for (const own of [token, config.apiKey ?? token]) parts.secrets.add(own);
  const fairlead = await composeFairlead(parts);
  closing.push(() => fairlead.drain());

  // Ready means that the start is over: until then a lack of file descriptors or space ends the process.
  const state = { started: false, accepting: true, failed: false };
  const front = frontOf(config, opened, fairlead, state, token);
  const { gateway } = fairlead;
  const ring = async () => (await gateway.login()).grants;
  const restFor = (via: 'cli' | 'rest') => () =>
    loadRest({ gateway, identify: withGrants(front.identify, ring, 'rest'), environment: config.environment, via });
  const listen = async (at: ListenAt, door: NodeListener, whole?: TakeWhole): Promise<HttpListener> => {
    const listener = await listenHttp(at, door, parts.log, whole);
    closing.push(() => listener.close(0));
    return listener;
  };

  const listeners: HttpListener[] = [];
  if (kind !== 'command') listeners.push(...(await listenOnNetwork(config, opened, fairlead, front, restFor, listen)));
  const socket = await placeSocket(config.dataDir);
  closing.push(() => socket.remove());
  listeners.push(await listen({ socketPath: socket.path }, privateDoor({ ...front, loadRest: restFor('cli') })));

  const server: ServerFile = {
    v: 1,
    kind,
    pid: machine.pid,
    version: parts.version,
    socket: socket.path,
    ...(opened.listening === undefined ? {} : { url: opened.listening.address }),
    startedAtMs: parts.clock.nowMs(),
  };
  await writeServerFile(files, server);
  if (kind !== 'command') await fairlead.start();
  state.started = true;
  void failed.then(() => (state.failed = true));
  if (kind !== 'command') {
    const rest = [() => opened.warm(), () => fairlead.gateway.connectors(), restFor('rest')];
    // Without handlers the intake is all that matters, and it has its parts.
    const onFailure = (error: AppError): void => {
      if (config.handlers.length > 0 || error.code === 'config_invalid') fail(error);
    };
    warmUp(parts.clock, parts.log, { first: [tuneHeaps], rest }, onFailure);
  }
  const close = once(() => closeInOrder(config, opened, fairlead, listeners, state).finally(() => socket.remove()));
  return { gateway: fairlead.gateway, server, failed, close };
}

interface OwnerState {
  started: boolean;
  accepting: boolean;
  failed: boolean;
}

function frontOf(
  config: Config,
  { parts }: OpenParts,
  fairlead: Fairlead,
  state: Readonly<OwnerState>,
  token: string,
): Omit<FrontParts, 'loadRest'> {
  const ours = knownCredentials({ local: token, apiKey: config.apiKey });
  return {
    accepting: () => state.accepting,
    readiness: () => ({
      ready: state.started && state.accepting && !state.failed && fairlead.isFit(),
      ...(parts.store.capabilities.concurrentWriters ? { reachable: () => isReachable(parts) } : {}),
      detail: () => fairlead.gateway.status(),
    }),
    identify: withPeople(
      withKeys(ours, fairlead.gateway.apiKeys),
      async () => (await fairlead.gateway.login()).sessions,
    ),
    log: parts.log,
  };
}

/** Whether the store answers now. */
async function isReachable({ store, clock }: OpenParts['parts']): Promise<boolean> {
  const answered = store.system.sourcesVersion().then(
    () => true,
    () => false,
  );
  const enough = new AbortController();
  const late = clock.sleep(REACHABLE_WITHIN_MS, enough.signal).then(() => false);
  return await Promise.race([answered, late]).finally(() => enough.abort());
}

/** Not ready first, then nothing new, then what is in flight, then the store; `server.json` goes before the lock does. */
async function closeInOrder(
  config: Config,
  opened: OpenParts,
  fairlead: Fairlead,
  listeners: readonly HttpListener[],
  state: { accepting: boolean; failed: boolean },
): Promise<void> {
  state.accepting = false;
  const graceMs = state.failed ? GRACE_AFTER_FAILURE_MS : GRACE_MS;
  const enough = new AbortController();
  const ended = [...listeners.map((listener) => listener.close(graceMs)), fairlead.drain()];
  await Promise.race([Promise.allSettled(ended), opened.parts.clock.sleep(graceMs, enough.signal)]);
  enough.abort();
  if (!state.failed) await Promise.race([fairlead.leave().catch(() => {}), opened.parts.clock.sleep(LEAVE_MS)]);
  await machine.removeFile(join(config.dataDir, SERVER_FILE)).catch(() => {});
  await opened.close().catch((error: unknown) => {
    if (!state.failed) throw error;
  });
}

/** The private listener with everything, and the public one, where there is one, with the intake alone. */
async function listenOnNetwork(
  config: Config,
  opened: OpenParts,
  fairlead: Fairlead,
  front: Omit<FrontParts, 'loadRest'>,
  restFor: (via: 'rest') => FrontParts['loadRest'],
  listen: (at: ListenAt, door: NodeListener, whole?: TakeWhole) => Promise<HttpListener>,
): Promise<HttpListener[]> {
  const { node: intake, whole } = fairlead.door;
  const hostNames = (): ReadonlySet<string> =>
    allowedHostNames([opened.listening?.address, config.publicUrl, `http://${config.listen.host}`]);
  const pages = { has: isConnectPath, load: () => loadConnectPages(fairlead.gateway) };
  const ring = async () => (await fairlead.gateway.login()).grants;
  const agents = agentDoor(fairlead.gateway, config, withGrants(front.identify, ring, 'mcp'));
  const loadProxy = proxyDoor(fairlead.gateway, config, front.identify);
  const door = privateDoor({ ...front, intake, hostNames, agents, loadProxy, pages, loadRest: restFor('rest') });
  const listeners = [await listen(config.listen, door, whole)];
  opened.listening = placeOf(listeners[0]!, config.listen);
  if (config.publicListen !== undefined && hasDuty(config.role, 'receives')) {
    const remote = remoteDoor(fairlead.gateway, config, front.accepting);
    const outside = await listen(config.publicListen, publicDoor(intake, { pages, log: front.log, remote }), whole);
    opened.publicListening = placeOf(outside, config.publicListen);
    listeners.push(outside);
  }
  for (const { provider, port } of config.proxyPorts) {
    const own = proxyOnlyDoor({ ...front, hostNames }, proxyDoor(fairlead.gateway, config, front.identify, provider));
    const listener = await listen({ host: config.listen.host, port }, own);
    opened.furtherListening.push(placeOf(listener, config.listen));
    listeners.push(listener);
  }
  return listeners;
}

/** With the port that it got, where a free one was asked for. */
function placeOf({ address }: HttpListener, { host }: { host: string }): Listening {
  // An address without a port has the one of http.
  return { address, host, port: Number(new URL(address).port || 80) };
}
