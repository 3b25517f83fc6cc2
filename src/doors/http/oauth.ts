/**
 * Our own authorization server, as its listener: what programs read, what they exchange, and the pages that people see.
 * What programs are given comes from `auth/grants`; here it is only asked for, and shown.
 *
 * @module
 */
import { isAppError } from '../../core/errors.js';
import type { Gateway } from '../../operations/index.js';
import { answerAuthorize, answerConsent } from './authorize.js';
import { page, send, type Page } from './connect-page.js';
import type { NodeListener } from './front.js';
import { answerOwnGrants } from './grant-page.js';
import { ofNode, type WebRequest } from './web-request.js';
import { jsonPage } from './plain-page.js';
import { metadataAt } from './oauth-metadata.js';
import { AUTHORIZE, CONSENT, OWN_GRANTS, REVOKE, TOKEN } from './oauth-path.js';
import { retryAfter } from './problem.js';
import { answerRevoke, answerToken } from './token.js';

export function oauthListener(gateway: Gateway): NodeListener {
  return (request, response) => {
    const asked = ofNode(request, gateway.trustedProxies);
    answer(gateway, asked)
      .catch((cause: unknown) => failure(gateway, asked, cause))
      .then(
        (given) => send(response, given),
        () => response.destroy(),
      );
  };
}

async function answer(gateway: Gateway, request: WebRequest): Promise<Page> {
  const { url, method } = request;
  const at = `${method} ${url.pathname}`;
  if (at === `GET ${AUTHORIZE}`) return await answerAuthorize(gateway, request);
  if (at === `POST ${CONSENT}`) return await answerConsent(gateway, request);
  if (at === `POST ${TOKEN}`) return await answerToken(gateway, request);
  if (at === `POST ${REVOKE}`) return await answerRevoke(gateway, request);
  if (url.pathname === OWN_GRANTS) return await answerOwnGrants(gateway, request);
  const document = method === 'GET' ? metadataAt(gateway.address(), url.pathname) : undefined;
  if (document !== undefined) return jsonPage(200, document);
  return page({ status: 404, title: 'There is nothing here', says: ['Nothing was done.'] });
}

function failure(gateway: Gateway, { url }: WebRequest, cause: unknown): Page {
  if (!isAppError(cause)) gateway.log('error', 'a request for access failed', { cause });
  const status = isAppError(cause) ? cause.row.status : 500;
  const wait = isAppError(cause) ? retryAfter(cause.view().data['retryAfterMs']) : {};
  const says = isAppError(cause) ? cause.message : 'Nothing was given. Try again.';
  const error = status >= 500 || status === 429 ? 'temporarily_unavailable' : 'invalid_request';
  const plain =
    url.pathname === TOKEN || url.pathname === REVOKE
      ? jsonPage(status, { error, error_description: says })
      : page({ status, title: 'That did not work', says: [says] });
  return { ...plain, headers: { ...plain.headers, ...wait } };
}
