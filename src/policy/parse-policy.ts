/** From what a file or the configuration says to checked rules. Nothing that is not understood is passed over. @module */
import { canonicalHash } from '../core/canonical.js';
import { isObject } from '../core/json.js';
import type { Effect } from '../core/operation.js';
import { ENVIRONMENTS } from '../core/scope.js';
import {
  OUTCOMES,
  WINDOWS,
  type AmountCondition,
  type Outcome,
  type Policy,
  type PolicyExample,
  type ReadCondition,
  type Rule,
  type ValueList,
} from './rule.js';

/** What cannot be used, and where it stands: `['rules', 2, 'then']`. */
export class PolicyProblem extends Error {
  constructor(
    readonly path: readonly (string | number)[],
    problem: string,
  ) {
    super(problem);
  }
}

type Path = readonly (string | number)[];

const PRINCIPAL = /^(person|agent|api_key|handler|system|\*)(:\S{1,200})?$/;
const EFFECTS: readonly Effect[] = ['read', 'create', 'update', 'delete', 'send', 'pay'];
const RULE_FIELDS = [
  'name',
  'then',
  'because',
  'principal',
  'onBehalfOf',
  'action',
  'effect',
  'environment',
  'connection',
  'target',
  'recipientDomain',
  'argument',
  'amount',
  'afterReading',
];
const EXAMPLE_FIELDS = ['name', 'as', 'action', 'environment', 'input', 'connection', 'expect'];
const RULES_MAX = 1_000;

/** @throws PolicyProblem with the place and words */
export function parsePolicy(value: unknown, where: string): Policy {
  const file = objectAt(value ?? {}, [], ['version', 'rules', 'tests', 'reveals']);
  if (file['version'] !== undefined && file['version'] !== 1) throw new PolicyProblem(['version'], 'there is only 1');
  const rules = listAt(file['rules'] ?? [], ['rules']).map((one, index) => ruleAt(one, ['rules', index]));
  if (rules.length > RULES_MAX) throw new PolicyProblem(['rules'], `there are more than ${RULES_MAX}`);
  const names = rules.map(({ name }) => name);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw new PolicyProblem(['rules', twice, 'name'], 'another rule has this name');
  const examples = listAt(file['tests'] ?? [], ['tests']).map((one, index) => exampleAt(one, ['tests', index]));
  const reveals = present(file, 'reveals', (one) => textsAt(one, ['reveals']));
  const digest = Buffer.from(canonicalHash({ rules, ...reveals })).toString('hex');
  return { rules, examples, digest, where, ...reveals };
}

function ruleAt(value: unknown, path: Path): Rule {
  const given = objectAt(value, path, RULE_FIELDS);
  const at = (field: string): Path => [...path, field];
  const then = oneAt(given['then'], at('then'), OUTCOMES);
  const rule: Rule = {
    name: textAt(given['name'], at('name')),
    then,
    ...(given['because'] !== undefined && { because: textAt(given['because'], at('because')) }),
    ...present(given, 'principal', (one) => principalsAt(one, at('principal'))),
    ...present(given, 'onBehalfOf', (one) => textsAt(one, at('onBehalfOf'))),
    ...present(given, 'action', (one) => textsAt(one, at('action'))),
    ...present(given, 'effect', (one) => eachAt(one, at('effect'), EFFECTS)),
    ...present(given, 'environment', (one) => eachAt(one, at('environment'), ENVIRONMENTS)),
    ...present(given, 'connection', (one) => valuesAt(one, at('connection'))),
    ...present(given, 'target', (one) => valuesByName(one, at('target'))),
    ...present(given, 'recipientDomain', (one) => valuesAt(one, at('recipientDomain'))),
    ...present(given, 'argument', (one) => valuesByName(one, at('argument'))),
    ...present(given, 'amount', (one) => amountAt(one, at('amount'), then)),
    ...present(given, 'afterReading', (one) => readAt(one, at('afterReading'), then)),
  };
  if (then === 'ask' && rule.effect?.includes('read')) {
    throw new PolicyProblem(at('effect'), 'a read is allowed or denied, nobody is asked about it');
  }
  return rule;
}

function exampleAt(value: unknown, path: Path): PolicyExample {
  const given = objectAt(value, path, EXAMPLE_FIELDS);
  const at = (field: string): Path => [...path, field];
  return {
    name: textAt(given['name'] ?? `test ${Number(path[1]) + 1}`, at('name')),
    as: principalsAt(textAt(given['as'], at('as')), at('as'))[0]!,
    action: textAt(given['action'], at('action')),
    environment: oneAt(given['environment'] ?? 'live', at('environment'), ENVIRONMENTS),
    input: given['input'] ?? {},
    connection: textAt(given['connection'] ?? 'none', at('connection')),
    expect: oneAt(given['expect'], at('expect'), OUTCOMES),
  };
}

function amountAt(value: unknown, path: Path, then: Outcome): AmountCondition {
  const given = objectAt(value, path, ['currency', 'over', 'upTo', 'per']);
  const is = then === 'allow' ? 'upTo' : 'over';
  const other = then === 'allow' ? 'over' : 'upTo';
  if (given[other] !== undefined) {
    throw new PolicyProblem([...path, other], `a rule that says ${then} takes ${is} here`);
  }
  const minor = given[is];
  if (typeof minor !== 'number' || !Number.isSafeInteger(minor) || minor < 0) {
    throw new PolicyProblem([...path, is], 'it is a whole number of the smallest unit, e.g. 5000 for 50.00 EUR');
  }
  const currency = textAt(given['currency'], [...path, 'currency']);
  if (!/^[A-Z]{3}$/.test(currency)) throw new PolicyProblem([...path, 'currency'], 'it is a code such as EUR');
  const per = oneAt(given['per'] ?? 'action', [...path, 'per'], ['action', 'hour', 'day'] as const);
  return { currency, is, minor, windowMs: WINDOWS[per] };
}

/** Reading something gives nobody leave to do more. */
function readAt(value: unknown, path: Path, then: Outcome): ReadCondition {
  const given = objectAt(value, path, ['action', 'connection', 'target']);
  if (then === 'allow') throw new PolicyProblem(path, 'only a rule that says ask or deny has it');
  return {
    action: textsAt(given['action'], [...path, 'action']),
    ...present(given, 'connection', (one) => valuesAt(one, [...path, 'connection'])),
    ...present(given, 'target', (one) => valuesByName(one, [...path, 'target'])),
  };
}

function valuesByName(value: unknown, path: Path): Record<string, ValueList> {
  if (!isObject(value)) throw new PolicyProblem(path, 'it is an object of names and values');
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, valuesAt(one, [...path, name])]));
}

/** A value, a list of values, `{ in: [...] }` or `{ notIn: [...] }`. */
function valuesAt(value: unknown, path: Path): ValueList {
  if (!isObject(value)) return { is: 'in', values: textsAt(value, path) };
  const given = objectAt(value, path, ['in', 'notIn']);
  if (Object.keys(given).length !== 1) throw new PolicyProblem(path, 'it has either in or notIn');
  const is = given['in'] === undefined ? 'notIn' : 'in';
  return { is, values: textsAt(given[is], [...path, is]) };
}

function principalsAt(value: unknown, path: Path): string[] {
  const texts = textsAt(value, path);
  const wrong = texts.find((text) => !PRINCIPAL.test(text));
  if (wrong === undefined) return texts;
  throw new PolicyProblem(path, `"${wrong}" is none of person, agent, api_key, handler, or one of them with :id`);
}

function textsAt(value: unknown, path: Path): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new PolicyProblem(path, 'it is empty; leave it out where everything is meant');
  return list.map((one, index) => textAt(one, Array.isArray(value) ? [...path, index] : path));
}

function eachAt<Word extends string>(value: unknown, path: Path, words: readonly Word[]): Word[] {
  return textsAt(value, path).map((one) => oneAt(one, path, words));
}

function oneAt<Word extends string>(value: unknown, path: Path, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new PolicyProblem(
    path,
    value === undefined ? `it is missing: ${words.join(', ')}` : `it is one of ${words.join(', ')}`,
  );
}

function textAt(value: unknown, path: Path): string {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text === 'string' && text !== '' && text.length <= 1_000) return text;
  throw new PolicyProblem(path, value === undefined ? 'it is missing' : 'it is no text');
}

function listAt(value: unknown, path: Path): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new PolicyProblem(path, 'it is a list');
}

function objectAt(value: unknown, path: Path, fields: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) throw new PolicyProblem(path, 'it is an object of names and values');
  const stranger = Object.keys(value).find((field) => !fields.includes(field));
  if (stranger === undefined) return value;
  throw new PolicyProblem([...path, stranger], `"${stranger}" is no field; there are ${fields.join(', ')}`);
}

function present<Field extends string, Value>(
  given: Record<string, unknown>,
  field: Field,
  read: (value: unknown) => Value,
): { [Name in Field]?: Value } {
  return (given[field] === undefined ? {} : { [field]: read(given[field]) }) as { [Name in Field]?: Value };
}
