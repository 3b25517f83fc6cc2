/** Every verb of the store by name, as functions over the engine, and where each of them runs. @module */
import type { Store } from '../../core/store.js';
import { audit } from './audit.js';
import { calls } from './calls.js';
import type { Engine } from './engine.js';
import { events } from './events.js';
import { jobs } from './jobs.js';
import { secrets } from './secrets.js';
import { sources } from './sources.js';
import { state } from './state.js';
import { system } from './system.js';

type Groups = Omit<Store, 'capabilities' | 'system'> & { system: Omit<Store['system'], 'close'> };

type Synchronous<Verb> = Verb extends (...args: infer Args) => Promise<infer Result>
  ? (engine: Engine, ...args: Args) => Result
  : never;

type Verbs = { [Group in keyof Groups]: { [Verb in keyof Groups[Group]]: Synchronous<Groups[Group][Verb]> } };

export const VERBS: Verbs = { sources, events, jobs, calls, state, secrets, audit, system };

/** `group.verb` */
export type VerbName = { [Group in keyof Verbs & string]: `${Group}.${keyof Verbs[Group] & string}` }[keyof Verbs];

type AnyVerb = (engine: Engine, ...args: unknown[]) => unknown;

const BY_NAME = new Map<string, AnyVerb>(
  Object.entries(VERBS).flatMap(([group, verbs]) =>
    Object.entries(verbs as Record<string, AnyVerb>).map(([verb, run]) => [`${group}.${verb}`, run] as const),
  ),
);

/** Reads that go past the writer. The others, also small reads that the start of a program needs, go through it. */
const READS: ReadonlySet<string> = new Set<VerbName>([
  'events.get',
  'events.list',
  'jobs.get',
  'jobs.list',
  'jobs.depth',
  'calls.get',
  'calls.list',
  'state.get',
  'secrets.list',
  'audit.search',
  'audit.get',
  'system.auditRows',
  'system.auditLeaves',
  'system.auditTiles',
  'system.auditCheckpoints',
]);

/** Reads of the whole file, which would keep other reads waiting. */
const SWEEPS: ReadonlySet<string> = new Set<VerbName>(['system.integrity', 'system.backup']);

export type Lane = 'write' | 'read' | 'sweep';

export function laneOf(name: VerbName): Lane {
  if (READS.has(name)) return 'read';
  return SWEEPS.has(name) ? 'sweep' : 'write';
}

export interface VerbCall {
  name: VerbName;
  args: unknown[];
}

export function runVerb(engine: Engine, { name, args }: VerbCall): unknown {
  return BY_NAME.get(name)!(engine, ...args);
}

/** The store's face over whatever carries its calls to an engine. */
export function facade(submit: (call: VerbCall) => Promise<unknown>): Omit<Store, 'capabilities'> {
  const groups = Object.entries(VERBS).map(([group, verbs]) => {
    const methods = Object.keys(verbs).map((verb) => {
      const name = `${group}.${verb}` as VerbName;
      return [verb, (...args: unknown[]) => submit({ name, args })] as const;
    });
    return [group, Object.fromEntries(methods)] as const;
  });
  return Object.fromEntries(groups) as unknown as Omit<Store, 'capabilities'>;
}
