/**
 * The network, outbound: the only place where Fairlead opens a socket to somewhere else.
 *
 * @module
 */
import { networkInterfaces } from 'node:os';
import type { Dns, HttpRequest, HttpResult, Net } from '../../core/ports.js';
import { checkAddresses, isOwnListener, type OwnListener } from './check-addresses.js';
import { checkUrl, type Target } from './check-url.js';
import { parseEgressRules } from './egress-rules.js';
import { exchange, requestProblem } from './exchange.js';
import { codeOf, failed } from './net-failure.js';
import { Pools } from './pools.js';
import { Stop } from './stop.js';

export interface GuardedNetOptions {
  dns: Dns;
  /**
   * Hosts and networks of the operator's own, reachable although private and by http: `127.0.0.1:4000`,
   * `tool.internal:8080`, `10.1.0.0/16`. See `egress-rules.ts`.
   */
  allowedPrivateHosts?: readonly string[];
  /** Ports allowed everywhere beside 443 and 8443. */
  allowedPorts?: readonly number[];
  /** Where this process listens; connecting there is refused, whatever else is allowed. Asked before each request. */
  ownListeners?: () => readonly OwnListener[];
  /** Certificates (PEM) trusted beside the built-in ones. */
  ca?: readonly string[];
  /** How long one connection attempt may take. Default 5 s. */
  connectTimeoutMs?: number;
}

export interface GuardedNet extends Net {
  /** Waits for the exchanges under way, then ends all connections. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** A name's further addresses are tried only while nothing was sent, and only so many. */
const ADDRESSES_TRIED_MAX = 4;
const INTERFACES_KEPT_MS = 1_000;

/**
 * Sends after checking: the URL, every address its name resolves to, our own listeners; then connects to a checked
 * address and to no other. A refusal comes back as `denied` with its reason, and no socket was opened for it.
 *
 * Throws `config_invalid` when `allowedPrivateHosts` holds an entry that is none.
 */
export function openGuardedNet(options: GuardedNetOptions): GuardedNet {
  const rules = parseEgressRules(options.allowedPrivateHosts, options.allowedPorts);
  const pools = new Pools({ connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, ca: options.ca ?? [] });
  const localAddresses = rememberLocalAddresses();

  async function addressesOf(target: Target, stop: Stop): Promise<Found> {
    const resolved = await resolve(options.dns, target.host, stop);
    return Array.isArray(resolved) ? checked(target, resolved) : { ok: false, result: resolved };
  }

  function checked(target: Target, resolved: readonly string[]): Found {
    const verdict = checkAddresses(target, resolved, rules);
    if (!verdict.ok) return { ok: false, result: denied(target.host, verdict.reason) };
    const listeners = options.ownListeners?.() ?? [];
    if (verdict.addresses.some((address) => isOwnListener(address, target.port, listeners, localAddresses))) {
      return { ok: false, result: denied(target.host, 'is an address of Fairlead itself') };
    }
    return { ok: true, addresses: verdict.addresses.slice(0, ADDRESSES_TRIED_MAX) };
  }

  async function sendTo(target: Target, request: HttpRequest): Promise<HttpResult> {
    const stop = new Stop(request.timeoutMs, request.signal);
    underWay += 1;
    try {
      const found = target.address === undefined ? await addressesOf(target, stop) : checked(target, [target.address]);
      if (!found.ok) return found.result;
      const place = `${target.host}:${target.port}`;
      let result = denied(target.host, 'resolves to no address');
      for (const address of found.addresses) {
        const pool = pools.for(target, address);
        if (stop.reason) return failed(stop.reason, 'no', place);
        result = await exchange(pool, request, target.path, place, stop);
        if (result.ok || stop.reason || !isUnreachable(result)) return result;
      }
      return result;
    } finally {
      ended(stop);
    }
  }

  let underWay = 0;
  let isClosed = false;
  let lastEnded = (): void => undefined;

  function ended(stop: Stop): void {
    stop.release();
    underWay -= 1;
    if (underWay === 0) lastEnded();
  }

  return {
    send(request) {
      // Whoever takes over from this process relies on it: nothing leaves any more.
      if (isClosed) return Promise.resolve(failed('aborted', 'no', 'the process is ending'));
      const verdict = checkUrl(request.url, rules);
      if (!verdict.ok) return Promise.resolve(denied(verdict.host || 'the URL', verdict.reason));
      const problem = requestProblem(request);
      if (problem !== undefined) return Promise.resolve(failed('malformed', 'no', problem));
      return sendTo(verdict.target, request);
    },
    async close() {
      isClosed = true;
      if (underWay > 0) await new Promise<void>((resolve) => (lastEnded = resolve));
      await pools.destroy();
    },
  };
}

type Found = { ok: true; addresses: readonly string[] } | { ok: false; result: HttpResult };

/** Nothing was sent there and nobody answered, so that another address of the same name may be tried. */
function isUnreachable(result: HttpResult): boolean {
  return !result.ok && result.failure.sent === 'no' && ['refused', 'timeout', 'reset'].includes(result.failure.kind);
}

/** The addresses, or the failure. Resolution cannot be called off, so the answer is not waited for when time is over. */
function resolve(dns: Dns, host: string, stop: Stop): Promise<string[] | HttpResult> {
  return new Promise((settle) => {
    stop.listen((reason) => settle(failed(reason, 'no', `${host}: resolving`)));
    dns.resolve(host).then(settle, (error: unknown) => {
      settle(failed('dns', 'no', `${host}: ${codeOf(error) || 'does not resolve'}`));
    });
  });
}

function denied(host: string, reason: string): HttpResult {
  return failed('denied', 'no', `${host}: ${reason}`);
}

/** Interfaces come and go, but not within a second. */
function rememberLocalAddresses(): () => readonly string[] {
  let known: readonly string[] = [];
  let untilMs = 0;
  return () => {
    if (performance.now() < untilMs) return known;
    untilMs = performance.now() + INTERFACES_KEPT_MS;
    known = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
    return known;
  };
}
