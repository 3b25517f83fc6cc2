/**
 * Signing in, for people with a browser and for applications. Nothing of a request is shown, nothing but a POST with the
 * token of its session changes anything, and a browser is sent to a path of ours or to an address that is listed.
 *
 * @module
 */
import { AppError, isAppError } from '../../core/errors.js';
import { appOf, safeReturnPath } from '../../core/return-path.js';
import {
  csrfToken,
  loginConnector,
  SIGN_IN_FAILURES,
  writeFirstAdmin,
  writeSignIn,
  type Gateway,
  type SignInEnd,
  type SignInWish,
  type TokenPair,
} from '../../operations/index.js';
import { page, send, type Page } from './connect-page.js';
import type { NodeListener } from './front.js';
import { JWKS, LOGIN_PROVIDER } from './login-path.js';
import { ofNode, type WebRequest } from './web-request.js';
import { OWN_GRANTS } from './oauth-path.js';
import { jsonPage, redirectPage } from './plain-page.js';
import { retryAfter } from './problem.js';
import { cookie, cookieOf, personByForm, SESSION, signedInBy } from './session-cookie.js';

const FLOW_S = 600;
const COOKIE_S = 12 * 3_600;
const CHALLENGE = /^[\w-]{43}$/;
const STATE_CHARACTERS_MAX = 500;

export function loginListener(gateway: Gateway): NodeListener {
  return (request, response) => {
    answerLogin(gateway, ofNode(request, gateway.trustedProxies)).then(
      (given) => send(response, given),
      () => response.destroy(),
    );
  };
}

/** One request to a page of signing in. Whatever fails is an answer. */
export async function answerLogin(gateway: Gateway, request: WebRequest): Promise<Page> {
  try {
    return await answer(gateway, request);
  } catch (cause) {
    return failure(gateway, request, cause);
  }
}

function failure(gateway: Gateway, { url }: WebRequest, cause: unknown): Page {
  if (!isAppError(cause)) gateway.log('error', 'a sign-in failed', { cause });
  const status = isAppError(cause) ? cause.row.status : 500;
  const says = isAppError(cause) ? [cause.message] : ['Nobody was signed in. Try again.'];
  const wait = isAppError(cause) ? retryAfter(cause.view().data['retryAfterMs']) : {};
  const isForPrograms = url.pathname === '/login/token' || url.pathname === JWKS;
  const error = status >= 500 || status === 429 ? 'temporarily_unavailable' : 'invalid_request';
  const plain = isForPrograms
    ? jsonPage(status, { error, error_description: says[0] })
    : page({ status, title: 'That did not work', says });
  return { ...plain, headers: { ...plain.headers, ...wait } };
}

async function answer(gateway: Gateway, request: WebRequest): Promise<Page> {
  const { url, method, address } = request;
  const isGet = method === 'GET';
  const isPost = method === 'POST';
  if (url.pathname === JWKS && isGet) return await keySet(gateway);
  if (url.pathname === '/login' && isGet) return await home(gateway, request, url.searchParams);
  if (url.pathname === '/login/token' && isPost) return await exchange(gateway, request);
  if (url.pathname === '/login/logout' && isPost) return await logout(gateway, request);
  if (url.pathname === '/login/admin' && isPost) return await becomeAdmin(gateway, request);
  const [, provider, isCallback] = LOGIN_PROVIDER.exec(url.pathname) ?? [];
  if (provider !== undefined && isGet) {
    await gateway.attempts.count('page', address);
    const run = isCallback === undefined ? begin : callback;
    return await run(gateway, provider, url.searchParams, request);
  }
  return page({ status: 405, title: 'This page cannot be used like that', says: ['Nothing was done.'] });
}

async function keySet(gateway: Gateway): Promise<Page> {
  const keys = (await (await gateway.login()).keys.all()).map(({ jwk }) => jwk);
  const plain = jsonPage(200, { keys });
  return { ...plain, headers: { ...plain.headers, 'cache-control': 'public, max-age=300' } };
}

/** Who is signed in, or the ways to sign in. */
async function home(gateway: Gateway, request: WebRequest, query: URLSearchParams): Promise<Page> {
  const { signIn } = await gateway.login();
  const reason = query.get('error');
  const known = reason !== null && Object.hasOwn(SIGN_IN_FAILURES, reason);
  const says = known ? [SIGN_IN_FAILURES[reason as keyof typeof SIGN_IN_FAILURES]] : [];
  const signedIn = await signedInBy(gateway, request);
  if (signedIn !== undefined) {
    const { person, cookie } = signedIn;
    const csrf = csrfToken(cookie);
    const forms = [
      { action: '/login/logout', fields: { csrf }, button: 'Sign out' },
      { action: '/login/admin', fields: { csrf }, ask: 'code', button: 'Become the first admin' },
    ];
    return page({
      status: 200,
      title: 'Signed in',
      says: [...says, `As ${person.email ?? person.id}, ${person.role ?? 'without a role'}.`],
      forms,
      links: [{ href: OWN_GRANTS, text: 'Programs that act for you' }],
    });
  }
  const returnTo = query.get('return_to');
  const then = returnTo === null ? '' : `?${new URLSearchParams({ return_to: safeReturnPath(returnTo) })}`;
  const links = signIn
    .connectors()
    .map(({ provider, title }) => ({ href: `/login/${provider}${then}`, text: `Sign in with ${title}` }));
  return page({ status: 200, title: 'Sign in', says, links });
}

async function begin(gateway: Gateway, provider: string, query: URLSearchParams): Promise<Page> {
  const { signIn } = await gateway.login();
  const connector = loginConnector(signIn, provider);
  const wish = await wishOf(gateway, query);
  const redirectUri = `${gateway.address()}/login/${provider}/callback`;
  const { authorizationUrl, flow, binding } = await signIn.begin(connector, redirectUri, wish);
  return redirectPage(authorizationUrl, [cookie(gateway, `fairlead-login-${flow}`, binding, FLOW_S)]);
}

/** @throws AppError `invalid_argument` for an application that is not listed, or a way that it may not take */
async function wishOf(gateway: Gateway, query: URLSearchParams): Promise<SignInWish> {
  const redirectUri = query.get('redirect_uri');
  if (redirectUri === null) return { kind: 'page', returnTo: safeReturnPath(query.get('return_to') ?? '/login') };
  const app = appOf((await gateway.login()).apps, redirectUri);
  if (app === undefined) throw invalid('redirect_uri', 'it is not listed');
  const state = query.get('state') ?? undefined;
  if ((state?.length ?? 0) > STATE_CHARACTERS_MAX) throw invalid('state', 'it is too long');
  const wish = { kind: 'app' as const, redirectUri, ...(state !== undefined && { state }) };
  if (query.get('response_mode') === 'fragment') {
    if (app.fragment === undefined || app.fragment === false)
      throw invalid('response_mode', 'a fragment is not enabled');
    return { ...wish, mode: app.fragment === 'session' ? 'session' : 'exchange' };
  }
  const challenge = query.get('code_challenge') ?? '';
  if (query.get('code_challenge_method') !== 'S256' || !CHALLENGE.test(challenge)) {
    throw invalid('code_challenge', 'a challenge made by S256 is needed');
  }
  return { ...wish, mode: 'code', challenge };
}

async function callback(
  gateway: Gateway,
  provider: string,
  query: URLSearchParams,
  request: WebRequest,
): Promise<Page> {
  const { signIn } = await gateway.login();
  const flow = signIn.flowOf(query.get('state'));
  const name = `fairlead-login-${flow ?? ''}`;
  const ended = await signIn.finish(provider, query, cookieOf(gateway, request, name));
  const gone = cookie(gateway, name, '', 0);
  if (ended.kind === 'signed_in') await gateway.attempts.count('person', ended.person.id);
  await writeSignIn(gateway, provider, ended);
  if (ended.kind === 'failed') return failed(ended, gone);
  return ended.wish.kind === 'page'
    ? await toPage(gateway, request, ended, ended.wish.returnTo, gone)
    : redirectPage(await toApp(gateway, ended.person.id, ended.wish), [gone]);
}

function failed({ reason, wish, uses = [] }: Extract<SignInEnd, { kind: 'failed' }>, gone: string): Page {
  if (wish?.kind === 'app') {
    const at = new URL(wish.redirectUri);
    at.searchParams.set('error', reason === 'access_denied' ? 'access_denied' : reason);
    if (wish.state !== undefined) at.searchParams.set('state', wish.state);
    return redirectPage(at.href, [gone]);
  }
  const more = uses.length === 0 ? [] : [`The account with this address signs in with ${uses.join(' or ')}. Use that.`];
  const plain = page({
    status: 403,
    title: 'You are not signed in',
    says: [SIGN_IN_FAILURES[reason], ...more],
    links: [{ href: '/login', text: 'Back' }],
  });
  return { ...plain, cookies: [gone] };
}

/** The session before ends: nobody who knew it is signed in by this. */
async function toPage(
  gateway: Gateway,
  request: WebRequest,
  { person }: Extract<SignInEnd, { kind: 'signed_in' }>,
  returnTo: string,
  gone: string,
): Promise<Page> {
  const { sessions } = await gateway.login();
  const before = await signedInBy(gateway, request);
  if (before !== undefined) await sessions.end(before.session.id);
  const value = await sessions.beginCookie(person.id);
  return redirectPage(returnTo, [gone, cookie(gateway, SESSION, value, COOKIE_S)]);
}

async function toApp(gateway: Gateway, person: string, wish: Extract<SignInWish, { kind: 'app' }>): Promise<string> {
  const { sessions } = await gateway.login();
  const { redirectUri, mode, challenge = '', state } = wish;
  const given = new URLSearchParams(state === undefined ? {} : { state });
  if (mode === 'code') {
    const at = new URL(redirectUri);
    at.searchParams.set('code', await sessions.issueCode(person, challenge));
    for (const [name, value] of given) at.searchParams.set(name, value);
    return at.href;
  }
  if (mode === 'session') {
    gateway.log('warn', 'a session token was given out in the fragment of an address', { person });
    given.set('token', await sessions.issueAccess(person));
  } else {
    given.set('token', await sessions.issueExchange(person));
  }
  return `${redirectUri}#${given}`;
}

/** RFC 6749, sections 4.1.3 and 6, as JSON or as a form. */
async function exchange(gateway: Gateway, request: WebRequest): Promise<Page> {
  const { sessions } = await gateway.login();
  await gateway.attempts.count('token', request.address);
  const given = await request.fields();
  const pairs: Record<string, () => Promise<TokenPair | undefined>> = {
    authorization_code: () => sessions.redeemCode(given('code'), given('code_verifier')),
    refresh_token: () => sessions.refresh(given('refresh_token')),
    exchange_token: () => sessions.redeemExchange(given('token')),
  };
  const grant = given('grant_type');
  const redeem = Object.hasOwn(pairs, grant) ? pairs[grant] : undefined;
  if (redeem === undefined) return jsonPage(400, { error: 'unsupported_grant_type' });
  const pair = await redeem();
  return pair === undefined ? jsonPage(400, { error: 'invalid_grant' }) : jsonPage(200, pair);
}

/** By the cookie with its token, or by an access token. */
async function logout(gateway: Gateway, request: WebRequest): Promise<Page> {
  const { sessions } = await gateway.login();
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    const found = await sessions.ofAccessToken(bearer);
    if (found === undefined) return jsonPage(401, { error: 'invalid_token' });
    await sessions.end(found.session.id);
    return jsonPage(200, {});
  }
  const { session } = await confirmed(gateway, request);
  await sessions.end(session.id);
  return redirectPage('/login', [cookie(gateway, SESSION, '', 0)]);
}

async function becomeAdmin(gateway: Gateway, request: WebRequest): Promise<Page> {
  const { sessions, signIn } = await gateway.login();
  const { person, given } = await confirmed(gateway, request);
  await gateway.attempts.count('admin_code', person.id);
  const isRight = await sessions.redeemAdminCode(given('code'));
  const set = isRight ? await gateway.store.people.firstAdmin(signIn.scope, person.id) : 'there_is_one';
  await writeFirstAdmin(gateway, person, set === 'set');
  if (set !== 'set')
    return page({
      status: 403,
      title: 'Nothing was changed',
      says: ['The code is not right, it is over, or there is an admin already.'],
    });
  gateway.log('warn', 'somebody became the first admin', { person: person.id });
  return page({
    status: 200,
    title: 'You are an admin now',
    says: ['Sign in again.'],
    links: [{ href: '/login', text: 'Sign in' }],
  });
}

/** Whoever posts from a page of ours. @throws AppError `untrusted_origin`, `unauthenticated` */
async function confirmed(gateway: Gateway, request: WebRequest) {
  const given = await request.fields();
  return { ...(await personByForm(gateway, request, given('csrf'))), given };
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
