/**
 * The other half of the egress guard: whether the addresses a host resolved to may be connected to.
 *
 * @module
 */
import { classifyAddress, normalAddress } from './address.js';
import { addressProblem, type Target } from './check-url.js';
import { allowsNetwork, type EgressRules } from './egress-rules.js';

/** Where we listen ourselves; `host` as given to listen(), so `0.0.0.0` and `::` mean every address of this machine. */
export interface OwnListener {
  host: string;
  port: number;
}

export type AddressVerdict = { ok: true; addresses: readonly string[] } | { ok: false; reason: string };

/**
 * Judges all addresses of a target together, because whichever is taken must be one that was checked: one that is not
 * allowed refuses them all, and so does a mixture of public and private ones, which is what a rebinding name answers.
 * Addresses come back in their normal spelling.
 */
export function checkAddresses(target: Target, found: readonly string[], rules: EgressRules): AddressVerdict {
  if (found.length === 0) return { ok: false, reason: 'resolves to no address' };
  const addresses: string[] = [];
  let publicOnes = 0;
  for (const text of found) {
    const kind = classifyAddress(text);
    const address = normalAddress(text) ?? text;
    if (kind === 'public') publicOnes += 1;
    else if (!allowsInside(target, address, kind, rules)) {
      return { ok: false, reason: addressProblem(address, kind) ?? 'is not allowed' };
    }
    addresses.push(address);
  }
  const isMixed = publicOnes > 0 && publicOnes < addresses.length;
  if (isMixed && !target.named) return { ok: false, reason: 'resolves to public and private addresses at once' };
  return { ok: true, addresses: [...new Set(addresses)] };
}

/**
 * A host allowed by name may lie on this machine or in a private network. Metadata gateway, link-local and the other
 * odd classes need a rule for the address or its network itself, since a name can be made to point at them.
 */
function allowsInside(target: Target, address: string, kind: string, rules: EgressRules): boolean {
  if (kind === 'invalid') return false;
  if (allowsNetwork(rules, address, target.port)) return true;
  if (!target.named) return false;
  return target.address !== undefined || kind === 'loopback' || kind === 'private';
}

/** Whether connecting there would be connecting to ourselves. `localAddresses` are those of this machine's interfaces. */
export function isOwnListener(
  address: string,
  port: number,
  listeners: readonly OwnListener[],
  localAddresses: () => readonly string[],
): boolean {
  return listeners.some((listener) => {
    if (listener.port !== port) return false;
    const host = normalAddress(listener.host) ?? listener.host;
    if (host === '0.0.0.0' || host === '::') return isLocal(address, localAddresses());
    return host === address || (host === 'localhost' && classifyAddress(address) === 'loopback');
  });
}

function isLocal(address: string, localAddresses: readonly string[]): boolean {
  const kind = classifyAddress(address);
  // Connecting to the unspecified address reaches this machine as well.
  if (kind === 'loopback' || kind === 'unspecified') return true;
  return localAddresses.some((local) => normalAddress(local) === address);
}
