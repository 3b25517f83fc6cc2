/**
 * Who presents which bearer token: the one of this machine (`keys/local.json`), the one that the operator set as
 * FAIRLEAD_API_KEY, or a key that was made with `fairlead key create`.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isApiKey, principalOfKey, type KeyRing } from '../../core/api-key.js';
import { AppError } from '../../core/errors.js';
import { LOCAL_ID, localPrincipal, restrictType, type AgentFacts, type LocalType } from '../../core/local-identity.js';
import { scopesOfRole, type PersonRow } from '../../core/people.js';
import type { GrantRow } from '../../core/grant.js';
import type { PermissionScope, Principal } from '../../core/principal.js';
import type { ResourceName } from '../../core/protected-resource.js';
import { DEFAULT_TENANT, type Environment } from '../../core/scope.js';

export interface Identity {
  tenant: string;
  principal: Principal;
  /** The only environment that the credential is good for; absent means every one. */
  environment?: Environment;
  /** Of a program that a person let in: what that person could still give it. */
  possible?: readonly PermissionScope[];
}

/** What the caller says about itself. It can only make it less than its token. */
export interface Statement {
  principalType: string | undefined;
  agentClient: string | undefined;
  agentSession?: string | undefined;
  toolCallId?: string | undefined;
  onBehalfOf?: string | undefined;
}

/** @throws AppError `unauthenticated`, `key_limited`. */
export type Identify = (
  authorization: string | undefined,
  stated: Statement,
  via: Principal['via'],
) => Identity | Promise<Identity>;

/** For tokens that are known without asking anybody. */
type IdentifyAtOnce = (...parameters: Parameters<Identify>) => Identity;

/** A key that is set by hand must not be one that can be guessed. */
export const API_KEY_CHARACTERS_MIN = 20;

/** @throws AppError `config_invalid` for an API key that is too short to be one. */
export function knownCredentials(tokens: { local: string; apiKey?: string | undefined }): IdentifyAtOnce {
  if (tokens.apiKey !== undefined && tokens.apiKey.length < API_KEY_CHARACTERS_MIN) {
    const problem = `it has fewer than ${API_KEY_CHARACTERS_MIN} characters; take a random one`;
    throw new AppError('config_invalid', { where: 'FAIRLEAD_API_KEY', problem });
  }
  const known: { hash: Buffer; granted: LocalType; id: string }[] = [
    { hash: sha256(tokens.local), granted: 'person', id: LOCAL_ID },
  ];
  if (tokens.apiKey !== undefined) known.push({ hash: sha256(tokens.apiKey), granted: 'api_key', id: 'env' });

  return (authorization, stated, via) => {
    const token = tokenIn(authorization);
    if (token === undefined) throw new AppError('unauthenticated', { problem: 'No credential came with the request.' });
    const hash = sha256(token);
    // Hashes have one length and are compared in constant time, all of them.
    const found = known.filter((credential) => timingSafeEqual(credential.hash, hash))[0];
    if (found === undefined) throw new AppError('unauthenticated', { problem: 'The credential is not one of ours.' });
    const type = restrictType(found.granted, stated.principalType);
    return { tenant: DEFAULT_TENANT, principal: localPrincipal(type, found.id, via, factsIn(stated)) };
  };
}

/** The known tokens, and the keys of the store. */
export function withKeys(known: Identify, keys: KeyRing): Identify {
  return async (authorization, stated, via) => {
    const token = tokenIn(authorization);
    if (token === undefined || !isApiKey(token)) return await known(authorization, stated, via);
    const key = await keys.identify(token);
    const { tenant, environment } = key;
    return { tenant, environment, principal: principalOfKey(key, stated.principalType, via, factsIn(stated)) };
  };
}

/** Recognises access tokens of people who signed in. */
export interface PeopleRing {
  ofAccessToken(token: string): Promise<{ person: PersonRow; session: { createdAtMs: number } } | undefined>;
}

/** The known tokens and keys, and those of people. What a person may decide, they decide on a page, not by a token. */
export function withPeople(known: Identify, people: () => Promise<PeopleRing>): Identify {
  return async (authorization, stated, via) => {
    const token = jwtIn(authorization);
    if (token === undefined) return await known(authorization, stated, via);
    const found = await (await people()).ofAccessToken(token);
    if (found === undefined) throw notOurs();
    const { tenant, id, role } = found.person;
    const acting = localPrincipal(restrictType('person', stated.principalType), id, via, factsIn(stated));
    const granted = scopesOfRole(role);
    const scopes = acting.scopes.filter((scope) => granted.includes(scope));
    return { tenant, principal: { ...acting, scopes, signedInAtMs: found.session.createdAtMs } };
  };
}

/** Recognises access tokens of programs that people let in. */
export interface GrantRing {
  ofAccessToken(token: string, resource: ResourceName): Promise<GrantedAccess | undefined>;
}

interface GrantedAccess {
  tenant: string;
  environment: Environment;
  grant: GrantRow;
  scopes: readonly PermissionScope[];
  possible: readonly PermissionScope[];
}

/**
 * As `known`, and tokens of programs that are for this resource and no other. At the door for agents, a person's own
 * token is none: it is for all of Fairlead, and the door takes only what is for it.
 */
export function withGrants(known: Identify, grants: () => Promise<GrantRing>, resource: ResourceName): Identify {
  return async (authorization, stated, via) => {
    const token = jwtIn(authorization);
    if (token === undefined) return await known(authorization, stated, via);
    const found = await (await grants()).ofAccessToken(token, resource);
    if (found !== undefined) return identityOf(found, stated, via);
    if (resource === 'mcp') throw notOurs();
    return await known(authorization, stated, via);
  };
}

/** For a listener that strangers reach: nothing but tokens of programs opens anything. */
export const grantsOnly = (grants: () => Promise<GrantRing>, resource: ResourceName): Identify =>
  withGrants(
    (authorization) => {
      if (authorization !== undefined) throw notOurs();
      throw new AppError('unauthenticated', { problem: 'No credential came with the request.' });
    },
    grants,
    resource,
  );

/** A program is an agent that acts for its person, whatever it says of itself. */
function identityOf(
  { tenant, environment, grant, scopes, possible }: GrantedAccess,
  { agentSession: session, toolCallId }: Statement,
  via: Principal['via'],
): Identity {
  const client = URL.canParse(grant.client) ? new URL(grant.client).host : grant.client;
  const facts = { client, session, toolCallId, onBehalfOf: grant.person };
  const present = Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
  return { tenant, environment, possible, principal: { ...localPrincipal('agent', grant.id, via, present), scopes } };
}

const jwtIn = (authorization: string | undefined): string | undefined =>
  /^Bearer ([\w-]+\.[\w-]*\.[\w-]*)$/i.exec(authorization ?? '')?.[1];

const notOurs = (): AppError =>
  new AppError('unauthenticated', { problem: 'The token is not one of ours for this, or it is over.' });

function tokenIn(authorization: string | undefined): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
}

function factsIn({ agentClient: client, agentSession: session, toolCallId, onBehalfOf }: Statement): AgentFacts {
  const facts = Object.entries({ client, session, toolCallId, onBehalfOf });
  return Object.fromEntries(facts.filter(([, fact]) => fact !== undefined));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
