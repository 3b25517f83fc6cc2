/** The page on which a person agrees or does not. It holds no script, and names nobody's address. @module */
import type { SandboxReply } from '../reply.js';

export interface ConsentQuestion {
  provider: string;
  action: string;
  scopes: readonly string[];
  /** Each scope may be left out. */
  isGranular: boolean;
  /** The query of the request, which comes back with the answer. */
  request: string;
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.4rem 1rem;margin-right:1rem}';

export function consentPage({ provider, action, scopes, isGranular, request }: ConsentQuestion): SandboxReply {
  const item = (scope: string): string => {
    const box = `<input type="checkbox" name="scope[]" value="${escaped(scope)}" checked>`;
    return `<li><label>${isGranular ? box : ''} <code>${escaped(scope)}</code></label></li>`;
  };
  return html(
    200,
    `${provider}: may this application have access?`,
    `<p>This is a simulated ${escaped(provider)}. An application on this machine asks for access to a made-up account.</p>
<form method="post" action="${escaped(action)}">
<ul>${scopes.map(item).join('\n')}</ul>
<input type="hidden" name="request" value="${escaped(request)}">
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>`,
  );
}

/** What cannot be sent back to the application, since nobody knows that the address is the application's. */
export function refusalPage(provider: string, problem: string): SandboxReply {
  return html(400, `${provider}: this request is wrong`, `<p>${escaped(problem)}</p>`);
}

function html(status: number, title: string, content: string): SandboxReply {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>
${content}</main></body></html>`,
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
