/**
 * Lists of hosts that operators and connectors write: `api.example.com`, `*.example.com` (one level of subdomains),
 * `tools.example.com:8443`, `http://tools.internal:8080`.
 *
 * Without a port an entry means the scheme's own port, except on this machine (`localhost`, `127.0.0.1`), where it
 * means any: a port there is chosen anew at each start.
 *
 * @module
 */

export interface HostEntry {
  /** Lower case; `*.` in front stands for one label. */
  host: string;
  port?: string;
  scheme?: 'http:' | 'https:';
}

const ENTRY = /^(?:(https?:)\/\/)?((?:\*\.)?[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?\/?$/;

/** Reads one entry; `undefined` when it is none (a path, a user name, a bare `*`). */
export function parseHostEntry(text: string): HostEntry | undefined {
  const match = ENTRY.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const [, scheme, host, port] = match;
  return {
    host: host!,
    ...(port === undefined ? {} : { port: String(Number(port)) }),
    ...(scheme === undefined ? {} : { scheme: scheme as 'http:' | 'https:' }),
  };
}

/** The entry that covers `url`, if any. Entries that cannot be read cover nothing. */
export function findListed(url: URL, entries: readonly string[]): HostEntry | undefined {
  return readEntries(entries).find((entry) => covers(entry, url));
}

const read = new WeakMap<readonly string[], readonly HostEntry[]>();

/** Lists of connectors and connections are asked before each call, and stay as they are. */
function readEntries(entries: readonly string[]): readonly HostEntry[] {
  const known = read.get(entries);
  if (known !== undefined) return known;
  const parsed = entries.flatMap((entry) => parseHostEntry(entry) ?? []);
  read.set(entries, parsed);
  return parsed;
}

/** Whether a host is this very machine, by its name alone. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}

function covers(entry: HostEntry, url: URL): boolean {
  if (!hostMatches(entry.host, url.hostname)) return false;
  if (entry.scheme !== undefined && entry.scheme !== url.protocol) return false;
  if (entry.port !== undefined) return entry.port === portOf(url);
  return url.port === '' || isLoopbackName(url.hostname);
}

function hostMatches(pattern: string, hostname: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === hostname;
  const dot = hostname.indexOf('.');
  return dot > 0 && hostname.slice(dot) === pattern.slice(1);
}

function portOf(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' ? '443' : '80';
}
