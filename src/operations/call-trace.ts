/** What one execution of an operation leaves behind: its lines in the audit log, and with a key those in the ledger. @module */
import type { NewAuditEntry } from '../core/audit.js';
import type { AppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import { beginUnderKey, isKeyed, settleUnderKey } from './answer-ledger.js';
import type { EntryDraft, Gateway, Operation } from './gateway.js';

type Draft = Omit<EntryDraft, 'action' | 'effect' | 'target'>;

/** Begun at most once, ended once. With a key, each line in the log and its line in the ledger are one commit. */
export class CallTrace {
  readonly #gateway: Gateway;
  readonly #operation: Operation;
  readonly #context: CallContext;
  readonly #input: never;
  readonly #startedMs: number;
  /** Held while the call runs under a key. */
  #fence: number | undefined;

  constructor(gateway: Gateway, operation: Operation, context: CallContext, input: never) {
    this.#gateway = gateway;
    this.#operation = operation;
    this.#context = context;
    this.#input = input;
    this.#startedMs = gateway.clock.monotonicMs();
  }

  /** The intent of what changes something; or the answer of an earlier call under the same key. */
  async begin(): Promise<{ output: unknown } | undefined> {
    if (!this.#changes) return undefined;
    const intent = this.#entry({ phase: 'intent', status: 'started' });
    if (!isKeyed(this.#operation, this.#context)) {
      await this.#append(intent);
      return undefined;
    }
    const beginning = await beginUnderKey(this.#gateway, this.#operation, this.#context, this.#input, intent);
    if (beginning.kind === 'begun') {
      this.#fence = beginning.fence;
      return undefined;
    }
    const { callId, output } = beginning;
    await this.#append(this.#entry({ phase: 'outcome', status: 'replayed', ...this.#duration }, callId));
    return { output };
  }

  async succeed(output: unknown): Promise<void> {
    const isPreview = this.#context.dryRun && this.#operation.effect !== 'read';
    const entry = this.#entry({
      phase: 'outcome',
      status: isPreview ? 'previewed' : 'succeeded',
      ...this.#duration,
    });
    await this.#end(entry, { output });
  }

  async fail(error: AppError, status: 'denied' | 'failed'): Promise<void> {
    const { code, message } = error;
    await this.#end(this.#entry({ phase: 'outcome', status, ...this.#duration, error: { code, message } }), { error });
  }

  async #end(entry: NewAuditEntry, ending: Parameters<typeof settleUnderKey>[3]): Promise<void> {
    const fence = this.#fence;
    if (fence === undefined) return await this.#append(entry);
    this.#fence = undefined;
    const { durationMs } = this.#duration;
    await settleUnderKey(this.#gateway, this.#context, fence, ending, entry, durationMs);
  }

  get #changes(): boolean {
    return this.#operation.effect !== 'read' && !this.#context.dryRun;
  }

  get #duration(): { durationMs: number } {
    return { durationMs: Math.round(this.#gateway.clock.monotonicMs() - this.#startedMs) };
  }

  #entry(draft: Draft, callId = this.#context.callId): NewAuditEntry {
    const { name: action, effect, audit } = this.#operation;
    const target = typeof audit === 'string' ? {} : { target: audit.target(this.#input) };
    return this.#gateway.entry({ ...this.#context, callId }, { ...draft, action, effect, ...target });
  }

  async #append(entry: NewAuditEntry): Promise<void> {
    await this.#gateway.store.audit.append(this.#context.scope, [entry]);
  }
}
