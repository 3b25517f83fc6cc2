/**
 * Who may make a call: what the credential is good for, and what policy says, first about its name alone and then about
 * what exactly it would do.
 *
 * @module
 */
import type { Connection } from '../core/connection.js';
import { AppError } from '../core/errors.js';
import { valueAt } from '../core/json.js';
import { LOCAL_ID } from '../core/local-identity.js';
import { goOn, type MaybePromise } from '../core/maybe-promise.js';
import type { Money } from '../core/money.js';
import type { CallContext } from '../core/operation.js';
import { requireScope } from '../core/principal.js';
import type { Scope } from '../core/scope.js';
import type { SpendItem } from '../core/spend.js';
import type { SpendVerbs } from '../core/store.js';
import {
  decide,
  deniedAnyway,
  NO_RULES,
  spendWindows,
  type CallSubject,
  type Policy,
  type PolicyDecision,
  type PolicyQuestion,
} from '../policy/index.js';
import type { FoundAction } from './find-action.js';

export interface PermissionParts {
  policy?: Policy;
  spend?: SpendVerbs;
  /** Whether somebody is enrolled who approves: then the credential on this disk writes nothing in live by itself. */
  hasApprovers?: (scope: Scope) => Promise<boolean>;
  /** In place of the policy, for tests. */
  decide?: (question: PolicyQuestion) => PolicyDecision;
}

/** Why nothing is sent. */
export interface Refusal {
  state: 'denied' | 'failed';
  error: AppError;
}

/** `ask`: a person has to agree first. */
export type Permission = Exclude<PolicyDecision, { decision: 'deny' }>;

/** What is wrong with a call of this name, whatever it is about. A handler has no credential, only policy. */
export function refusalByName(
  parts: PermissionParts,
  context: CallContext,
  found: FoundAction,
  uses: readonly string[] | undefined,
): Refusal | undefined {
  const { name, action, raw } = found;
  const { principal } = context;
  if (raw?.refused !== undefined) return denied('policy_denied', name, context, raw.refused);
  if (action.handlersOnly === true && !(principal.type === 'handler' && uses?.includes(name))) {
    return denied('policy_denied', name, context, 'only a handler that declares it may do this');
  }
  if (principal.type !== 'handler') {
    const missing = scopeError(context, action.effect === 'read' ? 'read' : 'write', name);
    if (missing !== undefined) return { state: 'denied', error: missing };
  }
  for (const question of questionsOf(context, found, uses)) {
    const decision = parts.decide === undefined ? deniedAnyway(question, parts.policy) : parts.decide(question);
    if (decision?.decision === 'deny') return denied(decision.code, name, context, decision.reason);
  }
  return undefined;
}

/** A call as policy is asked about it. */
interface Asked {
  context: CallContext;
  found: FoundAction;
  connection: { view: Pick<Connection['view'], 'id'> };
  input: unknown;
  /** Its input has names where ids would be: what it is about cannot be told. */
  isUnresolved?: boolean;
}

/**
 * What policy says to this very call. A raw request that does what actions do is under the rules for each of them. Most
 * answers need nothing from the store, and are there at once.
 */
export function permissionFor(
  parts: PermissionParts,
  asked: Asked,
  uses: readonly string[] | undefined,
): MaybePromise<Permission | Refusal> {
  return goOn(spentOf(parts, asked.context), (spent) => permissionAt(parts, asked, uses, spent));
}

function permissionAt(
  parts: PermissionParts,
  { context, found, connection, input, isUnresolved }: Asked,
  uses: readonly string[] | undefined,
  spent: NonNullable<CallSubject['spent']>,
): MaybePromise<Permission | Refusal> {
  const subject = subjectOf(found, connection.view.id, input, spent);
  if (isUnresolved === true) subject.opaque = true;
  const decisions = questionsOf(context, found, uses, subject).map((question) =>
    parts.decide === undefined ? decide(question, parts.policy) : parts.decide(question),
  );
  const deny = decisions.find((one) => one.decision === 'deny');
  if (deny?.decision === 'deny') return denied(deny.code, found.name, context, deny.reason);
  const counts = mergedCounts(decisions as Permission[]);
  const strictest = (decisions.find((one) => one.decision === 'ask') ?? decisions[0]!) as Permission;
  const counted = counts.length === 0 ? strictest : { ...strictest, counts };
  return isDiskCredentialFree(context, found, counted) ? withoutDiskCredential(parts, context, counted) : counted;
}

/**
 * The credential of this machine is a file, which every program of its user can read, an agent's shell among them. Where
 * a person can be asked, it is no person's word for a write in live, unless a rule of the operator says so.
 */
async function withoutDiskCredential(
  { hasApprovers }: PermissionParts,
  { scope }: CallContext,
  permission: Permission,
): Promise<Permission> {
  if ((await hasApprovers?.(scope)) !== true) return permission;
  return { ...permission, decision: 'ask', reason: 'the credential of this machine is no word of a person' };
}

/** Whether it is that credential, and nobody has said anything about such a write. */
function isDiskCredentialFree(
  { principal, scope }: CallContext,
  { action }: FoundAction,
  permission: Permission,
): boolean {
  const isOnDisk = principal.id === LOCAL_ID && (principal.type === 'person' || principal.type === 'api_key');
  const isFree = permission.decision === 'allow' && permission.rule === undefined;
  return isOnDisk && isFree && scope.environment === 'live' && action.effect !== 'read';
}

export function isRefusal(permission: Permission | Refusal): permission is Refusal {
  return 'state' in permission;
}

function questionsOf(
  { principal, scope }: CallContext,
  { name, action, raw, connector }: FoundAction,
  uses: readonly string[] | undefined,
  call?: CallSubject,
): PolicyQuestion[] {
  const { effect } = action;
  const { environment } = scope;
  const question = (one: string): PolicyQuestion => ({ principal, action: one, effect, environment, uses, call });
  if (raw === undefined) return [question(name)];
  return [question(name), ...raw.twins.map((twin) => question(`${connector.provider}.${twin}`))];
}

/** What rules can look at. */
export function subjectOf(
  { action, raw }: Pick<FoundAction, 'action' | 'raw'>,
  connection: string,
  input: unknown,
  spent: CallSubject['spent'] = new Map(),
): CallSubject {
  const targets = [action.target(input), ...(action.touches?.(input) ?? [])];
  const recipients = targets.filter(({ type }) => type === 'recipient').map(({ id }) => id);
  const money = moneyOf(action.money, input);
  const opaque = raw === undefined ? undefined : true;
  return { connection, targets, recipients, input, spent, opaque, money };
}

/** A field of a list that the input has not is no money; money without an amount is an amount that nobody knows. */
function moneyOf(fields: FoundAction['action']['money'], input: unknown): CallSubject['money'] {
  if (fields === undefined) return undefined;
  const found: Money[] = [];
  for (const { amount, currency } of fields) {
    const [minor, code] = [valueAt(input, amount), valueAt(input, currency)];
    if (minor === undefined && amount.includes('.')) continue;
    if (typeof minor !== 'number' || typeof code !== 'string') return 'unknown';
    found.push({ minor, currency: code.toUpperCase() });
  }
  return found.length === 0 ? 'unknown' : found;
}

function spentOf(
  { policy = NO_RULES, spend }: PermissionParts,
  { scope, principal }: CallContext,
): MaybePromise<ReadonlyMap<string, number>> {
  const windows = spendWindows(policy, principal);
  if (windows.length === 0 || spend === undefined) return NOTHING_SPENT;
  return spend
    .sums(scope, windows)
    .then((sums) => new Map(windows.map(({ counter }, index) => [counter, sums[index]!])));
}

const NOTHING_SPENT: ReadonlyMap<string, number> = new Map();

function mergedCounts(decisions: readonly Permission[]): SpendItem[] {
  if (decisions.every(({ counts }) => counts === undefined)) return [];
  const byCounter = new Map(
    decisions.flatMap(({ counts = [] }) => counts.map((item) => [item.counter, item] as const)),
  );
  return [...byCounter.values()];
}

export function denied(
  code: 'policy_denied' | 'action_not_declared',
  action: string,
  { principal, scope }: CallContext,
  reason: string,
): Refusal {
  const error =
    code === 'action_not_declared'
      ? new AppError(code, { handler: principal.id, action })
      : new AppError(code, { operation: action, environment: scope.environment, reason });
  return { state: 'denied', error };
}

function scopeError({ principal }: CallContext, scope: 'read' | 'write', name: string): AppError | undefined {
  try {
    requireScope(principal, scope, name);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
