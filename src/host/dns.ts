/**
 * Name resolution by the operating system, so that /etc/hosts and container names count.
 *
 * @module
 */
import type { Clock, Dns } from '../core/ports.js';

const KEPT_MS = 5_000;
const KEPT_NAMES_MAX = 1_000;

/**
 * All addresses of a name, in the system's order. An answer is kept for five seconds and asked for once at a time,
 * because the system's resolver blocks one of Node's four file threads for each question. A kept answer opens no hole:
 * whoever connects checks every address again.
 */
export function realDns(clock: Clock): Dns {
  const kept = new Map<string, { untilMs: number; addresses: Promise<string[]> }>();
  return {
    resolve(host) {
      const nowMs = clock.monotonicMs();
      const known = kept.get(host);
      if (known && known.untilMs > nowMs) return known.addresses;
      const addresses = ask(host);
      kept.delete(host);
      kept.set(host, { untilMs: nowMs + KEPT_MS, addresses });
      if (kept.size > KEPT_NAMES_MAX) kept.delete(kept.keys().next().value!);
      addresses.catch(() => kept.delete(host));
      return addresses;
    },
  };
}

async function ask(host: string): Promise<string[]> {
  const { lookup } = await import('node:dns');
  return new Promise((resolve, reject) => {
    lookup(host, { all: true, verbatim: true }, (error, answers) => {
      if (error) reject(error);
      else resolve(answers.map(({ address }) => address));
    });
  });
}
