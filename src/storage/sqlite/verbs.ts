/** Every verb of the store by name, as functions over the engine. @module */
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
import { Packed } from './packed.js';
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
import type { VerbCall, VerbGroups } from './verb-lanes.js';

type Synchronous<Verb> = Verb extends (...args: infer Args) => Promise<infer Result>
  ? (engine: Engine, ...args: Args) => Result | Packed<Result>
  : never;

type Verbs = {
  [Group in keyof VerbGroups]: { [Verb in keyof VerbGroups[Group]]: Synchronous<VerbGroups[Group][Verb]> };
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
  nodes,
  system,
};

type AnyVerb = (engine: Engine, ...args: unknown[]) => unknown;

const BY_NAME = new Map<string, AnyVerb>(
  Object.entries(VERBS).flatMap(([group, verbs]) =>
    Object.entries(verbs as Record<string, AnyVerb>).map(([verb, run]) => [`${group}.${verb}`, run] as const),
  ),
);

/** Runs a verb for whoever takes the answer here. */
export function runVerb(engine: Engine, call: VerbCall): unknown {
  const answer = runForMessage(engine, call);
  return answer instanceof Packed ? answer.unpack() : answer;
}

/** These read nothing that waits for the end of its group: a job that a call wakes was set aside before. */
const ADDING: ReadonlySet<string> = new Set(['events.accept', 'audit.append', 'calls.begin', 'calls.settle']);

/** Runs a verb for a message to another thread: the answer may be {@link Packed}. */
export function runForMessage(engine: Engine, { name, args }: VerbCall): unknown {
  // Every other verb may read the tables.
  if (!ADDING.has(name)) engine.settle();
  return BY_NAME.get(name)!(engine, ...args);
}
