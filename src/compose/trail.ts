/** What Fairlead itself says in the audit log: about deliveries and jobs, where no principal called. @module */
import { auditEntry, type AuditDraft, type RecorderParts } from '../audit/index.js';
import type { ClaimedJob } from '../core/job.js';
import type { Log } from '../core/ports.js';
import { SYSTEM } from '../core/principal.js';
import type { Scope } from '../core/scope.js';
import type { Store } from '../core/store.js';
import type { EventIdentity } from '../core/webhook.js';
import type { ReadySource, Refusal } from '../receive/index.js';

export class Trail {
  constructor(
    private readonly store: Store,
    private readonly recorder: RecorderParts,
    private readonly log: Log,
  ) {}

  async #write(scope: Scope, draft: Omit<AuditDraft, 'actor'>): Promise<void> {
    await this.store.audit.append(scope, [auditEntry(this.recorder, scope, { ...draft, actor: SYSTEM })]);
  }

  /** A delivery that was known already. */
  duplicate({ row, scope }: ReadySource, identity: EventIdentity, eventId: string): Promise<void> {
    return this.#write(scope, {
      phase: 'receipt',
      action: 'webhook.receive',
      status: 'duplicate',
      provider: row.provider,
      target: { type: 'source', id: row.id },
      idempotencyKey: identity.key,
      eventId,
    });
  }

  /** Deliveries that were refused, counted by source and reason. */
  async refused(counted: readonly Refusal[]): Promise<void> {
    const writes = counted.map(({ source: { row, scope }, reason, count }) =>
      this.#write(scope, {
        phase: 'receipt',
        action: 'webhook.receive',
        status: 'denied',
        provider: row.provider,
        target: { type: 'source', id: row.id },
        error: { code: 'webhook_refused', message: reason },
        count,
      }),
    );
    await Promise.all(writes);
  }

  /** A job that used up its attempts. The store has it by then, so a failure here loses a line and no work. */
  dead(job: ClaimedJob, error: string): void {
    this.#write(job.scope, {
      phase: 'system',
      action: 'job.dead',
      status: 'failed',
      target: { type: 'job', id: job.id },
      eventId: job.event.id,
      error: { code: 'dead', message: error },
    }).catch((problem: unknown) => {
      this.log('error', 'a dead letter could not be written to the audit log', {
        job: job.id,
        problem: String(problem),
      });
    });
  }
}
