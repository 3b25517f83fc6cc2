/** The page that shows what simulated providers received. It holds no script and no secret. @module */
import type { OutgoingWebhook, ReceivedRequest, SandboxProvider, SandboxReply } from './kit/index.js';

const SHOWN_MAX = 50;

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ccc; vertical-align: top; }
code, pre { font: 13px/1.4 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
@media (prefers-color-scheme: dark) { body { background: #151515; color: #ddd; } th, td { border-color: #444; } }
`;

export function pageOf(providers: readonly SandboxProvider[]): SandboxReply {
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>Simulated providers</title><style>${STYLE}</style></head>
<body><h1>Simulated providers</h1>
${providers.map(sectionOf).join('\n')}
</body></html>`;
  const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
    body,
  };
}

function sectionOf({ name, received, webhooks, faults }: SandboxProvider): string {
  const requests = received.requests.slice(-SHOWN_MAX).reverse();
  const deliveries = webhooks.deliveries.slice(-SHOWN_MAX).reverse();
  const sent = deliveries.length === 0 ? '' : table(['Webhook', 'To', 'Answer'], deliveries.map(deliveryRow));
  return `<section><h2>${escape(name)}</h2>
<p>${received.count} requests, ${webhooks.deliveries.length} webhooks, ${faults.waiting} faults waiting.</p>
${requests.length === 0 ? '' : table(['When', 'Request', 'Who', 'Answer', 'Body'], requests.map(requestRow))}
${sent}</section>`;
}

function table(titles: readonly string[], rows: readonly string[]): string {
  const head = titles.map((title) => `<th scope="col">${title}</th>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function requestRow({ atMs, method, path, token = '', status, broken, fault, body }: ReceivedRequest): string {
  const notes = [broken === undefined ? '' : `(${broken})`, fault === undefined ? '' : `fault: ${fault}`];
  return row([
    escape(new Date(atMs).toISOString()),
    `<code>${escape(`${method} ${path}`)}</code>`,
    escape(token),
    escape([String(status), ...notes].filter(Boolean).join(' ')),
    body === undefined ? '' : `<pre>${escape(JSON.stringify(body).slice(0, 2000))}</pre>`,
  ]);
}

function deliveryRow({ id, type, subscription, tries }: OutgoingWebhook): string {
  const statuses = tries.map(({ status }) => (status === 0 ? 'none' : String(status)));
  const to = URL.canParse(subscription.url) ? new URL(subscription.url).host : '';
  return row([`<code>${escape(`${type} ${id}`)}</code>`, escape(to), escape(statuses.join(', ') || 'not sent')]);
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

/** Text for HTML, in elements and quoted attributes. */
function escape(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
