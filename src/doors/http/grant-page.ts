/** What somebody has given to programs, for themselves: a list, each with a button that takes it back. @module */
import { csrfToken, GRANT_PLACE, operationNamed, runOperation, type Gateway } from '../../operations/index.js';
import { page, type Page } from './connect-page.js';
import type { WebRequest } from './web-request.js';
import { redirectPage } from './plain-page.js';
import { OWN_GRANTS } from './oauth-path.js';
import { personByForm, signedInBy } from './session-cookie.js';

const SHOWN_MAX = 100;

export async function answerOwnGrants(gateway: Gateway, request: WebRequest): Promise<Page> {
  return request.method === 'POST' ? await takeBack(gateway, request) : await list(gateway, request);
}

async function list(gateway: Gateway, request: WebRequest): Promise<Page> {
  const signedIn = await signedInBy(gateway, request);
  if (signedIn === undefined) return redirectPage(`/login?${new URLSearchParams({ return_to: OWN_GRANTS })}`);
  const { person, cookie } = signedIn;
  const { rows } = await gateway.store.grants.list(GRANT_PLACE, { person: person.id }, { limit: SHOWN_MAX });
  const open = rows.filter(({ revokedAtMs }) => revokedAtMs === undefined);
  return page({
    status: 200,
    title: 'Programs that act for you',
    says: open.length === 0 ? ['There are none.'] : ['Each can be ended; it ends at once.'],
    forms: open.map(({ id, client, scopes, environment }) => ({
      action: OWN_GRANTS,
      fields: { csrf: csrfToken(cookie), grant: id },
      button: `End ${client}: ${scopes.join(', ')} in ${environment}`,
    })),
    links: [{ href: '/login', text: 'Back' }],
  });
}

async function takeBack(gateway: Gateway, request: WebRequest): Promise<Page> {
  const field = await request.fields();
  const { person } = await personByForm(gateway, request, field('csrf'));
  const grant = await gateway.store.grants.get(GRANT_PLACE, field('grant'));
  if (grant?.person === person.id) {
    const principal = { type: 'person', id: person.id, scopes: ['read', 'admin'], via: 'rest' } as const;
    await runOperation(gateway, operationNamed('grants.revoke'), { scope: GRANT_PLACE, principal }, { id: grant.id });
  }
  return redirectPage(OWN_GRANTS);
}
