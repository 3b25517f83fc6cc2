/** Where a request came from, for limits and for nothing else: an address is no proof of anything. Pure. @module */

const LIST_MAX = 50;

/**
 * The nearest address that is none of our proxies. What stands further left in `X-Forwarded-For` was written by anybody.
 *
 * @param peer of the connection
 * @param trusted addresses of proxies of ours, which append to the header
 * @returns in a form that can be counted: an IPv6 address stands for its network of 64 bits; empty where nobody knows
 */
export function clientAddress(
  peer: string | undefined,
  forwarded: string | string[] | undefined,
  trusted: readonly string[],
): string {
  let address = plain(peer ?? '');
  if (forwarded === undefined || !trusted.includes(address)) return counted(address);
  const hops = String(forwarded).split(',').slice(-LIST_MAX).map(plain);
  while (trusted.includes(address) && hops.length > 0) {
    const next = hops.pop()!;
    if (!/^[0-9a-f.:]{2,45}$/.test(next)) break;
    address = next;
  }
  return counted(address);
}

/** An IPv4 address in the clothes of IPv6 is the IPv4 address. */
function plain(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/, '');
}

/** Whoever has one address of a network of 64 bits has all of them. */
function counted(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - behind.length);
  const whole = [...groups, ...Array.from({ length: missing }, () => '0'), ...behind];
  return `${whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** The address of the connection, as `@hono/node-server` puts it into its context. */
export function peerOf(env: unknown): string | undefined {
  return (env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket?.remoteAddress;
}
