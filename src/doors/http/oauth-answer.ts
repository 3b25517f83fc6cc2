/** Answers of the authorization server: JSON for programs, and the way back to them. @module */
import type { GrantErrorCode, ReturnAddress } from '../../operations/index.js';
import { page, type Page } from './connect-page.js';

export function jsonPage(status: number, value: unknown): Page {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  return { status, headers, body: JSON.stringify(value) };
}

/** Sends the browser on. Where it was, nobody is told. */
export function redirectPage(to: string): Page {
  const plain = page({ status: 303, title: 'On the way', says: [] });
  return { ...plain, headers: { ...plain.headers, location: to, 'referrer-policy': 'no-referrer' } };
}

/** Back to the program, with who answers (RFC 9207), so that it takes no other server's answer for ours. */
export function backPage(issuer: string, { redirectUri, state }: ReturnAddress, given: Record<string, string>): Page {
  const to = new URL(redirectUri);
  const answer = { ...given, ...(state !== undefined && { state }), iss: issuer };
  for (const [name, value] of Object.entries(answer)) to.searchParams.set(name, value);
  return redirectPage(to.href);
}

export function refusedPage(issuer: string, to: ReturnAddress, error: GrantErrorCode, description: string): Page {
  return backPage(issuer, to, { error, error_description: description });
}
