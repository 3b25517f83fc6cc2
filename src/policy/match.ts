/** Whether a rule is about a call. What cannot be told counts against the call: it restricts, and never allows. @module */
import { valueAt } from '../core/json.js';
import type { SpendItem } from '../core/spend.js';
import type { CallSubject, PolicyQuestion } from './decision.js';
import { counterOf, READ_WINDOW_MS, readCounterOf, type AmountCondition, type Rule, type ValueList } from './rule.js';

/** `unknown`: a condition is about what this question does not say. */
export type Match = 'yes' | 'no' | 'unknown';

/** Whether all conditions are fulfilled, without its amount. */
export function matchesApart(rule: Rule, question: PolicyQuestion): Match {
  if (!matchesName(rule, question)) return 'no';
  const conditions = [...subjectConditions(rule), ...readConditions(rule, question)];
  return all(conditions.map((condition) => (question.call ? condition(question.call) : 'unknown')));
}

/** The whole rule. */
export function matches(rule: Rule, question: PolicyQuestion): Match {
  const apart = matchesApart(rule, question);
  if (apart === 'no' || rule.amount === undefined) return apart;
  return all([apart, question.call ? amountMatch(rule, rule.amount, question.call) : 'unknown']);
}

/** Whether a rule applies, with what cannot be told taken against the call. */
export function applies(rule: Rule, question: PolicyQuestion): boolean {
  const match = matches(rule, question);
  return match === 'yes' || (match === 'unknown' && rule.then !== 'allow');
}

/** What a rule with a window would count; `undefined` where it counts nothing here. */
export function countOf(rule: Rule, question: PolicyQuestion): SpendItem | undefined {
  const { amount } = rule;
  if (amount === undefined || amount.windowMs === 0 || question.call === undefined) return undefined;
  const minor = totalOf(question.call, amount.currency);
  if (typeof minor !== 'number' || matchesApart(rule, question) === 'no') return undefined;
  return { counter: counterOf(rule), minor, windowMs: amount.windowMs, limit: amount.minor };
}

/** What a rule about what comes after a read notes of this one; `undefined` where it is about other reads. */
export function readNoteOf(rule: Rule, question: PolicyQuestion): SpendItem | undefined {
  if (rule.afterReading === undefined || question.effect !== 'read') return undefined;
  const { name, principal, onBehalfOf, environment } = rule;
  const who = {
    ...(principal && { principal }),
    ...(onBehalfOf && { onBehalfOf }),
    ...(environment && { environment }),
  };
  const read: Rule = { name, then: 'deny', effect: ['read'], ...who, ...rule.afterReading };
  if (matches(read, question) === 'no') return undefined;
  return { counter: readCounterOf(rule, question.principal), minor: 1, windowMs: READ_WINDOW_MS };
}

function readConditions(rule: Rule, { principal }: PolicyQuestion): Condition[] {
  if (rule.afterReading === undefined) return [];
  return [({ spent }) => ((spent.get(readCounterOf(rule, principal)) ?? 0) > 0 ? 'yes' : 'no')];
}

function matchesName(rule: Rule, { principal, action, effect, environment }: PolicyQuestion): boolean {
  const { type, id, onBehalfOf } = principal;
  const who = (wanted: string): boolean => like(wanted, type) || like(wanted, `${type}:${id}`);
  return (
    (rule.principal === undefined || rule.principal.some((wanted) => wanted === '*' || who(wanted))) &&
    (rule.onBehalfOf === undefined || rule.onBehalfOf.some((wanted) => like(wanted, onBehalfOf?.id ?? ''))) &&
    (rule.action === undefined || rule.action.some((wanted) => like(wanted, action))) &&
    (rule.effect === undefined ? effect !== 'read' : rule.effect.includes(effect)) &&
    (rule.environment === undefined || rule.environment.includes(environment))
  );
}

type Condition = (call: CallSubject) => Match;

function subjectConditions(rule: Rule): Condition[] {
  const { connection, target = {}, recipientDomain, argument = {}, then } = rule;
  const every = then === 'allow';
  const conditions: Condition[] = [];
  if (connection !== undefined) {
    conditions.push((call) => listMatch(connection, call.connection === '' ? [] : [call.connection], every));
  }
  for (const [type, list] of Object.entries(target)) {
    conditions.push((call) => {
      const ids = call.targets.filter((one) => one.type === type).map(({ id }) => id);
      return unlessOpaque(call, listMatch(list, ids, every));
    });
  }
  if (recipientDomain !== undefined) {
    conditions.push((call) => {
      // What sends to nobody by address is no mail to strangers.
      if (call.recipients.length === 0) return unlessOpaque(call, 'no');
      return unlessOpaque(call, listMatch(recipientDomain, call.recipients.map(domainOf), every));
    });
  }
  for (const [path, list] of Object.entries(argument)) {
    conditions.push((call) => unlessOpaque(call, listMatch(list, textsOf(valueAt(call.input, path)), every)));
  }
  return conditions;
}

function unlessOpaque({ opaque }: CallSubject, match: Match): Match {
  return opaque === true ? 'unknown' : match;
}

/** A rule that allows must be about everything that a call touches, one that restricts about anything of it. */
function listMatch({ is, values }: ValueList, given: readonly string[], every: boolean): Match {
  if (given.length === 0) return 'unknown';
  const fits = (one: string): boolean => values.some((value) => like(value, one)) === (is === 'in');
  return (every ? given.every(fits) : given.some(fits)) ? 'yes' : 'no';
}

function amountMatch(rule: Rule, { currency, is, minor, windowMs }: AmountCondition, call: CallSubject): Match {
  const total = totalOf(call, currency);
  if (total === 'none') return 'no';
  if (total === 'unknown') return 'unknown';
  const sum = windowMs === 0 ? total : (call.spent.get(counterOf(rule)) ?? 0) + total;
  return sum > minor === (is === 'over') ? 'yes' : 'no';
}

/** `unknown`: also where it moves another currency, which nobody here converts. */
function totalOf({ money, opaque }: CallSubject, currency: string): number | 'none' | 'unknown' {
  if (opaque === true || money === 'unknown') return 'unknown';
  if (money === undefined) return 'none';
  if (money.length === 0 || money.some((one) => one.currency !== currency)) return 'unknown';
  return money.reduce((sum, { minor }) => sum + minor, 0);
}

function all(matches: readonly Match[]): Match {
  if (matches.includes('no')) return 'no';
  return matches.includes('unknown') ? 'unknown' : 'yes';
}

function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one)));
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

/** `*` stands for any characters; everything else for itself. */
function like(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text;
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
