/** Answers of the authorization server: the way back to programs. @module */
import type { GrantErrorCode, ReturnAddress } from '../../operations/index.js';
import type { Page } from './connect-page.js';
import { redirectPage } from './plain-page.js';

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
