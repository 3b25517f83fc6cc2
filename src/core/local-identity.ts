/**
 * Whoever presents the credential of this machine: a person, a program, or an agent that runs as that person.
 *
 * The credential is a file of one operating system user, so it proves nothing finer. What tells the three apart is what
 * the calling process is; it can only ever make itself less than the credential allows.
 *
 * @module
 */
import type { PermissionScope, Principal } from './principal.js';

/** In falling order of trust. */
export const LOCAL_TYPES = ['person', 'api_key', 'agent'] as const;
export type LocalType = (typeof LOCAL_TYPES)[number];

/** Nobody has `approve`: an approver's credential is never on disk. */
const LOCAL_SCOPES: Record<LocalType, readonly PermissionScope[]> = {
  person: ['read', 'write', 'operate', 'admin'],
  api_key: ['read', 'write', 'operate', 'admin'],
  agent: ['read', 'write', 'operate'],
};

/** Id of the credential of this machine. */
export const LOCAL_ID = 'local';

/** What an agent says about itself. It names; it allows nothing. */
export interface AgentFacts {
  client?: string;
  /** One run of the agent: calls of two runs are never taken for one. */
  session?: string;
  toolCallId?: string;
  /** The person it works for. */
  onBehalfOf?: string;
}

const FACT_CHARACTERS_MAX = 64;
const FACT = /^[\x20-\x7e]+$/;

export function localPrincipal(
  type: LocalType,
  id: string,
  via: Principal['via'],
  facts: AgentFacts | string = {},
): Principal {
  const principal: Principal = { type, id, scopes: LOCAL_SCOPES[type], via };
  if (type !== 'agent') return principal;
  const { onBehalfOf, ...agent } = shownFacts(typeof facts === 'string' ? { client: facts } : facts);
  return {
    ...principal,
    ...(Object.keys(agent).length > 0 && { agent }),
    ...(onBehalfOf !== undefined && { onBehalfOf: { type: 'person', id: onBehalfOf } }),
  };
}

/** They go into the audit log and into headers. */
function shownFacts(facts: AgentFacts): AgentFacts {
  const shown = Object.entries(facts).flatMap(([name, value]: [string, string | undefined]) => {
    const text = value?.slice(0, FACT_CHARACTERS_MAX);
    return text !== undefined && FACT.test(text) ? [[name, text] as const] : [];
  });
  return Object.fromEntries(shown);
}

/** The lesser of what the credential grants and what the caller states; a type nobody knows is the least. */
export function restrictType(granted: LocalType, stated: string | undefined): LocalType {
  if (stated === undefined) return granted;
  const index = LOCAL_TYPES.findIndex((type) => type === stated);
  return LOCAL_TYPES[Math.max(LOCAL_TYPES.indexOf(granted), index < 0 ? LOCAL_TYPES.length - 1 : index)]!;
}
