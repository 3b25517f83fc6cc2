/**
 * The pages of connecting an account: what a link opens, the way to the provider, the callback, and what came of it.
 * Reached from outside, by browsers: nothing here takes a credential of ours, and nothing of a request is shown.
 *
 * @module
 */
import { isAppError } from '../../core/errors.js';
import {
  beginConnect,
  CONNECT_FAILURES,
  finishConnect,
  openLink,
  type Connected,
  type Gateway,
} from '../../operations/index.js';
import { page, send, type Page } from './connect-page.js';
import { CALLBACK, CONNECT, SETTINGS } from './connect-path.js';
import type { NodeListener } from './front.js';
import { ofNode, type WebRequest } from './web-request.js';
import { redirectPage } from './plain-page.js';
import { retryAfter } from './problem.js';
import { cookie, cookieOf } from './session-cookie.js';

const COOKIE_S = 600;

export function connectListener(gateway: Gateway): NodeListener {
  return (request, response) => {
    answer(gateway, ofNode(request, gateway.trustedProxies)).then(
      (given) => send(response, given),
      (cause: unknown) => send(response, failure(gateway, cause)),
    );
  };
}

/** What the request did wrong is said to whoever sent it; the rest is for whoever runs this. */
function failure(gateway: Gateway, cause: unknown): Page {
  if (isAppError(cause) && cause.row.status < 500) {
    const plain = page({ status: cause.row.status, title: 'That did not work', says: [cause.message] });
    return { ...plain, headers: { ...plain.headers, ...retryAfter(cause.view().data['retryAfterMs']) } };
  }
  gateway.log('error', 'a page could not be shown', { cause });
  const says = ['Nothing was connected. Try again.'];
  return page({ status: 500, title: 'Something went wrong on our side', says });
}

async function answer(gateway: Gateway, request: WebRequest): Promise<Page> {
  const { url } = request;
  const [, connect] = CONNECT.exec(url.pathname) ?? [];
  const isGet = request.method === 'GET';
  if (connect !== undefined && isGet) return await connectPage(gateway, connect, url.searchParams);
  if (connect !== undefined && request.method === 'POST') return await start(gateway, connect, request);
  const [, provider] = CALLBACK.exec(url.pathname) ?? [];
  if (provider !== undefined && isGet) return await callback(gateway, provider, url.searchParams, request);
  if (url.pathname === SETTINGS && isGet) return await resultPage(gateway, url.searchParams);
  return page({ status: 405, title: 'This page cannot be used like that', says: ['Nothing was done.'] });
}

function overPage(kind: 'over' | 'maker_over'): Page {
  if (kind === 'maker_over') return failurePage(kind, undefined, 410);
  return page({
    status: 403,
    title: 'This link is over',
    says: ['It is for somebody else, or its time has passed. Ask for a new one where you got it.'],
  });
}

/** What a link opens: whose access is asked for, and a button. A link alone does nothing. */
async function connectPage(gateway: Gateway, provider: string, query: URLSearchParams): Promise<Page> {
  const { flow, embedIn } = await gateway.connecting();
  const text = query.get('link') ?? '';
  const opened = await openLink(gateway, provider, text);
  if (opened.kind !== 'link') return overPage(opened.kind);
  const { link } = opened;
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
async function start(gateway: Gateway, provider: string, request: WebRequest): Promise<Page> {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return overPage('over');
  const field = await request.fields();
  const opened = await openLink(gateway, provider, field('link'));
  if (opened.kind !== 'link') return overPage(opened.kind);
  const { link } = opened;
  try {
    const { authorizationUrl, flow, binding } = await beginConnect(gateway, provider, link, 'browser');
    return redirectPage(authorizationUrl, [cookie(gateway, cookieName(flow), binding, COOKIE_S)]);
  } catch (error) {
    if (!isAppError(error, 'config_invalid')) throw error;
    return failurePage('not_configured', undefined);
  }
}

async function callback(
  gateway: Gateway,
  provider: string,
  query: URLSearchParams,
  request: WebRequest,
): Promise<Page> {
  // Before the state is looked at: a guess costs as much as what is right.
  await gateway.attempts.count('callback', request.address);
  const { flow } = await gateway.connecting();
  const name = flow.flowOf(query.get('state'));
  const binding = name === undefined ? undefined : cookieOf(gateway, request, cookieName(name));
  // Begun at a terminal, or somebody else's: nothing is used up, and whoever has a terminal takes it there.
  if (name !== undefined && binding === undefined && query.has('code')) return pastePage();
  const ended = await finishConnect(gateway, provider, query, binding);
  const { returnTo } = await gateway.connecting();
  const gone = name === undefined ? [] : [cookie(gateway, cookieName(name), '', 0)];
  return redirectPage(withOutcome(gateway, returnTo, provider, ended), gone);
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
function failurePage(reason: string, id: string | undefined, status = 200): Page {
  const known = Object.hasOwn(CONNECT_FAILURES, reason) ? (reason as keyof typeof CONNECT_FAILURES) : 'internal';
  const { title, help } = CONNECT_FAILURES[known];
  return page({ status, title, says: [help, ...(id === undefined ? [] : [`Id: ${id}`])] });
}

const cookieName = (flow: string): string => `fairlead-connect-${flow}`;
