/** Every verb of the store by name, over an engine. @module */
import type { Store } from '../../core/store.js';
import { apiKeys } from './api-keys.js';
import { approvals } from './approvals.js';
import { audit } from './audit.js';
import { calls } from './calls.js';
import { clients } from './clients.js';
import { connections } from './connections.js';
import type { Engine } from './engine.js';
import { events } from './events.js';
import { grants } from './grants.js';
import { jobs } from './jobs.js';
import { lead } from './leader.js';
import { limits } from './limits.js';
import { nodes } from './nodes.js';
import { people } from './people.js';
import { renewals } from './renewals.js';
import { secrets } from './secrets.js';
import { sessions } from './sessions.js';
import { sources } from './sources.js';
import { spend } from './spend.js';
import { state } from './state.js';
import { system } from './system.js';
import { tenants } from './tenants.js';
import { tickets } from './tickets.js';

/** All of the store but what opens and closes it. */
export type VerbGroups = Omit<Required<Store>, 'capabilities' | 'hints' | 'system'> & {
  system: Omit<Store['system'], 'close'>;
};

type OverEngine<Verb> = Verb extends (...args: infer Args) => infer Result
  ? (engine: Engine, ...args: Args) => Result
  : never;

type Verbs = {
  [Group in keyof VerbGroups]: { [Verb in keyof VerbGroups[Group]]: OverEngine<VerbGroups[Group][Verb]> };
};

const VERBS: Verbs = {
  sources,
  events,
  jobs,
  calls,
  state,
  secrets,
  connections,
  apiKeys,
  approvals,
  people,
  sessions,
  clients,
  grants,
  tenants,
  spend,
  renewals,
  tickets,
  audit,
  system,
  nodes,
  leader: { lead },
  limits,
};

/** The store's face: every verb with this engine in its place. */
export function verbsOver(engine: Engine): VerbGroups {
  const groups = Object.entries(VERBS).map(([group, verbs]) => {
    const bound = Object.entries(verbs as Record<string, (engine: Engine, ...args: unknown[]) => unknown>).map(
      ([verb, run]) => [verb, (...args: unknown[]) => run(engine, ...args)] as const,
    );
    return [group, Object.fromEntries(bound)] as const;
  });
  return Object.fromEntries(groups) as unknown as VerbGroups;
}
