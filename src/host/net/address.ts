/**
 * What kind of place an IP address is. Only `public` is reachable without an operator's word.
 *
 * @module
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type AddressClass =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'unspecified'
  | 'documentation'
  | 'tunnel'
  | 'reserved'
  | 'invalid';

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [network: Parsed, bits: number, kind: AddressClass];

/**
 * The first matching row decides. Single addresses of cloud platforms come first, because some lie in public or
 * otherwise harmless ranges. Sources: IANA IPv4 and IPv6 special-purpose address registries; RFC 6890, 4291, 4380,
 * 3056, 6052, 8215, 9637, 9602.
 */
const RANGES: readonly Range[] = (
  [
    // Instance metadata and platform gateway of clouds.
    ['169.254.169.254/32', 'metadata'],
    ['169.254.170.2/32', 'metadata'],
    ['168.63.129.16/32', 'metadata'],
    ['100.100.100.200/32', 'metadata'],
    ['192.0.0.192/32', 'metadata'],
    ['fd00:ec2::254/128', 'metadata'],
    ['fd20:ce::254/128', 'metadata'],

    ['0.0.0.0/8', 'unspecified'],
    ['10.0.0.0/8', 'private'],
    ['100.64.0.0/10', 'private'],
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'link-local'],
    ['172.16.0.0/12', 'private'],
    ['192.0.0.0/24', 'reserved'],
    ['192.0.2.0/24', 'documentation'],
    ['192.88.99.0/24', 'tunnel'],
    ['192.168.0.0/16', 'private'],
    ['198.18.0.0/15', 'reserved'],
    ['198.51.100.0/24', 'documentation'],
    ['203.0.113.0/24', 'documentation'],
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved'],

    ['::/128', 'unspecified'],
    ['::1/128', 'loopback'],
    // IPv4-compatible, IPv4-translated, NAT64 (well-known and local), discard-only.
    ['::/96', 'tunnel'],
    ['::ffff:0:0:0/96', 'tunnel'],
    ['64:ff9b::/96', 'tunnel'],
    ['64:ff9b:1::/48', 'tunnel'],
    ['100::/64', 'reserved'],
    // Teredo, ORCHID, ORCHIDv2, then the rest of the IETF block.
    ['2001::/32', 'tunnel'],
    ['2001:10::/28', 'reserved'],
    ['2001:20::/28', 'reserved'],
    ['2001::/23', 'reserved'],
    ['2001:db8::/32', 'documentation'],
    ['2002::/16', 'tunnel'],
    ['3fff::/20', 'documentation'],
    ['5f00::/16', 'reserved'],
    ['fc00::/7', 'private'],
    ['fe80::/10', 'link-local'],
    ['fec0::/10', 'private'],
    ['ff00::/8', 'multicast'],
  ] as const
).map(([cidr, kind]) => [...ipaddr.parseCIDR(cidr), kind]);

/** The only IPv6 block that IANA has given out for global unicast; whatever lies elsewhere is no one's. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Classifies an address in its plain textual form. An IPv4-mapped one (`::ffff:10.0.0.1`) is what it embeds; a zone id,
 * octal or short forms and anything else that is no plain address is `invalid`. Total.
 */
export function classifyAddress(text: string): AddressClass {
  return look(text)?.kind ?? 'invalid';
}

/** The one spelling of an address by which two can be compared; `undefined` for what is no plain address. */
export function normalAddress(text: string): string | undefined {
  return look(text)?.normal;
}

/** Whether an address lies in a network such as `10.0.0.0/8`; an IPv4-mapped address counts as what it embeds. */
export function isInNetwork(text: string, [network, bits]: Network): boolean {
  const parsed = look(text)?.parsed;
  return parsed !== undefined && parsed.kind() === network.kind() && parsed.match(network, bits);
}

export type Network = [Parsed, number];

/** Parses `10.0.0.0/8`, `fd00::/8`, or a single address; `undefined` for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [address, bits, ...more] = text.split('/');
  const parsed = look(address ?? '')?.parsed;
  const width = parsed?.kind() === 'ipv4' ? 32 : 128;
  if (!parsed || more.length > 0) return undefined;
  if (bits === undefined) return [parsed, width];
  return /^\d{1,3}$/.test(bits) && Number(bits) <= width ? [parsed, Number(bits)] : undefined;
}

interface Look {
  parsed: Parsed;
  normal: string;
  kind: AddressClass;
}

/** Every request asks several times about the same few addresses, and a look costs some ten microseconds. */
const looks = new Map<string, Look>();
const LOOKS_MAX = 2_000;

function look(text: string): Look | undefined {
  const known = looks.get(text);
  if (known) return known;
  const parsed = parseAddress(text);
  if (!parsed) return undefined;
  if (looks.size >= LOOKS_MAX) looks.clear();
  const seen = { parsed, normal: parsed.toString(), kind: kindOf(parsed) };
  looks.set(text, seen);
  return seen;
}

function kindOf(address: Parsed): AddressClass {
  for (const [network, bits, kind] of RANGES) {
    if (network.kind() === address.kind() && address.match(network, bits)) return kind;
  }
  if (address.kind() === 'ipv6' && !address.match(...GLOBAL_UNICAST)) return 'reserved';
  // A second opinion, for ranges that become special after this table was written.
  return address.range() === 'unicast' ? 'public' : 'reserved';
}

function parseAddress(text: string): Parsed | undefined {
  const family = isIP(text);
  if (family === 4) return ipaddr.IPv4.parse(text);
  if (family === 0 || text.includes('%')) return undefined;
  const address = ipaddr.IPv6.parse(text.replace(/[\d.]*\.[\d.]*$/, hexGroups));
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** `1.2.3.4` -> `102:304`, because the library takes `::1.2.3.4` for `::ffff:1.2.3.4`. */
function hexGroups(quad: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(quad).octets;
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
