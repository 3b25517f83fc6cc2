import { describe, expect, it } from 'vitest';
import type { Principal } from '../core/principal.js';
import { decide, deniedAnyway, parsePolicy, PolicyProblem, type CallSubject, type PolicyQuestion } from './index.js';

const AGENT: Principal = { type: 'agent', id: 'key_bot', scopes: ['read', 'write'], via: 'mcp' };
const PERSON: Principal = { type: 'person', id: 'ada', scopes: ['read', 'write'], via: 'cli' };

const SUBJECT: CallSubject = {
  connection: 'env:slack',
  targets: [{ type: 'channel', id: 'C1' }],
  recipients: [],
  input: {},
  spent: new Map(),
};

function ask(rules: object[], call: Partial<CallSubject> = {}, over: Partial<PolicyQuestion> = {}) {
  const policy = parsePolicy({ rules: rules.map((one, index) => ({ name: `rule ${index}`, ...one })) }, 'test');
  const question = { principal: AGENT, action: 'slack.sendMessage', effect: 'send', environment: 'live' } as const;
  return decide({ ...question, call: { ...SUBJECT, ...call }, ...over }, policy);
}

const counterIn = (decision: ReturnType<typeof ask>): string =>
  decision.decision === 'deny' ? 'none' : decision.counts![0]!.counter;

describe('rules', () => {
  it('loosen and tighten the defaults, the strictest first, in whatever order they stand', () => {
    const rules = [
      { principal: 'agent', then: 'allow' },
      { action: 'slack.*', then: 'deny', because: 'not today' },
      { then: 'ask' },
    ];
    expect(ask([])).toEqual({ decision: 'ask' });
    expect(ask([rules[0]!])).toEqual({ decision: 'allow', rule: 'rule 0' });
    for (const order of [rules, [...rules].reverse()]) {
      expect(ask(order)).toMatchObject({ decision: 'deny', code: 'policy_denied', reason: 'not today' });
    }
    expect(ask([rules[2]!], {}, { principal: PERSON })).toMatchObject({ decision: 'ask' });
  });

  it.each<[object, Partial<PolicyQuestion>, 'allow' | 'ask']>([
    [{ principal: 'agent' }, {}, 'allow'],
    [{ principal: 'agent:key_bot' }, {}, 'allow'],
    [{ principal: 'agent:key_other' }, {}, 'ask'],
    [{ principal: ['person', 'handler'] }, {}, 'ask'],
    [{ action: 'slack.send*' }, {}, 'allow'],
    [{ action: '*.delete*' }, {}, 'ask'],
    [{ effect: ['create', 'send'] }, {}, 'allow'],
    [{ effect: 'pay' }, {}, 'ask'],
    [{ environment: 'live' }, {}, 'allow'],
    [{ environment: 'sandbox' }, {}, 'ask'],
    [{ connection: 'env:slack' }, {}, 'allow'],
    [{ connection: { notIn: ['env:slack'] } }, {}, 'ask'],
    [{ onBehalfOf: 'ada' }, {}, 'ask'],
    [{ onBehalfOf: 'ada' }, { principal: { ...AGENT, onBehalfOf: { type: 'person', id: 'ada' } } }, 'allow'],
  ])('%j allows or leaves it to the defaults', (rule, over, expected) => {
    expect(ask([{ ...rule, then: 'allow' }], {}, over).decision).toBe(expected);
  });

  it('that allow are about everything a call touches, those that restrict about anything of it', () => {
    const targets = [
      { type: 'channel', id: 'C1' },
      { type: 'channel', id: 'C2' },
    ];
    const only = (then: string) => [{ target: { channel: ['C1'] }, then }];
    expect(ask(only('allow')).decision).toBe('allow');
    expect(ask(only('allow'), { targets }).decision).toBe('ask');
    expect(ask(only('deny'), { targets }).decision).toBe('deny');
    expect(ask(only('allow'), { targets: [] }).decision).toBe('ask');
    expect(ask(only('deny'), { targets: [] }).decision).toBe('deny');
    expect(ask(only('allow'), { opaque: true }).decision).toBe('ask');
  });

  it('know the domains that mail goes to', () => {
    const strangers = [{ recipientDomain: { notIn: ['acme.com', '*.acme.com'] }, then: 'deny' }];
    const to = (...recipients: string[]) => ask(strangers, { recipients }).decision;
    expect(to('ada@acme.com', 'bob@eu.acme.com')).toBe('ask');
    expect(to('ada@acme.com', 'eve@acme.com.evil.test')).toBe('deny');
    expect(to('"eve@acme.com"@evil.test')).toBe('deny');
    expect(to()).toBe('ask');
  });

  it('look into arguments', () => {
    const rules = [{ argument: { 'pull.base': { notIn: ['main'] } }, then: 'deny' }];
    expect(ask(rules, { input: { pull: { base: 'main' } } }).decision).toBe('ask');
    expect(ask(rules, { input: { pull: { base: 'release' } } }).decision).toBe('deny');
    expect(ask(rules, { input: {} }).decision).toBe('deny');
  });

  it('know amounts; one that nobody knows, or of another currency, counts against the call', () => {
    const over = [
      { then: 'allow', principal: 'agent' },
      { amount: { currency: 'EUR', over: 5_000 }, then: 'ask' },
    ];
    const pay = (minor: number, currency = 'EUR') => ask(over, { money: [{ minor, currency }] }).decision;
    expect([pay(5_000), pay(5_001), pay(1, 'USD')]).toEqual(['allow', 'ask', 'ask']);
    expect(ask(over, { money: 'unknown' }).decision).toBe('ask');
    expect(ask(over).decision).toBe('allow');
    const upTo = [{ amount: { currency: 'EUR', upTo: 5_000 }, then: 'allow' }];
    expect(ask(upTo, { money: [{ minor: 5_000, currency: 'EUR' }] }).decision).toBe('allow');
    expect(ask(upTo, { money: 'unknown' }).decision).toBe('ask');
  });

  it('statement 6: count amounts over an hour or a day, and say what has to be counted', () => {
    const rules = [{ name: 'a day', amount: { currency: 'EUR', upTo: 100, per: 'day' }, then: 'allow' }];
    const money = [{ minor: 40, currency: 'EUR' }];
    const counted = { counter: 'a day | EUR', minor: 40, windowMs: 86_400_000 };
    const with60 = ask(rules, { money, spent: new Map([[counted.counter, 60]]) });
    expect(with60).toEqual({ decision: 'allow', rule: 'a day', counts: [{ ...counted, limit: 100 }] });
    const with61 = ask(rules, { money, spent: new Map([[counted.counter, 61]]) });
    expect(with61).toEqual({ decision: 'ask', counts: [counted] });
  });

  it('statement 17: know what was read before; a read is noted, and only restricts', () => {
    const rule = {
      afterReading: { action: 'github.*', target: { repository: ['acme/vault'] } },
      target: { channel: ['C1'] },
      then: 'ask',
    };
    const rules = [{ then: 'allow', principal: 'agent' }, rule];
    const reads = { action: 'github.getIssue', effect: 'read' } as const;
    const read = (id: string, principal = AGENT) =>
      ask(rules, { targets: [{ type: 'repository', id }] }, { ...reads, principal });
    const noted = read('acme/vault');
    expect(noted).toEqual({
      decision: 'allow',
      counts: [{ counter: expect.any(String), minor: 1, windowMs: 86_400_000 }],
    });
    expect(read('acme/site')).toEqual({ decision: 'allow' });
    expect(ask(rules, { opaque: true, targets: [] }, reads)).toEqual(noted);
    expect(ask(rules, {}, { ...reads, action: 'slack.listChannels' })).toEqual({ decision: 'allow' });
    const spent = new Map([[counterIn(noted), 1]]);
    expect(ask(rules).decision).toBe('allow');
    expect(ask(rules, { spent }).decision).toBe('ask');
    expect(ask(rules, { spent, targets: [{ type: 'channel', id: 'C2' }] }).decision).toBe('allow');
    const elsewhere: Principal = { ...AGENT, agent: { session: 'another' } };
    expect(counterIn(read('acme/vault', elsewhere))).not.toBe(counterIn(noted));
    expect(ask(rules, { spent }, { principal: elsewhere }).decision).toBe('allow');
    for (const wrong of [
      { ...rule, then: 'allow' },
      { ...rule, afterReading: {} },
      { ...rule, afterReading: 'x' },
    ]) {
      expect(() => ask([wrong])).toThrow(PolicyProblem);
    }
  });

  it('allow no handler what it has not declared, and ask about no read', () => {
    const handler: Principal = { type: 'handler', id: 'notify', scopes: [], via: 'webhook' };
    const allow = [{ principal: 'handler', then: 'allow' }];
    expect(ask(allow, {}, { principal: handler, uses: [] })).toMatchObject({ code: 'action_not_declared' });
    expect(ask(allow, {}, { principal: handler, uses: ['slack.sendMessage'] }).decision).toBe('allow');
    expect(ask([{ then: 'deny' }], {}, { effect: 'read' }).decision).toBe('allow');
    expect(ask([{ effect: 'read', then: 'deny' }], {}, { effect: 'read' }).decision).toBe('deny');
  });

  it('deny a name at once only when nothing about the call could change that', () => {
    const policy = (...rules: object[]) =>
      parsePolicy({ rules: rules.map((one, at) => ({ name: `${at}`, ...one })) }, 'test');
    const named = {
      principal: { ...PERSON, scopes: [] },
      action: 'slack.sendMessage',
      effect: 'send',
      environment: 'live',
    } as const;
    expect(deniedAnyway(named)?.decision).toBe('deny');
    expect(deniedAnyway(named, policy({ target: { channel: ['C1'] }, then: 'allow' }))).toBeUndefined();
    expect(deniedAnyway(named, policy({ action: 'slack.*', then: 'deny' }))?.decision).toBe('deny');
    expect(
      deniedAnyway({ ...named, principal: AGENT }, policy({ target: { channel: ['C1'] }, then: 'deny' })),
    ).toBeUndefined();
  });
});

describe('statement 7: a policy that cannot be used', () => {
  it.each<[unknown, string, RegExp]>([
    [[], '', /object/],
    [{ rule: [] }, 'rule', /no field; there are version, rules, tests/],
    [{ version: 2 }, 'version', /only 1/],
    [{ rules: {} }, 'rules', /list/],
    [{ rules: [{ then: 'allow' }] }, 'rules.0.name', /missing/],
    [{ rules: [{ name: 'x' }] }, 'rules.0.then', /missing: allow, ask, deny/],
    [{ rules: [{ name: 'x', then: 'alow' }] }, 'rules.0.then', /one of/],
    [{ rules: [{ name: 'x', then: 'allow', acton: 'y' }] }, 'rules.0.acton', /no field/],
    [{ rules: [{ name: 'x', then: 'allow', principal: 'robot' }] }, 'rules.0.principal', /none of/],
    [{ rules: [{ name: 'x', then: 'allow', effect: 'write' }] }, 'rules.0.effect', /one of/],
    [{ rules: [{ name: 'x', then: 'allow', action: [] }] }, 'rules.0.action', /empty/],
    [{ rules: [{ name: 'x', then: 'ask', effect: 'read' }] }, 'rules.0.effect', /nobody is asked/],
    [
      { rules: [{ name: 'x', then: 'deny', amount: { currency: 'EUR', upTo: 1 } }] },
      'rules.0.amount.upTo',
      /takes over/,
    ],
    [
      { rules: [{ name: 'x', then: 'deny', amount: { currency: 'EUR', over: 1.5 } }] },
      'rules.0.amount.over',
      /whole number/,
    ],
    [
      { rules: [{ name: 'x', then: 'deny', target: { channel: { in: ['a'], notIn: ['b'] } } }] },
      'rules.0.target.channel',
      /either/,
    ],
    [
      {
        rules: [
          { name: 'x', then: 'deny' },
          { name: 'x', then: 'deny' },
        ],
      },
      'rules.1.name',
      /another rule/,
    ],
    [{ tests: [{ as: 'agent', action: 'a.b', expect: 'maybe' }] }, 'tests.0.expect', /one of/],
  ])('%j', (value, place, words) => {
    let caught: unknown;
    try {
      parsePolicy(value, 'test');
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(PolicyProblem);
    expect((caught as PolicyProblem).path.join('.')).toBe(place);
    expect((caught as PolicyProblem).message).toMatch(words);
  });
});
