/** How a connection comes by its next token, by its grant. @module */
import type { MachineGrant } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import type { Grant, OAuthCredential } from './credential.js';
import { endpointOf } from './endpoints.js';
import { signedAssertion } from './signed-assertion.js';
import { TOKEN_ANSWER_BYTES_MAX, type TokenClient, type TokenTarget } from './token-client.js';
import { outcomeOfAnswer, outcomeOfSilence, type TokenOutcome } from './token-outcome.js';

/** Clocks differ: an assertion from the future is refused. */
const EARLIER_S = 60;
const APP_LIFE_S = 540;
const ASSERTION_LIFE_S = 3600;

type Wanted = Pick<OAuthCredential, 'grant' | 'wanted' | 'refresh_token'>;

const impossible = (says: string): TokenOutcome => ({ kind: 'refused', why: 'ended', error: 'no_refresh_token', says });

/** Asks for it. Nothing is stored here. */
export async function newToken(tokens: TokenClient, target: TokenTarget, credential: Wanted): Promise<TokenOutcome> {
  const { grant, wanted, refresh_token } = credential;
  const { scope_separator, machine = [] } = target.connector.auth;
  switch (grant.type) {
    case 'authorization_code':
      if (refresh_token === undefined) return impossible('it gave no token to renew this access with');
      return await tokens.refresh(target, refresh_token);
    case 'client_credentials':
      return await tokens.clientCredentials(target, wanted.join(scope_separator));
    default: {
      const declared = machine.find((one) => one.grant === grant.type);
      if (declared?.grant === 'app_installation' && grant.type === 'app_installation') {
        return await installationToken(tokens, target, declared, grant);
      }
      if (declared?.grant !== 'jwt_bearer' || grant.type !== 'jwt_bearer') {
        return impossible('this provider does not know such a grant');
      }
      return await tokens.assertion(target, jwtBearerAssertion(tokens, declared.audience, grant, wanted));
    }
  }
}

const nowS = ({ parts }: TokenClient): number => Math.floor(parts.clock.nowMs() / 1000);

function jwtBearerAssertion(
  tokens: TokenClient,
  audience: string,
  grant: Extract<Grant, { type: 'jwt_bearer' }>,
  wanted: readonly string[],
): string {
  const iat = nowS(tokens);
  const { email, subject, privateKey } = grant;
  const claims = { iss: email, scope: wanted.join(' '), aud: audience, iat, exp: iat + ASSERTION_LIFE_S };
  return signedAssertion(privateKey, { ...claims, ...(subject !== undefined && { sub: subject }) });
}

/** The app shows its own JWT and gets the token of one installation. */
async function installationToken(
  tokens: TokenClient,
  { connector, baseUrl }: TokenTarget,
  declared: Extract<MachineGrant, { grant: 'app_installation' }>,
  { appId, installationId, privateKey }: Extract<Grant, { type: 'app_installation' }>,
): Promise<TokenOutcome> {
  const { net, clock, timeoutMs } = tokens.parts;
  const iat = nowS(tokens) - EARLIER_S;
  const jwt = signedAssertion(privateKey, { iss: appId, iat, exp: iat + APP_LIFE_S });
  const endpoint = declared.endpoint.replace('{installation_id}', encodeURIComponent(installationId));
  const sent = await net.send({
    method: 'POST',
    url: endpointOf(connector, baseUrl, endpoint),
    headers: { ...connector.headers, authorization: `Bearer ${jwt}`, 'content-length': '0' },
    timeoutMs,
    maxAnswerBytes: TOKEN_ANSWER_BYTES_MAX,
  });
  if (!sent.ok) return outcomeOfSilence(sent.failure);
  const { auth } = connector;
  const { status } = sent.answer;
  if (status === 401)
    return { kind: 'refused', why: 'client', error: 'bad_key', says: 'it does not accept the key of the app' };
  if (status === 404 || status === 403) {
    return { kind: 'refused', why: 'ended', error: 'no_installation', says: 'the app is not installed there any more' };
  }
  const readToken = (answer: HttpAnswer) => readInstallation(answer, declared.expires_in);
  return outcomeOfAnswer({ ...auth, readToken }, sent.answer, clock.nowMs());
}

function readInstallation({ body }: HttpAnswer, expires_in: number) {
  const { token } = parseJsonObject(body) ?? {};
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,4096}$/.test(token)) return undefined;
  return { ok: true as const, access_token: token, expires_in };
}
