/**
 * What an operator allows beyond public https: hosts, addresses and networks of their own.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import { isInNetwork, normalAddress, parseNetwork, type Network } from './address.js';

/** Allowed for whoever names the host by this very name or address; `port` undefined means any. */
interface HostRule {
  host: string;
  port: number | undefined;
}

interface NetworkRule {
  network: Network;
  port: number | undefined;
}

/**
 * `hosts` may be reached by http as well as https, on their port, wherever in a private or loopback network they
 * resolve to. `networks` may be reached by address, or by a name that resolves into them. `ports` are allowed
 * everywhere, beside 443 and 8443.
 */
export interface EgressRules {
  hosts: readonly HostRule[];
  networks: readonly NetworkRule[];
  ports: ReadonlySet<number>;
}

export const PUBLIC_ONLY: EgressRules = { hosts: [], networks: [], ports: new Set([443, 8443]) };

const NAME = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * Reads entries such as `127.0.0.1:4000`, `[::1]:4000`, `tool.internal`, `tool.internal:8080`, `10.1.0.0/16`,
 * `10.1.0.0/16:8080`, `[fd00::/8]:8080`.
 *
 * Throws `config_invalid` for an entry that is none of these, and for one so wide that it would switch the guard off.
 */
export function parseEgressRules(entries: readonly string[] = [], ports: readonly number[] = []): EgressRules {
  const hosts: HostRule[] = [];
  const networks: NetworkRule[] = [];
  for (const entry of entries) {
    const { place, port } = splitPort(entry);
    const network = parseNetwork(place);
    if (place.includes('/')) {
      if (!network || network[1] < MIN_BITS[network[0].kind()]) throw refused(entry);
      networks.push({ network, port });
      continue;
    }
    const host = normalAddress(place) ?? place.toLowerCase();
    if (!network && (!NAME.test(host) || /^[\d.]+$/.test(host))) throw refused(entry);
    hosts.push({ host, port });
  }
  return { hosts, networks, ports: new Set([...PUBLIC_ONLY.ports, ...ports]) };
}

const MIN_BITS = { ipv4: 8, ipv6: 7 } as const;

/** Whether the operator named this host (a name, or an address in normal form) with this port. */
export function allowsHost(rules: EgressRules, host: string, port: number): boolean {
  return rules.hosts.some((rule) => rule.host === host && (rule.port === undefined || rule.port === port));
}

/** Whether a network the operator named covers this address with this port. */
export function allowsNetwork(rules: EgressRules, address: string, port: number): boolean {
  return rules.networks.some(
    (rule) => (rule.port === undefined || rule.port === port) && isInNetwork(address, rule.network),
  );
}

function splitPort(entry: string): { place: string; port: number | undefined } {
  const [, bracketed, afterBracket, plain, afterPlain] =
    /^(?:\[([^\]]+)\](?::(\d{1,5}))?|([^:[\]]+)(?::(\d{1,5}))?)$/.exec(entry) ?? [];
  const place = bracketed ?? plain;
  const digits = afterBracket ?? afterPlain;
  // An IPv6 address or network without brackets has no port.
  if (place === undefined) return { place: entry, port: undefined };
  if (digits !== undefined && (Number(digits) < 1 || Number(digits) > 65535)) throw refused(entry);
  return { place, port: digits === undefined ? undefined : Number(digits) };
}

function refused(entry: string): AppError<'config_invalid'> {
  return new AppError('config_invalid', {
    where: 'allowedPrivateHosts, FAIRLEAD_ALLOWED_PRIVATE_HOSTS',
    problem: `"${entry}" is not host, host:port, address, address:port or a network such as 10.1.0.0/16`,
  });
}
