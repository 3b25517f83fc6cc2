/** Where programs exchange a code or a refresh token (RFC 6749, 3.2), and give one back (RFC 7009). @module */
import type { Gateway, GrantTokens, TokenRefusal } from '../../operations/index.js';
import type { Page } from './connect-page.js';
import type { WebRequest } from './web-request.js';
import { jsonPage } from './plain-page.js';

export async function answerToken(gateway: Gateway, request: WebRequest): Promise<Page> {
  await gateway.attempts.count('token', request.address);
  const problem = problemOf(request);
  if (problem !== undefined) return refusal('invalid_request', problem);
  const field = await request.fields();
  const { grants } = await gateway.login();
  const client = field('client_id');
  if (client === '') return refusal('invalid_client', 'client_id is missing');
  const [resource, scope] = [field('resource'), field('scope')];
  const given: Record<string, () => Promise<GrantTokens | TokenRefusal>> = {
    authorization_code: () =>
      grants.redeem({
        code: field('code'),
        client,
        redirectUri: field('redirect_uri'),
        verifier: field('code_verifier'),
        resource,
      }),
    refresh_token: () => grants.refresh({ token: field('refresh_token'), client, scope, resource }),
  };
  const type = field('grant_type');
  const exchange = Object.hasOwn(given, type) ? given[type] : undefined;
  if (exchange === undefined) return refusal('unsupported_grant_type', 'there are authorization_code, refresh_token');
  const answer = await exchange();
  return jsonPage('error' in answer ? 400 : 200, answer);
}

/** The answer is the same whatever the token was. */
export async function answerRevoke(gateway: Gateway, request: WebRequest): Promise<Page> {
  await gateway.attempts.count('token', request.address);
  const problem = problemOf(request);
  if (problem !== undefined) return refusal('invalid_request', problem);
  const field = await request.fields();
  const [client, token] = [field('client_id'), field('token')];
  if (client === '') return refusal('invalid_client', 'client_id is missing');
  await (await gateway.login()).grants.revokeToken(token, client);
  return jsonPage(200, {});
}

/** A credential in the address would be in every log on the way; clients have no secret that they could send. */
function problemOf({ url, headers }: WebRequest): string | undefined {
  if (url.search !== '') return 'parameters belong into the body';
  if (headers.authorization !== undefined) return 'clients have no secret here: send client_id in the body';
  const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '');
  return isForm ? undefined : 'the body is application/x-www-form-urlencoded';
}

function refusal(error: string, error_description: string): Page {
  return jsonPage(error === 'invalid_client' ? 401 : 400, { error, error_description });
}
