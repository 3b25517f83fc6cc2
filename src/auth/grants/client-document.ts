/**
 * A client's own document: what it says of itself at the address that is its id (draft-ietf-oauth-client-id-metadata-
 * document). Everything in it was written by whoever has that host. Pure.
 *
 * @module
 */
import { parseJsonObject } from '../../core/json.js';
import { problemOfRedirect } from '../../core/return-path.js';

/** A program that can ask for access. */
export interface Client {
  /** An id of ours, or the https address of its document. */
  id: string;
  /** As it calls itself, without what cannot be seen; proves nothing. */
  name: string;
  redirectUris: readonly string[];
  /** The host that its document lies on; absent where an operator made it known. */
  host?: string;
}

/** A client, or what is wrong with it, in words for people. */
export type ClientFound = { ok: true; client: Client } | { ok: false; problem: string };

const ID_CHARACTERS_MAX = 500;
const NAME_CHARACTERS_MAX = 80;
const REDIRECTS_MAX = 20;
export const REDIRECT_CHARACTERS_MAX = 1_000;

/** Whether a text is the address of a document: https, a path, and nothing by which two texts would be one address. */
export function isDocumentId(text: string): boolean {
  if (text.length > ID_CHARACTERS_MAX || !/^https:\/\/[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '' && !/[?#\\]/.test(text);
  // What the parser changes (case, default ports, dot segments) has two spellings.
  return isPlain && url.href === text && url.pathname !== '/';
}

/** What a redirect address must be to be taken from anybody; `undefined` when it can be. */
export function problemOfClientRedirect(text: string): string | undefined {
  if (text.length > REDIRECT_CHARACTERS_MAX) return `it is longer than ${REDIRECT_CHARACTERS_MAX} characters`;
  if (!/^[\x21-\x7e]+$/.test(text)) return 'it holds characters that no address has';
  return problemOfRedirect(text);
}

/** Reads a document that was found at `id`. */
export function readDocument(id: string, bytes: Uint8Array): ClientFound {
  const document = parseJsonObject(bytes);
  if (document === undefined) return wrong('it is no JSON object');
  if (document['client_id'] !== id) return wrong('it is about another client_id than its own address');
  const method = document['token_endpoint_auth_method'] ?? 'none';
  if (method !== 'none' || document['client_secret'] !== undefined) {
    return wrong('it asks for a way to prove itself that is not offered; there is none but PKCE');
  }
  const grants = document['grant_types'];
  if (grants !== undefined && !(Array.isArray(grants) && grants.includes('authorization_code'))) {
    return wrong('its grant_types are without authorization_code');
  }
  const redirects = document['redirect_uris'];
  if (!Array.isArray(redirects) || redirects.length === 0 || redirects.length > REDIRECTS_MAX) {
    return wrong(`its redirect_uris are no list of 1 to ${REDIRECTS_MAX}`);
  }
  for (const one of redirects as unknown[]) {
    const problem = typeof one === 'string' ? problemOfClientRedirect(one) : 'it is no text';
    if (problem !== undefined) return wrong(`one of its redirect_uris cannot be used: ${problem}`);
  }
  const { host } = new URL(id);
  const name = shownName(document['client_name']) ?? host;
  return { ok: true, client: { id, name, redirectUris: redirects as string[], host } };
}

/** A name as a page may show it: nothing that turns or hides what stands beside it. */
export function shownName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  const plain = name
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim()
    .slice(0, NAME_CHARACTERS_MAX);
  return plain === '' ? undefined : plain;
}

const LOOPBACK = /^(127\.0\.0\.1|\[::1\]|localhost)$/;

/**
 * The registered address that a given one is: the same text, or, on this machine, the same but for the port
 * (RFC 8252, section 7.3).
 */
export function registeredRedirect(registered: readonly string[], given: string): string | undefined {
  if (problemOfClientRedirect(given) !== undefined) return undefined;
  return registered.find((one) => one === given) ?? registered.find((one) => isSameButPort(one, given));
}

function isSameButPort(registered: string, given: string): boolean {
  if (!URL.canParse(registered)) return false;
  const [one, two] = [new URL(registered), new URL(given)];
  if (one.protocol !== 'http:' || !LOOPBACK.test(one.hostname)) return false;
  one.port = two.port;
  return one.href === two.href && given === two.href;
}

function wrong(problem: string): ClientFound {
  return { ok: false, problem };
}
