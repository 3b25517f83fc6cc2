/**
 * A program asks a person for access, and the person answers. Only somebody who has signed in with a browser can: no key,
 * no token, no agent. Who asks is shown by what cannot be invented, the hosts; what it calls itself is a quotation.
 *
 * @module
 */
import {
  csrfToken,
  readGrantRequest,
  type Gateway,
  type GrantRequest,
  type Grants,
  type SignedIn,
} from '../../operations/index.js';
import { page, type Page } from './connect-page.js';
import type { WebRequest } from './web-request.js';
import { backPage, refusedPage } from './oauth-answer.js';
import { redirectPage } from './plain-page.js';
import { CONSENT } from './oauth-path.js';
import { personByForm, signedInBy } from './session-cookie.js';

/** What the page of signing in can lead back to. */
const PATH_CHARACTERS_MAX = 1_900;

const SAYS: Record<string, string> = {
  read: 'see what is here: events, calls, connections, the audit log',
  write: 'act: call providers and send in your name, as far as the policy lets an agent',
  operate: 'run again what failed, and stop and continue queues',
};

export async function answerAuthorize(gateway: Gateway, request: WebRequest): Promise<Page> {
  await gateway.attempts.count('page', request.address);
  const { url } = request;
  const signedIn = await signedInBy(gateway, request);
  if (signedIn === undefined) return toSignIn(url);
  const { person } = signedIn;
  if (person.role === undefined) {
    return problemPage(403, 'You have no role here yet', 'Ask an admin for one; until then there is nothing to give.');
  }
  const { grants } = await gateway.login();
  const found = await grants.clients.find(url.searchParams.get('client_id') ?? '', () =>
    gateway.attempts.count('document', person.id),
  );
  if (!found.ok) return problemPage(400, 'This program cannot ask for access', `It was not let in: ${found.problem}.`);
  const read = readGrantRequest(url.searchParams, found.client, grants.resources);
  if (read.kind === 'unknown') return problemPage(400, 'This program cannot ask for access', read.problem);
  if (read.kind === 'refused') return refusedPage(grants.issuer, read.to, read.error, read.description);
  return await decide(grants, read.request, signedIn);
}

function toSignIn({ pathname, search }: URL): Page {
  const path = pathname + search;
  if (path.length > PATH_CHARACTERS_MAX) {
    return problemPage(400, 'This request is too long', 'Sign in first, and begin again in the program.');
  }
  return redirectPage(`/login?${new URLSearchParams({ return_to: path })}`);
}

/** Asks, unless the answer is known and nobody else could be asking: an https address is its owner's alone. */
async function decide(grants: Grants, request: GrantRequest, signedIn: SignedIn & { cookie: string }): Promise<Page> {
  const { person, session, cookie } = signedIn;
  const within = grants.within(person, request.scopes);
  if (within.length === 0) {
    return refusedPage(grants.issuer, request, 'access_denied', 'the role of this person covers nothing of the scope');
  }
  const known = await grants.known(person, request);
  const isCertain = request.redirectUri.startsWith('https:') && !request.asksAgain;
  if (known !== undefined && isCertain) {
    const code = await grants.code(known, request);
    if (code !== undefined) return backPage(grants.issuer, request, { code });
  }
  const fields = { csrf: csrfToken(cookie), asked: await grants.ask(session.id, person, request) };
  return consentPage(request, within, grants.environment, person.email ?? person.id, known !== undefined, fields);
}

function consentPage(
  { client, redirectUri, scopes }: GrantRequest,
  within: readonly string[],
  environment: string,
  who: string,
  isKnown: boolean,
  fields: Record<string, string>,
): Page {
  const { id, host, name } = client;
  const asks = host ?? name;
  const target = placeOf(redirectUri);
  const withheld = scopes.filter((scope) => !within.includes(scope));
  return page({
    status: 200,
    title: `${asks} asks for access`,
    says: [
      host === undefined
        ? `An operator made it known as "${name}" (${id}).`
        : `It says of itself, at ${id}: "${name}". Nobody here has checked that.`,
      `You are ${who}. In ${environment}, it would be allowed to:`,
      ...within.map((scope) => `- ${SAYS[scope]} (${scope})`),
      ...(withheld.length === 0 ? [] : [`It also asks for ${withheld.join(', ')}, which your role does not cover.`]),
      'It acts as an agent, in your name. It approves nothing, and sees and changes no secret, source or connection.',
      `The answer goes to ${target.says}.`,
      ...(target.isHere ? ['That is this machine: allow it only if you began this yourself, just now.'] : []),
      ...(isKnown ? ['You have allowed this before.'] : []),
    ],
    forms: [
      { action: CONSENT, fields: { ...fields, decision: 'allow' }, button: `Allow ${asks}` },
      { action: CONSENT, fields: { ...fields, decision: 'deny' }, button: 'Do not allow it' },
    ],
    formTo: target.source,
  });
}

interface Place {
  says: string;
  isHere: boolean;
  /** A source of the content security policy; there is none for an address of IPv6. */
  source: string;
}

function placeOf(redirectUri: string): Place {
  const { protocol, host, hostname, origin } = new URL(redirectUri);
  if (protocol === 'https:') return { says: host, isHere: false, source: origin };
  if (protocol !== 'http:') return { says: `the app of ${protocol}`, isHere: true, source: protocol };
  return { says: host, isHere: true, source: hostname.startsWith('[') ? 'http:' : origin };
}

export async function answerConsent(gateway: Gateway, request: WebRequest): Promise<Page> {
  await gateway.attempts.count('page', request.address);
  const field = await request.fields();
  const { person, session } = await personByForm(gateway, request, field('csrf'));
  const { grants } = await gateway.login();
  const asked = await grants.answered(field('asked'), session.id, person);
  if (asked === undefined) {
    return problemPage(403, 'This page is over', 'It was answered, or it is too old. Begin again in the program.');
  }
  if (field('decision') !== 'allow') {
    await grants.refused(person, asked);
    return refusedPage(grants.issuer, asked, 'access_denied', 'the person did not allow it');
  }
  const grant = await grants.agreed(person, asked);
  const code = grant && (await grants.code(grant, asked));
  if (code === undefined)
    return refusedPage(grants.issuer, asked, 'access_denied', 'there is nothing to give any more');
  return backPage(grants.issuer, asked, { code });
}

function problemPage(status: number, title: string, says: string): Page {
  return page({ status, title, says: [says, 'Nothing was given.'] });
}
