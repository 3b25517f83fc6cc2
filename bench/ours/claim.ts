/**
 * What one turn of the queue costs (32 settled, 32 claimed, one commit) as more jobs wait: several stores side by side,
 * each turn of one followed by a turn of the next. Prints `done` and the figures by size and round.
 *
 * `hindered`: the older half of the backlog belongs to five paused kinds, and of the younger half every tenth job waits
 * behind the blocked head of one order key. A claim that looked at what it cannot take would look at all of these.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaimedJob, JobSettlement } from '../../src/core/job.js';
import { fill, openBench, SCOPE, type JobOf, type Opened } from './filled-store.js';

const { dir, sizes, rounds, databases } = JSON.parse(process.argv[2]!) as {
  dir: string;
  sizes: number[];
  rounds: number;
  /** By folder; absent where each store is a file. */
  databases?: Record<string, string>;
};

const AT_ONCE = 32;
const TURNS = 40;
const KINDS = 5;
const LEASE_MS = 3_600_000;
const HEAD_DELAY_MS = 86_400_000;

interface Figures {
  value: number;
  cpuUsPerOp: number;
}

class Backlog {
  readonly figures: Figures[] = [];
  #times: number[] = [];
  #cpuUs = 0;
  #filled: number;
  #held: JobSettlement[] = [];

  private constructor(
    readonly waiting: number,
    private readonly store: Opened,
    private readonly jobOf: JobOf,
  ) {
    this.#filled = waiting;
  }

  static async open(kind: 'plain' | 'hindered', waiting: number): Promise<Backlog> {
    const folder = join(dir, `${kind}-${waiting}`);
    mkdirSync(folder);
    const store = await openBench(folder, '[]', {}, databases?.[`${kind}-${waiting}`]);
    const jobOf: JobOf = kind === 'plain' ? (number) => ({ queue: `open-${number % KINDS}` }) : hindered(waiting);
    const backlog = new Backlog(waiting, store, jobOf);
    await fill(store, 0, waiting, jobOf);
    if (kind === 'hindered') await backlog.#hinder();
    return backlog;
  }

  /** Pauses the older kinds and blocks the key: its head fails once and waits a day. */
  async #hinder(): Promise<void> {
    const { store } = this.store.parts;
    for (let kind = 0; kind < KINDS; kind += 1) await store.jobs.setPaused(SCOPE, `paused-${kind}`, true);
    for (let turns = 0; turns < 10; turns += 1) {
      const claimed = await this.#turn();
      const head = claimed.find(({ queue }) => queue === 'keyed');
      if (head === undefined) continue;
      const { id, fence } = head;
      const retry: JobSettlement = { id, fence, outcome: 'retry', delayMs: HEAD_DELAY_MS, error: 'not now' };
      this.#held = this.#held.map((settlement) => (settlement.id === id ? retry : settlement));
      return;
    }
    throw new Error('the head of the order key was not claimed');
  }

  async measure(): Promise<void> {
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const claimed = await this.#turn();
    this.#times.push(performance.now() - startedAt);
    const { user, system } = process.cpuUsage(cpu);
    this.#cpuUs += user + system;
    if (claimed.length !== AT_ONCE) throw new Error(`a claim took ${claimed.length} jobs of ${this.waiting} waiting`);
  }

  async #turn(): Promise<ClaimedJob[]> {
    const claim = { limit: AT_ONCE, leaseMs: LEASE_MS, owner: 'bench' };
    const { claimed } = await this.store.parts.store.system.turn({ settled: this.#held, claim });
    this.#held = claimed.map(({ id, fence }) => ({ id, fence, outcome: 'completed' }));
    return claimed;
  }

  /** Ends a round: as many jobs come in as were taken out. */
  async endRound(isWarming: boolean): Promise<void> {
    const sorted = this.#times.toSorted((a, b) => a - b);
    const figures = { value: sorted[sorted.length >> 1]!, cpuUsPerOp: this.#cpuUs / (sorted.length * AT_ONCE) };
    if (!isWarming) this.figures.push(figures);
    this.#times = [];
    this.#cpuUs = 0;
    await fill(this.store, this.#filled, TURNS * AT_ONCE, this.jobOf);
    this.#filled += TURNS * AT_ONCE;
  }
}

function hindered(waiting: number): JobOf {
  return (number) => {
    if (number < waiting / 2) return { queue: `paused-${number % KINDS}` };
    if (number % 10 === 0 && number < waiting) return { queue: 'keyed', orderKey: 'one' };
    return { queue: `open-${number % KINDS}` };
  };
}

const backlogs = { plain: [] as Backlog[], hindered: [] as Backlog[] };
for (const waiting of sizes) {
  backlogs.plain.push(await Backlog.open('plain', waiting));
  backlogs.hindered.push(await Backlog.open('hindered', waiting));
}
const all = [...backlogs.plain, ...backlogs.hindered];
for (let round = 0; round <= rounds; round += 1) {
  for (let turn = 0; turn < TURNS; turn += 1) for (const backlog of all) await backlog.measure();
  for (const backlog of all) await backlog.endRound(round === 0);
}
const result = sizes.map((waiting, at) => ({
  waiting,
  plain: backlogs.plain[at]!.figures,
  hindered: backlogs.hindered[at]!.figures,
}));
console.log(`done ${JSON.stringify(result)}`);
process.exit(0);
