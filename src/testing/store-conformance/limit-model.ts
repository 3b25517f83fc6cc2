/** What `limits.take` must answer, without a store: the generic cell rate algorithm over buckets in memory. @module */
import { conformsAtMs, taken } from '../../core/gcra.js';
import type { LimitDraw, LimitGrant } from '../../core/limit-verbs.js';

export class LimitModel {
  readonly #theoreticalMs = new Map<string, number>();

  constructor(private readonly clock: { nowMs(): number }) {}

  take(requests: readonly (readonly LimitDraw[])[], withinMs: number): LimitGrant[] {
    const nowMs = this.clock.nowMs();
    return requests.map((draws): LimitGrant => {
      let goesAtMs = nowMs;
      let narrowest = draws[0]?.bucket ?? '';
      for (const draw of draws) {
        const atMs = conformsAtMs(this.#theoretical(draw), draw.cost, draw, nowMs);
        if (atMs <= goesAtMs) continue;
        goesAtMs = atMs;
        narrowest = draw.bucket;
      }
      const inMs = goesAtMs - nowMs;
      if (inMs > withinMs) return { kind: 'later', inMs, bucket: narrowest };
      for (const draw of draws) {
        this.#theoreticalMs.set(draw.bucket, taken(this.#theoretical(draw), draw.cost, draw, goesAtMs));
      }
      return { kind: 'granted', inMs };
    });
  }

  #theoretical({ bucket }: LimitDraw): number {
    return this.#theoreticalMs.get(bucket) ?? -Infinity;
  }
}
