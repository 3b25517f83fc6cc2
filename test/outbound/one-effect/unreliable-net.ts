/** The way to a simulated provider on which requests and answers are lost, late and broken, as a seed has it. */
import type { Clock, HttpRequest, HttpResult, Net } from '../../../src/core/ports.js';
import type { SeededRandom } from '../../../src/core/seeded-random.js';
import { askProvider, type SandboxProvider } from '../../../src/sandbox/index.js';

/** What becomes of one exchange. All but `answered` leave the caller without an answer that says anything. */
export const FATES = ['lost', 'silent', 'cut', 'late', 'broken'] as const;
export type Fate = (typeof FATES)[number] | 'answered';

interface Ways {
  clock: Clock;
  random: SeededRandom;
  provider: SandboxProvider;
  bases: readonly string[];
  /** Of the first exchanges, in order; the rest is answered. */
  fates: readonly Fate[];
  /** Told at each point at which a process can die. */
  onStep: () => Promise<void>;
}

const LATENCY_MAX_MS = 400;
const BROKEN = {
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: new TextEncoder().encode('<h1>Bad</h1>'),
};

export class UnreliableNet implements Net {
  readonly #ways: Ways;
  #exchanges = 0;

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  async send(request: HttpRequest): Promise<HttpResult> {
    const { clock, fates, onStep } = this.#ways;
    const fate = fates[this.#exchanges++] ?? 'answered';
    await onStep();
    await clock.sleep(this.#latencyMs());
    const result = await this.#exchange(request, fate);
    await onStep();
    await clock.sleep(this.#latencyMs());
    return result;
  }

  async #exchange(request: HttpRequest, fate: Fate): Promise<HttpResult> {
    const { clock, random } = this.#ways;
    switch (fate) {
      case 'cut':
        return { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'it never arrived' } };
      case 'late':
        // Whatever a deadline allows: the bytes are on their way although the caller has given up.
        clock.after(random.float() * (request.timeoutMs - 2 * LATENCY_MAX_MS), () => void this.#arrive(request));
        return { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'it arrives later' } };
      case 'silent':
        await this.#arrive(request);
        await clock.sleep(request.timeoutMs);
        return { ok: false, failure: { kind: 'timeout', sent: 'maybe', detail: 'no answer' } };
      case 'lost':
        await this.#arrive(request);
        return { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'the answer was lost' } };
      case 'broken':
        await this.#arrive(request);
        return { ok: true, answer: { ...BROKEN, truncated: false } };
      default:
        return await this.#arrive(request);
    }
  }

  async #arrive(request: HttpRequest): Promise<HttpResult> {
    const { clock, provider, bases } = this.#ways;
    const base = bases.find((one) => request.url.startsWith(one));
    if (base === undefined) return { ok: false, failure: { kind: 'refused', sent: 'no', detail: 'nobody there' } };
    return await askProvider(provider, base, request, clock);
  }

  #latencyMs(): number {
    return this.#ways.random.float() * LATENCY_MAX_MS;
  }
}
