/**
 * The one way out: every call of an action, from whichever door, goes through here.
 *
 * plan (input, permission, policy, connection, request) -> ledger and audit intent in one commit -> secret -> attempt ->
 * classify -> retry, look-up or `unknown` -> ledger and audit outcome in one commit -> result.
 *
 * @module
 */
import type { ApprovalRow } from '../core/approval.js';
import type { CallBeginning, CallResult } from '../core/call.js';
import { AppError, isAppError, toAppError } from '../core/errors.js';
import type { LimitVerbs } from '../core/limit-verbs.js';
import type { MaybePromise } from '../core/maybe-promise.js';
import type { CallContext } from '../core/operation.js';
import type { Scope } from '../core/scope.js';
import { askPerson } from './ask-person.js';
import { countSpend, noteRead } from './count-spend.js';
import { concludeEnding, outcomeFacts, resultOf } from './conclusion.js';
import { outcomeDraft, type CallFacts, type OutcomeFacts } from './entries.js';
import { shownKey } from './idempotency-key.js';
import type { OutboundParts } from './parts.js';
import { exchangeOf } from './exchange-of.js';
import { KnownIds } from './look-up.js';
import { tellKnown, toldByLedger } from './known-key.js';
import { isRefusal, permissionFor, type Refusal } from './permission.js';
import { isPlan, nameCall, planCall, type ActionCall, type NamedCall, type Plan } from './plan.js';
import { previewOf } from './preview.js';
import { recover } from './recover.js';
import { planOfStored } from './stored-call.js';
import { settingsWith, type OutboundSettings } from './settings.js';
import { Traffic, type LimitState, type RateShare } from './traffic.js';
import { shownResult } from './shown-result.js';
import { transmit } from './transmit.js';
import { NOBODYS_FENCE, beginCall, inFlight, lookUpDelayMs, sendHeld } from './write-call.js';

/** How much of a name nobody knows is kept in the log. */
const UNKNOWN_NAME_CHARACTERS_MAX = 100;

/** What the pipeline needs from outside; the rest it makes. */
export type OutboundNeeds = Omit<OutboundParts, 'settings' | 'traffic' | 'knownIds'> & {
  settings?: Partial<OutboundSettings>;
  /** The part of what cannot be drawn from together that this process may use; all of it when absent. */
  share?: RateShare;
  /** Limits that several processes draw from; all are in this one's memory when absent. */
  limits?: LimitVerbs;
};

export class Outbound {
  readonly #parts: OutboundParts;

  constructor(parts: OutboundNeeds) {
    const settings = settingsWith(parts.settings);
    const { clock, share, limits } = parts;
    const { concurrency } = settings;
    const traffic = new Traffic({ clock, concurrency, ...(share && { share }), ...(limits && { limits }) });
    this.#parts = { ...parts, settings, traffic, knownIds: new KnownIds(clock) };
  }

  /**
   * Makes one call. Whatever becomes of it is in the answer and in the audit log; only what keeps us from writing that
   * down is thrown.
   *
   * @throws AppError `store_unavailable`
   */
  async call(call: ActionCall): Promise<CallResult> {
    const { lateEntries } = this.#parts;
    if (lateEntries?.isStuck === true) await lateEntries.flush();
    const facts: CallFacts = {
      context: call.context,
      action: call.action.slice(0, UNKNOWN_NAME_CHARACTERS_MAX),
      idempotencyKey: call.context.idempotencyKey ?? call.context.callId,
    };
    const planned = this.#plan(call, facts);
    const plan = planned instanceof Promise ? await planned : planned;
    const result = shownResult(this.#parts, call, await this.#carry(plan, facts));
    // A key that is the call's own id holds nothing that anybody chose.
    if (result.idempotencyKey === call.context.callId) return result;
    return { ...result, idempotencyKey: shownKey(result.idempotencyKey, this.#parts.secrets) };
  }

  /** The limits that calls have met or learnt in this process. */
  limits(scope: Scope): LimitState[] {
    return this.#parts.traffic.limits(scope);
  }

  #carry(plan: Plan | Refusal | { told: CallResult }, facts: CallFacts): MaybePromise<CallResult> {
    if ('told' in plan) return plan.told;
    if (!isPlan(plan)) return this.#refuse(facts, plan);
    if (plan.context.dryRun) return this.#preview(plan);
    if (plan.permission.decision === 'ask') return this.#ask(plan);
    return plan.write ? this.#counted(plan) : this.#read(plan);
  }

  /**
   * Carries on a call that a person has agreed to, from what the ledger says of it: begun if it never was, looked up or
   * told if it was. Whether it may begin is the caller's to see to; it never begins a second time.
   *
   * @throws AppError `store_unavailable`
   */
  async carryOut(row: ApprovalRow, approval: { by: string; at: string }): Promise<CallResult> {
    const known = await this.#parts.calls.get(row, row.callId);
    const facts: CallFacts = { context: contextOf(row), action: row.operation, idempotencyKey: row.key };
    if (known?.state === 'failed') {
      const error = JSON.parse(known.result ?? '{}') as NonNullable<CallResult['error']>;
      return { callId: row.callId, idempotencyKey: row.key, state: 'failed', error };
    }
    try {
      const plan = await planOfStored(this.#parts, row, approval);
      if (!isPlan(plan)) return await this.#refuse(facts, plan);
      const result = shownResult(
        this.#parts,
        { action: row.operation, input: plan.input, context: plan.context },
        await this.#counted(plan, true),
      );
      return { ...result, idempotencyKey: shownKey(result.idempotencyKey, this.#parts.secrets) };
    } catch (thrown) {
      const error = toAppError(thrown, () => row.callId);
      if (isAppError(error, 'store_unavailable')) throw error;
      const { key, inputHash, operation } = row;
      const keyed = { context: facts.context, facts, key, inputHash: () => inputHash, found: { name: operation } };
      const told = known && (await toldByLedger(this.#parts, keyed, error));
      return told ?? (await this.#refuse(facts, { state: 'failed', error }));
    }
  }

  async #ask(plan: Plan): Promise<CallResult> {
    const { approvals } = this.#parts;
    if (approvals === undefined) {
      const { environment } = plan.context.scope;
      const reason = 'a person would have to agree first, and nobody can be asked here';
      const error = new AppError('policy_denied', { operation: plan.found.name, environment, reason });
      return await this.#refuse(plan.facts, { state: 'denied', error });
    }
    const asked = await askPerson({ ...this.#parts, approvals }, plan);
    if (asked.kind === 'answer') return asked.result;
    if (asked.kind === 'approved') return await this.#agreed(asked.row);
    const { error } = asked;
    return await this.#refuse(plan.facts, { state: isAppError(error, 'policy_denied') ? 'denied' : 'failed', error });
  }

  /** Sent before, under this key and with a person's word: told from the ledger, or carried on. */
  async #agreed(row: ApprovalRow): Promise<CallResult> {
    const { by, at } = JSON.parse(row.decision ?? '{}') as { by: string; at: string };
    return await this.carryOut(row, { by, at });
  }

  /** @param agreed a person has agreed to it: amounts are counted, and no limit of theirs holds it up */
  async #counted(plan: Plan, agreed = false): Promise<CallResult> {
    const counted = await countSpend(this.#parts, plan, agreed);
    if (counted.kind === 'ask') return await this.#ask(counted.plan);
    if (counted.kind === 'refused') return await this.#refuse(plan.facts, counted.refusal);
    const result = await this.#write(plan);
    const isOurs = result.state === 'failed' && result.callId === plan.context.callId;
    if (isOurs && plan.permission.counts !== undefined) await this.#parts.spend?.giveBack(plan.context.scope, plan.key);
    return result;
  }

  #plan(call: ActionCall, facts: CallFacts): MaybePromise<Plan | Refusal | { told: CallResult }> {
    let named: NamedCall | Refusal | undefined;
    try {
      named = nameCall(this.#parts, call, facts);
      if ('state' in named) return named;
      const called = named;
      const planned = planCall(this.#parts, call, called);
      if (!(planned instanceof Promise)) return unlessAborted(call, planned);
      return planned.then(
        (plan) => unlessAborted(call, plan),
        (thrown: unknown) => this.#unplanned(call, called, thrown),
      );
    } catch (thrown) {
      return this.#unplanned(call, named && 'key' in named ? named : undefined, thrown);
    }
  }

  async #unplanned(
    call: ActionCall,
    named: NamedCall | undefined,
    thrown: unknown,
  ): Promise<Refusal | { told: CallResult }> {
    const error = toAppError(thrown, () => call.context.callId);
    if (isAppError(error, 'store_unavailable')) throw error;
    if (isAppError(error, 'internal')) {
      const { action, context } = call;
      this.#parts.log('error', 'a call could not be planned', { action, call: context.callId, cause: error.cause });
    }
    const told = named && (await this.#told(call, named, error));
    return told === undefined ? { state: 'failed', error } : { told };
  }

  /**
   * A call that cannot be made now may have been made before, whatever became of its connection since. Policy is asked
   * as far as it can be, and what it cannot know counts against the call: whoever may not make it, or may not without a
   * person's word, is not told what came of it.
   */
  async #told(call: ActionCall, named: NamedCall, error: AppError): Promise<CallResult | undefined> {
    const { context, facts, found, write, named: input } = named;
    if (!write || context.dryRun || context.idempotencyKey === undefined) return undefined;
    // Connections are never forgotten: one that is not there for this caller is somebody else's.
    if (facts.connection === undefined && isAppError(error, 'not_found')) return undefined;
    const connection = { view: { id: facts.connection ?? call.connectionId ?? context.connection ?? '' } };
    const isUnresolved = (found.action.lookups ?? []).length > 0;
    const asked = { context, found, connection, input, isUnresolved };
    const permission = await permissionFor(this.#parts, asked, call.uses);
    if (isRefusal(permission)) return undefined;
    if (permission.decision === 'ask' && !(await this.#wasAgreed(named))) return undefined;
    return await toldByLedger(this.#parts, named, error);
  }

  /** Whether a person has agreed to the call that the key stands for. */
  async #wasAgreed({ context: { scope }, key }: NamedCall): Promise<boolean> {
    const { approvals, calls } = this.#parts;
    const row = await calls.underKey(scope, key);
    const approval = row && (await approvals?.ofCall(scope, row.id));
    return approval?.state === 'approved' || approval?.state === 'used';
  }

  async #refuse(facts: CallFacts, { state, error }: Refusal): Promise<CallResult> {
    await this.#record(facts, { status: state, error });
    const { callId } = facts.context;
    return { callId, idempotencyKey: facts.idempotencyKey ?? callId, state, error: error.view() };
  }

  async #preview(plan: Plan): Promise<CallResult> {
    await this.#record(plan.facts, { status: 'previewed' });
    const { callId } = plan.context;
    return { callId, idempotencyKey: plan.key, state: 'previewed', preview: previewOf(plan) };
  }

  /** A read leaves one line, after the fact, and no trace in the ledger. */
  async #read(plan: Plan): Promise<CallResult> {
    const { clock } = this.#parts;
    const { context } = plan;
    if (plan.permission.counts !== undefined) await noteRead(this.#parts, plan);
    const startedMs = clock.monotonicMs();
    const ending = await transmit(this.#parts, {
      exchange: exchangeOf(plan),
      write: false,
      callId: context.callId,
      earlierMaybe: false,
      isKeyed: () => false,
      renew: async () => 'recorded',
    });
    if (ending.kind === 'lost' || ending.kind === 'repeated') {
      return inFlight(this.#parts, plan, context.callId, 0);
    }
    const conclusion = concludeEnding(this.#parts, plan, ending);
    const durationMs = clock.monotonicMs() - startedMs;
    const late = this.#recordRead(plan.facts, outcomeFacts(conclusion, { attempts: ending.attempts, durationMs }));
    if (late !== undefined) await late;
    return resultOf(context.callId, plan.key, conclusion);
  }

  async #write(plan: Plan): Promise<CallResult> {
    const startedAtMs = this.#parts.clock.nowMs();
    const beginning = await beginCall(this.#parts, plan);
    if (beginning.kind === 'begun') {
      const { callId } = plan.context;
      const held = { callId, fence: beginning.fence, startedAtMs, attemptsBefore: 0, earlierMaybe: false };
      return await sendHeld(this.#parts, plan, held);
    }
    return await this.#repeated(plan, beginning);
  }

  /** The key is known: what the earlier call came to decides. */
  async #repeated(plan: Plan, beginning: Exclude<CallBeginning, { kind: 'begun' }>): Promise<CallResult> {
    const { kind } = beginning;
    if (kind === 'taken_over') return await this.#takeOver(plan, beginning);
    if (kind === 'unknown') return await this.#reopen(plan, beginning.callId);
    return await tellKnown(this.#parts, plan, beginning);
  }

  async #takeOver(plan: Plan, taken: Extract<CallBeginning, { kind: 'taken_over' }>): Promise<CallResult> {
    const { callId, fence, attempts, lastSendingAtMs } = taken;
    const row = await this.#parts.calls.get(plan.context.scope, callId);
    const startedAtMs = row?.startedAtMs ?? lastSendingAtMs;
    // Whoever held it may have begun its last attempt just before the lease ended.
    const lookUpFromMs = lastSendingAtMs + this.#parts.settings.leaseMs + lookUpDelayMs(this.#parts, plan);
    const known = { callId, fence, seenFence: fence };
    return await recover(this.#parts, plan, { ...known, attempts, startedAtMs, lookUpFromMs });
  }

  async #reopen(plan: Plan, callId: string): Promise<CallResult> {
    const row = await this.#parts.calls.get(plan.context.scope, callId);
    const nowMs = this.#parts.clock.nowMs();
    const lookUpFromMs = (row?.endedAtMs ?? nowMs) + lookUpDelayMs(this.#parts, plan);
    const { startedAtMs = nowMs, attempts = 0, fence: seenFence = NOBODYS_FENCE } = row ?? {};
    const known = { callId, fence: NOBODYS_FENCE, seenFence };
    return await recover(this.#parts, plan, { ...known, attempts, startedAtMs, lookUpFromMs });
  }

  /** Nothing hangs on it that a read took place, so its answer does not wait for the disk (ADR 0016). */
  #recordRead(facts: CallFacts, outcome: OutcomeFacts): Promise<void> | undefined {
    const { lateEntries, entry } = this.#parts;
    if (lateEntries === undefined) return this.#record(facts, outcome);
    const { scope } = facts.context;
    return lateEntries.add(scope, entry(scope, outcomeDraft(facts, outcome)));
  }

  async #record(facts: CallFacts, outcome: OutcomeFacts): Promise<void> {
    const { scope } = facts.context;
    await this.#parts.audit.append(scope, [this.#parts.entry(scope, outcomeDraft(facts, outcome))]);
  }
}

function unlessAborted(call: ActionCall, plan: Plan | Refusal): Plan | Refusal {
  if (call.context.signal?.aborted !== true) return plan;
  return { state: 'failed', error: new AppError('cancelled', { operation: call.action }) };
}

/** Of a call that waited: what its refusal is recorded with. */
function contextOf({ tenant, environment, callId, request }: ApprovalRow): CallContext {
  const { principal } = JSON.parse(request) as { principal: CallContext['principal'] };
  return { scope: { tenant, environment }, principal, callId, dryRun: false };
}
