/** A small page without script and without anything from elsewhere. @module */
import type { ServerResponse } from 'node:http';
import { PAGE_HEADERS } from './page-headers.js';

export interface Page {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Whole lines of `set-cookie`. */
  cookies?: readonly string[];
}

export interface PageContent {
  status: number;
  title: string;
  says: readonly string[];
  form?: { action: string; link: string; button: string; newWindow: boolean };
  /** Further forms, each a button with what it carries. */
  forms?: readonly { action: string; fields: Readonly<Record<string, string>>; ask?: string; button: string }[];
  links?: readonly { href: string; text: string }[];
  /** Origin that the form leads to in the end. */
  formTo?: string;
  /** Origins whose pages may show this one in a frame. */
  frameIn?: readonly string[];
}

/** The policy says who may show it. */
const { 'x-frame-options': _nobody, ...embeddable } = PAGE_HEADERS;

/** The whole page. Every text in it is escaped. */
export function page({ status, title, says, form, formTo, frameIn = [], forms = [], links = [] }: PageContent): Page {
  const ancestors = frameIn.length === 0 ? "'none'" : frameIn.join(' ');
  const policy = [
    "default-src 'none'",
    `form-action 'self'${formTo === undefined ? '' : ` ${formTo}`}`,
    `frame-ancestors ${ancestors}`,
    "base-uri 'none'",
  ].join('; ');
  const lines = says.map((line) => `<p>${escaped(line)}</p>`).join('\n');
  const anchors = links.map(({ href, text }) => `<p><a href="${escaped(href)}">${escaped(text)}</a></p>\n`);
  const buttons = forms.map(({ action, fields, ask, button: label }) => {
    const input =
      ask === undefined ? '' : `<label>${escaped(ask)} <input name="${escaped(ask)}" autocomplete="off"></label> `;
    const hidden = Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
    );
    return `<form method="post" action="${escaped(action)}">${hidden.join('')}${input}<button type="submit">${escaped(label)}</button></form>\n`;
  });
  const button = (form === undefined ? '' : formOf(form)) + anchors.join('') + buttons.join('');
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<main>
<h1>${escaped(title)}</h1>
${lines}
${button}</main>
</html>
`;
  return {
    status,
    body,
    headers: {
      ...(frameIn.length === 0 ? PAGE_HEADERS : embeddable),
      'content-security-policy': policy,
      'referrer-policy': 'same-origin',
    },
  };
}

/** Writes a page to a server of node:http. */
export function send(response: ServerResponse, { status, headers, body, cookies = [] }: Page): void {
  if (response.headersSent) return;
  const set = cookies.length === 0 ? {} : { 'set-cookie': [...cookies] };
  // The rest of the body is still coming, so the connection cannot be used again.
  const end = status === 413 ? { connection: 'close' } : {};
  response.writeHead(status, { ...headers, ...set, ...end, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function formOf({ action, link, button, newWindow }: NonNullable<PageContent['form']>): string {
  const target = newWindow ? ' target="_blank"' : '';
  return `<form method="post" action="${escaped(action)}"${target}>
<input type="hidden" name="link" value="${escaped(link)}">
<button type="submit">${escaped(button)}</button>
</form>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
