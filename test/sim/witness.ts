/**
 * Stands between Fairlead and its store and says when the store let somebody do what only the holder of a fence may do.
 * Such a slip need not show in an effect of the same seed: whoever comes second is mostly stopped by another guard.
 *
 * @module
 */
import type { CallBeginning, NewCall } from '../../src/core/call.js';
import type { Claim, ClaimedJob, Turn } from '../../src/core/job.js';
import type { Clock } from '../../src/core/ports.js';
import type { CallVerbs, Store } from '../../src/core/store.js';

export class Witness {
  readonly violations: string[] = [];
  readonly #jobs = new Map<string, number>();
  readonly #calls = new Map<string, number>();
  /** No lease of a call that is running ends before this moment. */
  readonly #leases = new Map<string, number>();

  #taker: ((job: ClaimedJob) => void) | undefined;

  constructor(private readonly clock: Clock) {}

  /** The same store, watched. */
  watch(store: Store): Store {
    const turn = (wanted: Turn): Promise<Claim> => this.#turn(store, wanted);
    return { ...store, calls: this.#watchCalls(store.calls), system: { ...store.system, turn } };
  }

  /** The process is gone, and what it held is free. */
  crashed(): void {
    this.#leases.clear();
    this.#taker = undefined;
  }

  /** The next job that is claimed goes to `taker`, and whoever claimed it never hears of it. */
  takeNext(taker: (job: ClaimedJob) => void): void {
    this.#taker = taker;
  }

  /** The fence of the last claim of a job. */
  fenceOf(jobId: string): number | undefined {
    return this.#jobs.get(jobId);
  }

  #claim(holds: boolean, text: string): void {
    if (!holds) this.violations.push(text);
  }

  async #turn(store: Store, wanted: Turn): Promise<Claim> {
    // Who held what when it was said: a claim that comes later cannot make it wrong.
    const late = wanted.settled.filter(({ id, fence }) => fence < (this.#jobs.get(id) ?? 0));
    const answer = await store.system.turn(wanted);
    for (const { id, fence } of late)
      this.#claim(answer.refused.includes(id), `${id} was settled under fence ${fence}, which another claim replaced`);
    for (const { id, fence } of answer.claimed) {
      this.#claim(fence > (this.#jobs.get(id) ?? 0), `${id} was claimed twice under fence ${fence}`);
      this.#jobs.set(id, fence);
    }
    const [first, ...rest] = answer.claimed;
    if (this.#taker === undefined || first === undefined) return answer;
    this.#taker(first);
    this.#taker = undefined;
    return { ...answer, claimed: rest };
  }

  #watchCalls(calls: CallVerbs): CallVerbs {
    const holds = (callId: string, fence: number): boolean => fence >= (this.#calls.get(callId) ?? 0);
    return {
      ...calls,
      begin: async (scope, call) => {
        const askedAtMs = this.clock.nowMs();
        const answer = await calls.begin(scope, call);
        this.#begun(call, answer, askedAtMs);
        return answer;
      },
      sending: async (scope, callId, fence, leaseMs) => {
        const [isHeld, askedAtMs] = [holds(callId, fence), this.clock.nowMs()];
        const answer = await calls.sending(scope, callId, fence, leaseMs);
        if (answer === 'recorded') {
          this.#claim(isHeld, `${callId} may be sent under fence ${fence}, though somebody took it over`);
          this.#leases.set(callId, askedAtMs + leaseMs);
        }
        return answer;
      },
      settle: async (scope, settlement) => {
        const { callId, fence } = settlement;
        const isHeld = fence === 0 || holds(callId, fence);
        const answer = await calls.settle(scope, settlement);
        if (answer === 'settled') {
          this.#claim(isHeld, `${callId} was settled under fence ${fence}, though somebody took it over`);
          this.#leases.delete(callId);
        }
        return answer;
      },
    };
  }

  #begun(call: NewCall, answer: CallBeginning, askedAtMs: number): void {
    if (answer.kind !== 'begun' && answer.kind !== 'taken_over') return;
    const callId = answer.kind === 'begun' ? call.id : answer.callId;
    if (answer.kind === 'taken_over') {
      const untilMs = this.#leases.get(callId) ?? 0;
      this.#claim(untilMs <= this.clock.nowMs(), `${callId} was taken over while somebody held it`);
    }
    this.#calls.set(callId, answer.fence);
    this.#leases.set(callId, askedAtMs + call.leaseMs);
  }
}
