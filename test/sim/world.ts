/**
 * A whole Fairlead in virtual time: the real composition over the real SQLite engine in memory, a virtual clock, a
 * seeded random source, and {@link Targets} as the outside. It can crash: what was not committed is gone.
 *
 * @module
 */
import { createHmac, randomBytes } from 'node:crypto';
import { composeFairlead, type Fairlead } from '../../src/compose.js';
import { readConfig, type UserConfig } from '../../src/config.js';
import { SecretSet } from '../../src/core/secret-set.js';
import type { Store } from '../../src/core/store.js';
import { on } from '../../src/define.js';
import type { HandlerDefinition } from '../../src/jobs/index.js';
import { memoryFiles, memoryKeys, SeededRandom, VirtualClock } from '../../src/testing/index.js';
import { openSqliteInProcess, type InProcessStore } from '../../src/storage/sqlite/index.js';
import { Targets } from './targets.js';
import { Witness } from './witness.js';

export const SECRET = 'the secret of the simulated source';
export const SCOPE = { tenant: 'default', environment: 'sandbox' as const };
export const START_MS = Date.UTC(2026, 0, 5);

/**
 * Where a process can end, or sleep: before a commit, after it and before anybody hears of it, after an effect outside
 * and before its answer, after a refusal outside and before the next try. Chance alone hits these moments too seldom.
 */
export type Moment = 'commit' | 'answer' | 'effect' | 'refusal';

export interface World {
  clock: VirtualClock;
  random: SeededRandom;
  targets: Targets;
  /** The running Fairlead; `undefined` while it is down. */
  up: Fairlead | undefined;
  store: Store | undefined;
  start(): Promise<void>;
  /** Ends the process between two moments: nothing is drained, nothing is flushed. */
  crash(): void;
  /** Does something when the `nth` moment of this kind comes, unless a crash comes first. */
  at(moment: Moment, nth: number, act: () => void): void;
  note(line: string): void;
  transcript: string[];
  /** The order in which handlers began, by order key. */
  began: Map<string, string[]>;
  /** What it says at the end counts like every other broken promise. */
  witness: Witness;
}

export function githubHeaders(id: string, body: string, secret = SECRET): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': 'issues',
    'x-github-delivery': id,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

/** Key pairs are costly and no seed needs its own; their signatures are deterministic (Ed25519). */
const KEYS = memoryKeys({ bytes: (length: number) => new Uint8Array(randomBytes(length)), float: () => 0 });

/** @param given in the place of one handler that makes two effects for every event */
export function createWorld(seed: number, given?: { handlers: HandlerDefinition[]; jobs: UserConfig['jobs'] }): World {
  const clock = new VirtualClock(START_MS);
  const random = new SeededRandom(seed);
  const transcript: string[] = [];
  const note = (line: string): void => void transcript.push(`${clock.nowMs() - START_MS} ${line}`);
  const targets = new Targets(clock, new SeededRandom(seed + 1), note);
  const began = new Map<string, string[]>();
  const witness = new Witness(clock);
  const files = memoryFiles();
  let opened: InProcessStore | undefined;
  /** Whether everything that came before under the same order key has ended. */
  const inLine = async (key: string): Promise<void> => {
    const { rows } = await world.store!.events.list(SCOPE, {}, { limit: 1_000 });
    const earlier = rows.slice(rows.findIndex((event) => event.key === key) + 1);
    for (const { key: other, jobs } of earlier.filter((event) => orderOf(event.key) === orderOf(key))) {
      if (jobs.some(({ state }) => state !== 'completed' && state !== 'dead'))
        witness.violations.push(`${key} began, and ${other}, which came before it, has not ended`);
    }
  };
  const config = readConfig({
    variables: {
      GITHUB_WEBHOOK_SECRET: SECRET,
      SLACK_BOT_TOKEN: 'xoxb-simulated-token-of-nobody',
      FAIRLEAD_IDEMPOTENT_HOSTS: 'https://tool.example',
    },
    cwd: '/sim',
    file: {
      path: 'sim',
      value: {
        handlers: given?.handlers ?? handlers(began, inLine),
        jobs: { isolation: 'in-process', maxAttempts: 12, ...given?.jobs },
      },
    },
  });
  let armed: { moment: Moment; left: number; act: () => void }[] = [];
  const reached = (moment: Moment): void => {
    for (const one of armed) {
      if (one.moment !== moment || world.up === undefined || --one.left !== 0) continue;
      note(`at ${moment}`);
      one.act();
    }
    armed = armed.filter(({ left }) => left > 0);
  };
  targets.onEffect = () => reached('effect');
  targets.onRefusal = () => reached('refusal');
  const pause = async (before: 'commit' | 'answer'): Promise<void> => {
    await clock.sleep(1);
    reached(before);
  };
  const world: World = {
    clock,
    random,
    targets,
    transcript,
    note,
    began,
    witness,
    up: undefined,
    store: undefined,
    async start() {
      opened = await (opened?.reopen() ?? openSqliteInProcess(':memory:', { clock, pause }));
      const store = witness.watch(opened);
      world.store = store;
      const fairlead = await composeFairlead({
        config,
        version: 'sim',
        clock,
        random,
        log: (level, message, fields) => note(`log ${level} ${message} ${JSON.stringify(fields ?? {})}`),
        net: targets,
        keys: KEYS,
        secretSources: {
          env: (name) => ({ ok: true, value: config.variables[name] ?? '' }),
          file: async () => ({ ok: false, problem: 'no files here' }),
          exec: async () => ({ ok: false, problem: 'no commands here' }),
        },
        threads: {
          spawn: () => {
            throw new TypeError('no threads here');
          },
        },
        secrets: new SecretSet(),
        files: () => files,
        store,
        address: () => 'http://sim',
      });
      // Loads modules, which a busy machine takes long for, and waits for nothing else.
      await clock.real(fairlead.gateway.connectors());
      await fairlead.start();
      world.up = fairlead;
      note('up');
    },
    at(moment, nth, act) {
      armed.push({ moment, left: nth, act });
    },
    crash() {
      armed = [];
      world.up = undefined;
      world.store = undefined;
      opened?.crash();
      witness.crashed();
      note('crash');
    },
  };
  return world;
}

/** One handler with two effects, in order by subject: the tool knows repeats, the chat does not. */
function handlers(began: Map<string, string[]>, inLine: (key: string) => Promise<void>) {
  return [
    on(
      'github',
      '*',
      { name: 'record', uses: ['http.post', 'slack.sendMessage'], orderKey: ({ key }) => orderOf(key) },
      async (event, ctx) => {
        const order = began.get(orderOf(event.key)) ?? [];
        if (!order.includes(event.key)) began.set(orderOf(event.key), [...order, event.key]);
        await inLine(event.key);
        await ctx.state.transition(`thing:${event.key}`, { from: [null], to: 'seen' });
        await ctx.actions.http.post({ url: 'https://tool.example/customers', json: { delivery: event.key } });
        await ctx.actions.slack.sendMessage({ channel: 'C1', text: event.key });
      },
    ),
  ];
}

export const orderOf = (key: string): string => `o${key.charCodeAt(key.length - 1) % 3}`;
