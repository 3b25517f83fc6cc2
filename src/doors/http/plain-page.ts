/** Answers that nobody reads as a page: JSON for programs, and the way to another address. @module */
import { page, type Page } from './connect-page.js';

export function jsonPage(status: number, value: unknown): Page {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  return { status, headers, body: JSON.stringify(value) };
}

/**
 * Sends the browser on. Where it was, nobody is told.
 *
 * @param cookies whole lines of `set-cookie`
 */
export function redirectPage(to: string, cookies: readonly string[] = []): Page {
  const plain = page({ status: 303, title: 'On the way', says: [] });
  const headers = { ...plain.headers, location: to, 'referrer-policy': 'no-referrer' };
  return { ...plain, headers, ...(cookies.length > 0 && { cookies }) };
}
