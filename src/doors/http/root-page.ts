/** What stands at the root of the listener of this machine: where somebody is, and where to go on. @module */
import { page, type Page } from './connect-page.js';
import { jsonPage } from './plain-page.js';

const TITLE = 'Fairlead';
const SAYS = 'Receives webhooks and makes calls to other services, for the programs of this machine.';

/** Paths that every server has. What needs a credential says so itself. */
const PLACES = [
  { href: '/openapi.json', text: 'The REST interface (OpenAPI 3.1)' },
  { href: '/docs/errors', text: 'Every error, with what to do' },
  { href: '/readyz', text: 'Whether it is ready' },
] as const;

/** @param accept of the request: a browser gets a page, everything else JSON */
export function rootPage(accept: string): Page {
  if (!/\btext\/html\b/i.test(accept)) {
    const places = Object.fromEntries(PLACES.map(({ href, text }) => [href, text]));
    return jsonPage(200, { name: TITLE, says: SAYS, places });
  }
  const more = 'At a terminal: fairlead status, fairlead help.';
  return page({ status: 200, title: TITLE, says: [SAYS, more], links: PLACES });
}
