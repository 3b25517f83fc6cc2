/**
 * Whom not to write to any more: what a provider of mail tells about an address, and whether an address is on a list.
 * Keeping the list is for whoever handles the events; deciding is the same for all providers.
 *
 * @module
 */
import { mailAddressOf } from './mail.js';

export type SuppressionReason = 'bounced' | 'complained' | 'unsubscribed' | 'invalid';

/** One address that takes no more mail, and why. */
export interface Suppression {
  /** As {@link suppressionKey} writes it. */
  address: string;
  reason: SuppressionReason;
  /** When it happened, Unix milliseconds, where the provider says so. */
  atMs?: number;
  /** The provider's words, at most 300 characters. */
  detail?: string;
}

/** Reads them from the body of an event, parsed; nothing for an event about something else. Total: never throws. */
export type SuppressionReader = (body: unknown) => Suppression[];

const DETAIL_CHARACTERS_MAX = 300;

/** What a connector reads from an event; `undefined` for an address that is none. */
export function suppression(
  address: unknown,
  reason: SuppressionReason,
  { atMs, detail }: { atMs?: number | undefined; detail?: unknown } = {},
): Suppression | undefined {
  const key = typeof address === 'string' ? suppressionKey(address) : undefined;
  if (key === undefined) return undefined;
  return {
    address: key,
    reason,
    ...(atMs !== undefined && { atMs }),
    ...(typeof detail === 'string' && detail !== '' && { detail: detail.slice(0, DETAIL_CHARACTERS_MAX) }),
  };
}

/** One spelling for one address: all in lower case, because no large provider tells `Ada@` from `ada@`. */
export function suppressionKey(mailbox: string): string | undefined {
  return mailAddressOf(mailbox)?.toLowerCase();
}

/** The first reason not to write to one of these mailboxes; `undefined` when nothing speaks against it. */
export function suppressedBy(
  mailboxes: string | readonly string[],
  list: Iterable<Suppression>,
): Suppression | undefined {
  const keys = new Set([mailboxes].flat().map(suppressionKey));
  for (const one of list) if (keys.has(one.address)) return one;
  return undefined;
}
