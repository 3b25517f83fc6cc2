/**
 * The pages of connecting an account: what a link opens, the way to the provider, the callback, and what came of it.
 * Reached from outside, by browsers: nothing here takes a credential of ours, and nothing of a request is shown.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isAppError } from '../../core/errors.js';
import { beginConnect, CONNECT_FAILURES, finishConnect, type Connected, type Gateway } from '../../operations/index.js';
import { page, type Page } from './connect-page.js';
import { CALLBACK, CONNECT, SETTINGS } from './connect-path.js';
import type { NodeListener } from './front.js';

const FORM_BYTES_MAX = 16_384;
const COOKIE_S = 600;

export function connectListener(gateway: Gateway): NodeListener {
  return (request, response) => {
    answer(gateway, request).then(
      (given) => send(response, given),
      (cause: unknown) => {
        if (!isAppError(cause)) gateway.log('error', 'a page could not be shown', { cause });
        send(
          response,
          page({ status: 500, title: 'Something went wrong on our side', says: ['Nothing was connected. Try again.'] }),
        );
      },
    );
  };
}

async function answer(gateway: Gateway, request: IncomingMessage): Promise<Page> {
  const url = new URL(request.url ?? '/', 'http://here.invalid');
  const [, connect] = CONNECT.exec(url.pathname) ?? [];
  const isGet = request.method === 'GET';
  if (connect !== undefined && isGet) return await connectPage(gateway, connect, url.searchParams);
  if (connect !== undefined && request.method === 'POST') return await start(gateway, connect, request);
  const [, provider] = CALLBACK.exec(url.pathname) ?? [];
  if (provider !== undefined && isGet) return await callback(gateway, provider, url.searchParams, request);
  if (url.pathname === SETTINGS && isGet) return await resultPage(gateway, url.searchParams);
  return page({ status: 405, title: 'This page cannot be used like that', says: ['Nothing was done.'] });
}

const overPage = (): Page =>
  page({
    status: 403,
    title: 'This link is over',
    says: ['It is for somebody else, or its time has passed. Ask for a new one where you got it.'],
  });

/** What a link opens: whose access is asked for, and a button. A link alone does nothing. */
async function connectPage(gateway: Gateway, provider: string, query: URLSearchParams): Promise<Page> {
  const { links, flow, embedIn } = await gateway.connecting();
  const text = query.get('link') ?? '';
  const link = links.open(provider, text);
  if (link === undefined) return overPage();
  const { title, auth } = flow.connector(provider);
  const isEmbedded = query.get('embed') === '1';
  const asks = link.wanted.length === 0 ? [] : [`It asks for: ${link.wanted.join(', ')}.`];
  return page({
    status: 200,
    title: `Connect ${title}`,
    says: [`You will be asked by ${title} whether this application may have access to your account.`, ...asks],
    form: { action: `/connect/${provider}`, link: text, button: `Connect ${title}`, newWindow: isEmbedded },
    // A form that leads to a redirect is held to this list, too.
    formTo: await providerOrigin(gateway, provider, link.scope.environment, auth.authorization_endpoint),
    frameIn: isEmbedded ? embedIn : [],
  });
}

async function providerOrigin(
  gateway: Gateway,
  provider: string,
  environment: 'sandbox' | 'live',
  endpoint: string,
): Promise<string> {
  const { flow, baseUrlOf } = await gateway.connecting();
  const baseUrl = baseUrlOf(provider, environment);
  return new URL(baseUrl === flow.connector(provider).baseUrl ? endpoint : baseUrl).origin;
}

/** Begins the flow, bound to this browser by a cookie, and sends it to the provider. */
async function start(gateway: Gateway, provider: string, request: IncomingMessage): Promise<Page> {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return overPage();
  const form = new URLSearchParams(await readForm(request));
  const { links } = await gateway.connecting();
  const link = links.open(provider, form.get('link') ?? '');
  if (link === undefined) return overPage();
  try {
    const { authorizationUrl, flow, binding } = await beginConnect(gateway, provider, link, 'browser');
    return redirect(authorizationUrl, cookie(gateway, flow, binding, COOKIE_S));
  } catch (error) {
    if (!isAppError(error, 'config_invalid')) throw error;
    return failurePage('not_configured', undefined);
  }
}

async function callback(
  gateway: Gateway,
  provider: string,
  query: URLSearchParams,
  request: IncomingMessage,
): Promise<Page> {
  const { flow } = await gateway.connecting();
  const name = flow.flowOf(query.get('state'));
  const binding = name === undefined ? undefined : cookieOf(request, cookieName(gateway, name));
  // Begun at a terminal, or somebody else's: nothing is used up, and whoever has a terminal takes it there.
  if (name !== undefined && binding === undefined && query.has('code')) return pastePage();
  const ended = await finishConnect(gateway, provider, query, binding);
  const { returnTo } = await gateway.connecting();
  const gone = name === undefined ? undefined : cookie(gateway, name, '', 0);
  return redirect(withOutcome(gateway, returnTo, provider, ended), gone);
}

function withOutcome(gateway: Gateway, returnTo: string, provider: string, ended: Connected): string {
  const url = new URL(returnTo, gateway.address());
  if (ended.kind === 'connected') url.searchParams.set('success', provider);
  if (ended.kind === 'failed') {
    url.searchParams.set('error', ended.reason);
    url.searchParams.set('provider', provider);
    url.searchParams.set('id', ended.id);
  }
  return url.href;
}

const pastePage = (): Page =>
  page({
    status: 200,
    title: 'Back to the terminal',
    says: [
      'Copy the whole address of this page and paste it where fairlead asks for it.',
      'If you did not begin this at a terminal, close this page: it was begun in another browser.',
    ],
  });

async function resultPage(gateway: Gateway, query: URLSearchParams): Promise<Page> {
  const success = query.get('success');
  if (success !== null) {
    const title = (await gateway.connectors()).find(({ provider }) => provider === success)?.title ?? 'The account';
    return page({ status: 200, title: `${title} is connected`, says: ['You can close this page.'] });
  }
  const reason = query.get('error');
  if (reason === null)
    return page({ status: 200, title: 'Connections', says: ['See them with: fairlead connection list'] });
  const id = query.get('id');
  return failurePage(reason, id !== null && /^req_[0-9a-z]{26}$/.test(id) ? id : undefined);
}

/** Words of our own alone: what stands in an address was written by anybody. */
function failurePage(reason: string, id: string | undefined): Page {
  const known = Object.hasOwn(CONNECT_FAILURES, reason) ? (reason as keyof typeof CONNECT_FAILURES) : 'internal';
  const { title, help } = CONNECT_FAILURES[known];
  return page({ status: 200, title, says: [help, ...(id === undefined ? [] : [`Id: ${id}`])] });
}

function redirect(to: string, setCookie: string | undefined): Page {
  const plain = page({ status: 303, title: 'On the way', says: [] });
  return { ...plain, headers: { ...plain.headers, location: to, ...(setCookie && { 'set-cookie': setCookie }) } };
}

/** Over https the name binds the cookie to this host and this host alone; without it, browsers refuse such a name. */
function cookieName(gateway: Gateway, flow: string): string {
  return `${isHttps(gateway) ? '__Host-' : ''}fairlead-connect-${flow}`;
}

function cookie(gateway: Gateway, flow: string, value: string, seconds: number): string {
  const secure = isHttps(gateway) ? '; Secure' : '';
  return `${cookieName(gateway, flow)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`;
}

const isHttps = (gateway: Gateway): boolean => gateway.address().startsWith('https:');

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(/;\s*/);
  const found = pairs.filter((pair) => pair.startsWith(`${name}=`));
  // Two of one name were not both set by us.
  return found.length === 1 ? found[0]!.slice(name.length + 1) : undefined;
}

async function readForm(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.byteLength;
    if (bytes > FORM_BYTES_MAX) return '';
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, { status, headers, body }: Page): void {
  if (response.headersSent) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
