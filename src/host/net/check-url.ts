/**
 * The half of the egress guard that needs no network: which URLs may be tried at all.
 *
 * @module
 */
import { classifyAddress, normalAddress, type AddressClass } from './address.js';
import { allowsHost, allowsNetwork, PUBLIC_ONLY, type EgressRules } from './egress-rules.js';

/** A URL that passed, taken apart. What it resolves to is still to be checked. */
export interface Target {
  secure: boolean;
  /** Name or address without brackets, normalised; goes into Host and SNI. */
  host: string;
  port: number;
  /** Scheme, host and port, as a pool is made for. */
  origin: string;
  /** Path and query. */
  path: string;
  /** Set when the host is an address already. */
  address: string | undefined;
  /** Whether the operator allowed this host and port by name, so that it may be private. */
  named: boolean;
}

export type UrlVerdict = { ok: true; target: Target } | { ok: false; host: string; reason: string };

const URL_CHARACTERS_MAX = 8192;

/** Suffixes that by registration or habit name something inside a network. */
const INSIDE = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|lan|home|corp|home\.arpa)$/;
const METADATA_NAMES = new Set(['metadata', 'metadata.amazonaws.com', 'instance-data', 'metadata.azure.com']);

/**
 * Judges a URL without resolving anything. Pure and total: any string in, a verdict with a plain reason out.
 *
 * The URL standard repairs a lot (backslashes, tabs, `①②⑦.0.0.1`, `0177.1`); hosts are judged as it normalised them,
 * and what it would have to repair before the host is refused, because another reader may see another host there.
 */
export function checkUrl(url: string, rules: EgressRules = PUBLIC_ONLY): UrlVerdict {
  if (url.length > URL_CHARACTERS_MAX) return refuse('', `the URL is longer than ${URL_CHARACTERS_MAX} characters`);
  const parsed = parse(url);
  if (!parsed) return refuse('', 'the URL is not valid');
  const host = bareHost(parsed.hostname);
  const problem = schemeProblem(parsed) ?? ambiguity(url, parsed);
  if (problem !== undefined) return refuse(host, problem);

  const secure = parsed.protocol === 'https:';
  const port = parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port);
  const address = normalAddress(host);
  const named = allowsHost(rules, address ?? host, port);
  const covered = named || (address !== undefined && allowsNetwork(rules, address, port));
  if (!covered) {
    const reason = nameOrAddressProblem(host, address) ?? portProblem(port, secure, rules);
    if (reason !== undefined) return refuse(host, reason);
  }
  if (isDisguised(url, parsed.hostname)) return refuse(host, 'the host is written in a disguised form');
  const path = `${parsed.pathname}${parsed.search}`;
  return { ok: true, target: { secure, host: address ?? host, port, origin: parsed.origin, path, address, named } };
}

/** Why an address may not be reached, in words; `undefined` for a public one. */
export function addressProblem(address: string, kind: AddressClass = classifyAddress(address)): string | undefined {
  switch (kind) {
    case 'public':
      return undefined;
    case 'loopback':
      return `points at this machine itself (${address})`;
    case 'private':
      return `points inside a private network (${address})`;
    case 'metadata':
      return `is the metadata service of a cloud (${address})`;
    case 'invalid':
      return 'resolves to something that is not an address';
    default:
      return `is no public address (${kind}, ${address})`;
  }
}

function schemeProblem({ protocol }: URL): string | undefined {
  return protocol === 'https:' || protocol === 'http:' ? undefined : `the scheme ${protocol} is not https`;
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** What two readers of the same URL may understand differently. */
function ambiguity(url: string, parsed: URL): string | undefined {
  // oxlint-disable-next-line no-control-regex -- the parser would drop them silently
  if (/[\u0000-\u0020\u007f]/.test(url)) return 'the URL contains blanks or control characters';
  if (/^[^?]*\\/.test(url)) return 'the URL contains a backslash';
  if (parsed.username !== '' || parsed.password !== '') return 'the URL contains a user name or password';
  if (url.includes('#')) return 'the URL contains a fragment';
  const authority = writtenAuthority(url);
  if (authority === '') return 'the URL does not begin with https:// and a host';
  return authority.includes('@') ? 'the URL contains a user name or password' : undefined;
}

function writtenAuthority(url: string): string {
  return /^[a-z]+:\/\/([^/?]+)/i.exec(url)?.[1] ?? '';
}

/** `%31%32%37.1`, `0x8.8.8.8`, `①.①.①.①`: only names in other scripts and the spelling of IPv6 may differ. */
function isDisguised(url: string, hostname: string): boolean {
  const written = writtenAuthority(url).replace(/:\d*$/, '');
  if (written.startsWith('[')) return false;
  const isName = normalAddress(hostname) === undefined;
  // oxlint-disable-next-line no-control-regex -- what is not ASCII is meant
  const isForeign = isName && /[^\u0000-\u007f]/.test(written);
  return !isForeign && written.toLowerCase() !== hostname;
}

function nameOrAddressProblem(host: string, address: string | undefined): string | undefined {
  if (address !== undefined) return addressProblem(address);
  if (host.endsWith('.')) return 'the name ends with a dot';
  if (METADATA_NAMES.has(host)) return 'is the metadata service of a cloud';
  if (INSIDE.test(host) || !host.includes('.')) return 'is a name inside a network';
  return undefined;
}

function portProblem(port: number, secure: boolean, rules: EgressRules): string | undefined {
  if (!secure) return 'the scheme http: is not https';
  return rules.ports.has(port) ? undefined : `port ${port} is not allowed`;
}

function refuse(host: string, reason: string): UrlVerdict {
  return { ok: false, host, reason };
}
