/** What every part of the store's suite is given: a framework, a fresh store on virtual time, things to put into it. @module */
import { newId } from '../../core/ids.js';
import { isAppError } from '../../core/errors.js';
import type { Clock } from '../../core/ports.js';
import type { Scope } from '../../core/scope.js';
import { SeededRandom } from '../../core/seeded-random.js';
import type { Store } from '../../core/store.js';
import { VirtualClock } from '../virtual-clock.js';
import { Fixtures } from './fixtures.js';

/** The part of a test framework that the suite uses; vitest, jest and node:test with an `expect` fit. */
export interface TestFramework {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
  expect(actual: unknown, message?: string): Expectation;
}

export interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toMatchObject(expected: object): void;
}

/** A store that was opened for one test. */
export interface StoreUnderTest {
  store: Store;
  /** Ends it as a killed process does, where the driver can. */
  crash?(): void;
  /** Opens again what a crash or `system.close()` left. */
  reopen?(): Promise<StoreUnderTest>;
  /** A second handle on the same database, as another process has it, where the driver lets more than one write. */
  another?(): Promise<StoreUnderTest>;
  /** A path for a backup, and the check of what was written there, where the driver makes backups. */
  backup?: { path: string; verify(path: string): Promise<string[]> };
}

/** Opens an empty store that lives by this clock. */
export type OpenStore = (clock: Clock) => Promise<StoreUnderTest>;

/** Saturday, 21 November 2026, 00:00 UTC. */
export const START_MS = Date.UTC(2026, 10, 21);

export const SANDBOX: Scope = { tenant: 'default', environment: 'sandbox' };
export const LIVE: Scope = { tenant: 'default', environment: 'live' };
export const OTHER: Scope = { tenant: 'other', environment: 'sandbox' };

export const DAY_MS = 24 * 60 * 60 * 1000;

export interface Stage {
  under: StoreUnderTest;
  store: Store;
  clock: VirtualClock;
  make: Fixtures;
  expect: TestFramework['expect'];
}

/** A part of the suite: tests by what they say. */
export interface Part {
  name: string;
  tests: Record<string, (stage: Stage) => Promise<void>>;
}

export function declarePart({ name, tests }: Part, open: OpenStore, framework: TestFramework): void {
  framework.describe(name, () => {
    for (const [title, run] of Object.entries(tests)) framework.it(title, () => onStage(open, framework.expect, run));
  });
}

async function onStage(
  open: OpenStore,
  expect: TestFramework['expect'],
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  const clock = new VirtualClock(START_MS);
  const random = new SeededRandom(1);
  const under = await open(clock);
  const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);
  const stage: Stage = { under, store: under.store, clock, make, expect };
  try {
    await run(stage);
  } finally {
    await stage.under.store.system.close();
  }
}

/** The code that a promise rejects with; `resolved` when it does not reject. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}
