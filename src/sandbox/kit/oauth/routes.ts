/** The addresses of an authorization server: consent page, tokens, revocation (RFC 6749, 7636, 7009). @module */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopbackName } from '../../../core/host-list.js';
import type { Call } from '../call.js';
import { emptyReply, jsonReply, type SandboxReply } from '../reply.js';
import type { Routes } from '../route-table.js';
import { consentPage, refusalPage } from './consent-page.js';
import type { OAuthProblem } from './form.js';
import type { OAuthServer } from './server.js';

type OAuthCall = Call<unknown>;

/** Faults that act where tokens are given, by name. */
export const OAUTH_TROUBLES = {
  /** An error that comes with a status of success. */
  token_error_in_200: () => undefined,
  /** The person has taken the application out of the account. */
  access_taken_back: () => undefined,
} as const;

export function oauthRoutes(provider: string, server: OAuthServer): Routes<unknown> {
  const { form } = server;
  const { authorizePath, tokenPath, refreshPath, revocation } = form;
  const ask = (call: OAuthCall): SandboxReply => asked(provider, server, call, call.request.query);
  const decide = (call: OAuthCall): SandboxReply => decided(provider, server, call);
  const tokens = (call: OAuthCall): SandboxReply => answerTokens(server, call);
  const open = { open: true, isSecret: true } as const;
  return {
    [`GET ${authorizePath}`]: { ...open, run: ask },
    [`POST ${authorizePath}`]: { ...open, reads: true, run: decide },
    [`POST ${tokenPath}`]: { ...open, run: tokens },
    ...(refreshPath !== undefined && { [`POST ${refreshPath}`]: { ...open, run: tokens } }),
    ...(revocation !== undefined && {
      [revocation.route]: {
        ...(revocation.by === 'bearer' ? { isSecret: true } : open),
        run: (call: OAuthCall) => revoked(server, call),
      },
    }),
  };
}

interface Asked {
  redirect: URL;
  state: string | undefined;
  scopes: string[];
  challenge?: string;
}

/** The checks before a redirect is safe, and those whose failure is told by one. */
function readRequest({ form, clientId }: OAuthServer, query: URLSearchParams): Asked | string {
  const redirectUri = query.get('redirect_uri') ?? '';
  const redirect = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined;
  if (query.get('client_id') !== clientId) return 'There is no application with this client_id.';
  const isSafe =
    redirect?.protocol === 'https:' || (redirect?.protocol === 'http:' && isLoopbackName(redirect.hostname));
  if (redirect === undefined || !isSafe || redirect.hash !== '') return 'This redirect_uri is not registered.';
  const challenge = form.takesPkce ? (query.get('code_challenge') ?? undefined) : undefined;
  const scopes = (query.get('scope') ?? '').split(form.separator).filter((scope) => scope !== '');
  return { redirect, state: query.get('state') ?? undefined, scopes, ...(challenge !== undefined && { challenge }) };
}

function asked(provider: string, server: OAuthServer, call: OAuthCall, query: URLSearchParams): SandboxReply {
  const read = readRequest(server, query);
  if (typeof read === 'string') return refusalPage(provider, read);
  const wrongMethod = read.challenge !== undefined && query.get('code_challenge_method') !== 'S256';
  if (query.get('response_type') !== 'code') return sentBack(read, { error: 'unsupported_response_type' });
  if (wrongMethod) return sentBack(read, { error: 'invalid_request' });
  return consentPage({
    provider,
    action: call.address + call.request.path,
    scopes: read.scopes,
    isGranular: server.form.isGranular === true,
    request: query.toString(),
  });
}

function decided(provider: string, server: OAuthServer, call: OAuthCall): SandboxReply {
  const { request, decision, scope } = call.fields;
  const query = new URLSearchParams(typeof request === 'string' ? request : '');
  const read = readRequest(server, query);
  if (typeof read === 'string') return refusalPage(provider, read);
  if (decision !== 'allow') return sentBack(read, { error: 'access_denied' });
  const chosen = Array.isArray(scope) ? scope : [];
  const scopes = server.form.isGranular === true ? read.scopes.filter((one) => chosen.includes(one)) : read.scopes;
  const isOffline = server.form.isOffline?.(Object.fromEntries(query), server.isFirst) ?? true;
  const { challenge } = read;
  const redirectUri = query.get('redirect_uri')!;
  const nonce = query.get('nonce');
  const consent = {
    redirectUri,
    scopes,
    isOffline,
    ...(challenge !== undefined && { challenge }),
    ...(nonce !== null && { nonce }),
  };
  return sentBack(read, { code: server.agree(consent, call.nowMs) });
}

function sentBack({ redirect, state }: Asked, answer: Record<string, string>): SandboxReply {
  for (const [name, value] of Object.entries(answer)) redirect.searchParams.set(name, value);
  if (state !== undefined) redirect.searchParams.set('state', state);
  return emptyReply(302, { location: redirect.href, 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
}

function answerTokens(server: OAuthServer, call: OAuthCall): SandboxReply {
  const { form } = server;
  if (call.trouble === 'token_error_in_200') return jsonReply(200, { ok: false, error: 'temporarily_unavailable' });
  if (call.trouble === 'access_taken_back') server.endAll();
  if (!isClient(server, call)) return form.refuses(call, 'client');
  const isJson = /^application\/json/i.test(call.request.headers['content-type'] ?? '');
  if (form.body === 'json' && !isJson) return form.refuses(call, 'grant_type');
  const { refreshPath } = form;
  // Where renewals have an address of their own, the kind of grant is what is asked where.
  const isRenewal =
    refreshPath === undefined ? textOf(call, 'grant_type') === 'refresh_token' : call.request.path === refreshPath;
  if (isRenewal) {
    const renewed = form.refreshTokens === 'none' ? undefined : server.renew(textOf(call, 'refresh_token'), call.nowMs);
    return renewed === undefined ? form.refuses(call, 'refresh') : form.grants(call, renewed);
  }
  const grant = textOf(call, 'grant_type') || 'authorization_code';
  if (grant === 'client_credentials' && form.hasMachines === true) {
    const scopes = textOf(call, 'scope')
      .split(/[\s,]+/)
      .filter((scope) => scope !== '');
    return form.grants(call, server.machine(scopes, call.nowMs));
  }
  return grant === 'authorization_code' ? exchanged(server, call) : form.refuses(call, 'grant_type');
}

function exchanged(server: OAuthServer, call: OAuthCall): SandboxReply {
  const { form } = server;
  const found = server.look(textOf(call, 'code'), call.nowMs);
  const refuse = (problem: OAuthProblem): SandboxReply => form.refuses(call, problem);
  if (found === 'unknown') return refuse('code');
  if (found === 'used') return refuse('code_used');
  if (textOf(call, 'redirect_uri') !== found.redirectUri) return refuse('redirect');
  if (!fitsChallenge(found.challenge, textOf(call, 'code_verifier'))) return refuse('verifier');
  return form.grants(call, server.redeem(found, call.nowMs));
}

/** A verifier without a challenge is as wrong as a challenge without a verifier (RFC 9700, section 2.1.1). */
function fitsChallenge(challenge: string | undefined, verifier: string): boolean {
  if (challenge === undefined) return verifier === '';
  return createHash('sha256').update(verifier).digest('base64url') === challenge;
}

function revoked(server: OAuthServer, call: OAuthCall): SandboxReply {
  const { by, token, done, unknown } = server.form.revocation!;
  if (by === 'client' && !isClient(server, call)) return server.form.refuses(call, 'client');
  const value = token(call);
  if (value === 'account') server.endAll();
  const hadOne = value === 'account' || (value !== undefined && server.end(value));
  return hadOne ? done(call) : unknown(call);
}

/** The client's id and secret, from the header (RFC 6749, section 2.3.1) or the body. */
function isClient({ form, clientId, clientSecret }: OAuthServer, call: OAuthCall): boolean {
  const [, basic] = /^Basic\s+(\S+)$/i.exec(call.request.headers['authorization'] ?? '') ?? [];
  if (basic !== undefined) {
    const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(/:(.*)/s).map(decoded);
    return same(id, clientId) && same(secret, clientSecret);
  }
  return (
    form.client === 'post' &&
    same(textOf(call, 'client_id'), clientId) &&
    same(textOf(call, 'client_secret'), clientSecret)
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
}

function same(given: string, known: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(known));
}

function textOf({ fields }: OAuthCall, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

/** The error of RFC 6749, section 5.2, as most servers say it. */
export function standardRefusal(
  problem: OAuthProblem,
  words: Partial<Record<OAuthProblem, string>> = {},
): SandboxReply {
  const error =
    problem === 'client' ? 'invalid_client' : problem === 'grant_type' ? 'unsupported_grant_type' : 'invalid_grant';
  const error_description = words[problem];
  return jsonReply(problem === 'client' ? 401 : 400, {
    error,
    ...(error_description !== undefined && { error_description }),
  });
}
