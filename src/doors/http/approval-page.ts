/**
 * The page behind the address of an approval: what is asked, in full, and a form. Whoever has the address sees it; who
 * decides is somebody who has signed in and may, or an approver with the passphrase. No script, nothing from elsewhere, and what a provider or an agent wrote is text.
 *
 * @module
 */
import { AppError, toAppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import type { Principal } from '../../core/principal.js';
import { scopesOfRole } from '../../core/people.js';
import {
  csrfToken,
  isApprovalLink,
  operationNamed,
  runOperation,
  SIGNED_IN_VERDICTS,
  type Gateway,
} from '../../operations/index.js';
import { clientAddress } from './client-address.js';
import { retryAfter } from './problem.js';
import { PAGE_HEADERS, styleSource } from './page-headers.js';
import { personByForm, signedInBy } from './session-cookie.js';

const FORM_BYTES_MAX = 16 * 1024;

const STYLE =
  'body{font:1rem/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:1rem}dt{font-weight:600}dd{overflow-wrap:anywhere}label{display:block;margin:.5rem 0}';

const HEADERS = {
  ...PAGE_HEADERS,
  'content-security-policy': `default-src 'none'; style-src ${styleSource(STYLE)}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  // A post from here says from where it comes, and nothing else hears of the address.
  'referrer-policy': 'same-origin',
};

/** Whoever holds the address; it opens this one page and nothing else. */
const HOLDER: Principal = { type: 'person', id: 'link', scopes: ['read'], via: 'rest' };

export async function showApproval(
  gateway: Gateway,
  id: string,
  signature: string,
  request: Request,
): Promise<Response> {
  return await answered(gateway, id, signature, async (caller) => {
    const approval = (await runOperation(gateway, operationNamed('approvals.get'), caller, { id })) as Shown;
    return page(
      `${approval.action} in ${approval.environment}`,
      facts(approval) + (approval.state === 'pending' ? await forms(gateway, id, signature, request) : ''),
    );
  });
}

export async function decideByPage(
  gateway: Gateway,
  id: string,
  signature: string,
  request: Request,
  peer: string | undefined,
): Promise<Response> {
  return await answered(gateway, id, signature, async (caller) => {
    const forwarded = request.headers.get('x-forwarded-for') ?? undefined;
    await gateway.attempts.count('decision', clientAddress(peer, forwarded, gateway.trustedProxies));
    const text = await request.text();
    if (text.length > FORM_BYTES_MAX) throw new AppError('body_too_large', { limitBytes: FORM_BYTES_MAX });
    const fields = new URLSearchParams(text);
    const verb = fields.get('decision');
    if (verb !== 'approve' && verb !== 'reject') throw invalid('decision', 'it is approve or reject');
    const csrf = fields.get('csrf');
    if (csrf === null) await decideByPassphrase(gateway, caller, id, verb, fields);
    else await decideSignedIn(gateway, caller, id, verb, { csrf, request });
    const approval = (await runOperation(gateway, operationNamed('approvals.get'), caller, { id })) as Shown;
    return page(`${approval.action} in ${approval.environment}`, facts(approval));
  });
}

async function decideByPassphrase(
  gateway: Gateway,
  caller: Caller,
  id: string,
  verb: 'approve' | 'reject',
  fields: URLSearchParams,
): Promise<void> {
  const approver = fields.get('approver') || undefined;
  const input = { id, passphrase: fields.get('passphrase') ?? '', ...(approver && { approver }) };
  await runOperation(gateway, operationNamed(`approvals.${verb}`), caller, input);
}

/** With the token of the session, from this page: no other site makes a browser decide. */
async function decideSignedIn(
  gateway: Gateway,
  { scope }: Caller,
  id: string,
  verb: 'approve' | 'reject',
  { csrf, request }: { csrf: string; request: Request },
): Promise<void> {
  // Whoever brings a token or a key is a program, whatever cookie comes with it.
  if (request.headers.has('authorization'))
    throw new AppError('not_an_approver', { problem: 'Programs do not decide.' });
  const { person, session } = await personByForm(gateway, headersOf(request), csrf);
  if (person.tenant !== scope.tenant) throw new AppError('not_found', { what: 'approval', id });
  const principal: Principal = { type: 'person', id: person.id, scopes: scopesOfRole(person.role), via: 'rest' };
  await runOperation(gateway, SIGNED_IN_VERDICTS[verb], { scope, principal }, { id, session: session.id });
}

const headersOf = ({ headers }: Request) => ({ headers: Object.fromEntries(headers) });

type Caller = Parameters<typeof runOperation>[2];

interface Shown extends Record<string, unknown> {
  action: string;
  environment: string;
  state: string;
  request: { method: string; url: string; headers: Record<string, string>; body?: string };
}

async function answered(
  gateway: Gateway,
  id: string,
  signature: string,
  run: (caller: Caller) => Promise<string>,
): Promise<Response> {
  try {
    const row = await gateway.store.system.approval(id);
    // The same answer for what is not there and for what was not signed by us.
    if (row === undefined || !isApprovalLink(gateway, row, signature)) {
      throw new AppError('not_found', { what: 'approval', id: id.slice(0, 100) });
    }
    const scope = { tenant: row.tenant, environment: row.environment };
    return new Response(await run({ scope, principal: HOLDER }), { headers: HEADERS });
  } catch (thrown) {
    const error = toAppError(thrown, () => newId('request', gateway.clock, gateway.random));
    if (error.code === 'internal') gateway.log('error', 'a page failed', { cause: error.cause });
    const { title, detail, help } = error.view();
    const body = `<p>${escaped(detail)}</p><p>${escaped(help)}</p>`;
    const wait = retryAfter(error.view().data['retryAfterMs']);
    return new Response(page(title, body), { status: error.row.status, headers: { ...HEADERS, ...wait } });
  }
}

function facts({ request, ...rest }: Shown): string {
  const rows = Object.entries(rest).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`;
  });
  const head = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  const sent = [`${request.method} ${request.url}`, ...head, '', request.body ?? ''].join('\n');
  return `<dl>${rows.join('')}</dl><h2>Exactly this is sent</h2><pre>${escaped(sent)}</pre>`;
}

/** By who is signed in and may decide; and by passphrase. */
async function forms(gateway: Gateway, id: string, signature: string, request: Request): Promise<string> {
  const signedIn = await signedInBy(gateway, headersOf(request));
  if (signedIn === undefined) return passphraseForm(id, signature);
  const { person, cookie } = signedIn;
  const name = escaped(person.email ?? person.id);
  if (!scopesOfRole(person.role).includes('approve')) {
    const role = person.role ?? 'without a role';
    return `<p>You are signed in as ${name}, ${role}: approvers and admins decide.</p>${passphraseForm(id, signature)}`;
  }
  return `<form method="post" action="/approvals/${escaped(id)}?s=${escaped(signature)}">
<p>You decide as ${name}.</p>
<input type="hidden" name="csrf" value="${csrfToken(cookie)}">
<button name="decision" value="approve">Approve and send</button>
<button name="decision" value="reject">Reject</button>
</form>
<h2>Or by passphrase</h2>${passphraseForm(id, signature)}`;
}

function passphraseForm(id: string, signature: string): string {
  return `<form method="post" action="/approvals/${escaped(id)}?s=${escaped(signature)}">
<label>Who decides <input name="approver" autocomplete="username"></label>
<label>Passphrase <input name="passphrase" type="password" required autocomplete="current-password"></label>
<button name="decision" value="approve">Approve and send</button>
<button name="decision" value="reject">Reject</button>
</form>`;
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width">
<style>${STYLE}</style>
</head><body><h1>${escaped(title)}</h1>${body}</body></html>`;
}

/** Control characters, which could turn the order of what is read, are shown as what they are. */
function escaped(text: string): string {
  return text
    .replace(/[^\P{C}\n\t]/gu, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)
    .replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
