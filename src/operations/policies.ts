/** Operations on the policy that holds: what it says, what it says to one call and why, and its own examples. @module */
import { z } from 'zod';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { CallContext, Effect } from '../core/operation.js';
import type { Principal, PrincipalType } from '../core/principal.js';
import { ENVIRONMENTS, type Environment } from '../core/scope.js';
import { subjectOf } from '../outbound/index.js';
import {
  decide,
  defaultFor,
  matches,
  spendWindows,
  type Policy,
  type PolicyDecision,
  type PolicyQuestion,
} from '../policy/index.js';
import { present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

const rule = z.looseObject({ name: z.string(), then: z.string() });

const show = operation({
  name: 'policy.show',
  summary: 'Shows the rules that hold, on top of the defaults',
  installation: true,
  input: z.strictObject({}),
  output: z.object({ where: z.string(), digest: z.string(), rules: z.array(rule) }),
  effect: 'read',
  scope: 'read',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'policy', id: '*' }) },
  http: { method: 'GET', path: '/v1/policy' },
  cli: {
    words: 'policy show',
    table: {
      rows: 'rules',
      columns: ['name', 'then', 'principal', 'action', 'because'],
      empty: 'No rules: the defaults hold. Write some into fairlead.policy.yaml.',
    },
  },
  async run({ policy }) {
    const rules = policy.rules.map((one) => ({ ...one }) as z.input<typeof rule>);
    return { where: policy.where, digest: policy.digest, rules };
  },
});

const ASKS = z.strictObject({
  action: z.string().max(200).describe('e.g. slack.sendMessage'),
  as: z.string().max(200).default('agent').describe('who calls: agent, person, api_key, handler, or one with :id'),
  environment: z.enum(ENVIRONMENTS).default('live'),
  connection: z.string().max(200).default('none').describe('its id'),
  given: z.record(z.string(), z.unknown()).default({}).describe('input of the action, with ids: nothing is looked up'),
});

const explained = z.object({
  decision: z.enum(['allow', 'ask', 'deny']),
  rule: z.string().optional().describe('whose word it is; absent: that of a default'),
  default: z.string().optional().describe('the default that decided, where no rule did'),
  reason: z.string().optional(),
  rules: z.array(z.object({ rule: z.string(), then: z.string(), applies: z.enum(['yes', 'no', 'unknown']) })),
  spent: z.record(z.string(), z.number()).optional(),
});

const explain = operation({
  name: 'policy.explain',
  summary: 'Says what policy decides about a call, and which rules are about it',
  input: ASKS,
  output: explained,
  effect: 'read',
  scope: 'read',
  errors: ['not_found', 'invalid_argument'],
  audit: { target: ({ action }) => ({ type: 'action', id: action }) },
  http: { method: 'POST', path: '/v1/policy/explain' },
  cli: {
    words: 'policy explain',
    positional: ['action'],
    examples: [`fairlead policy explain slack.sendMessage --as agent --given '{"channel":"C024BE91L","text":"Hello"}'`],
  },
  async run(gateway, context, asks) {
    const { policy } = gateway;
    const spent = await spentOf(gateway, context, policy, principalOf(asks.as));
    const question = questionOf(await gateway.connectors(), { ...asks, input: asks.given }, spent);
    const decision = decide(question, policy);
    const rules = policy.rules.map((one) => ({ rule: one.name, then: one.then, applies: matches(one, question) }));
    return {
      ...verdictOf(decision),
      ...(decision.rule === undefined && { default: defaultFor(question) }),
      rules: rules.filter(({ applies }) => applies !== 'no'),
      ...(spent.size > 0 && { spent: Object.fromEntries(spent) }),
    };
  },
});

const test = operation({
  name: 'policy.test',
  summary: 'Runs the examples of the policy that holds: each says what it expects',
  input: z.strictObject({}),
  output: z.object({
    ok: z.boolean(),
    tests: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        expected: z.string(),
        decided: z.string(),
        rule: z.string().optional(),
      }),
    ),
  }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: () => ({ type: 'policy', id: '*' }) },
  http: { method: 'POST', path: '/v1/policy/test' },
  cli: { words: 'policy test', table: { rows: 'tests', columns: ['name', 'ok', 'expected', 'decided', 'rule'] } },
  async run(gateway) {
    return testPolicy(gateway.policy, await gateway.connectors());
  },
});

type Tested = { ok: boolean; tests: { name: string; ok: boolean; expected: string; decided: string; rule?: string }[] };

/** Without anything spent. */
export function testPolicy(policy: Policy, connectors: readonly ConnectorDefinition[]): Tested {
  const tests = policy.examples.map((example) => {
    const { decision, ...rest } = verdictOf(decide(questionOf(connectors, example, new Map()), policy));
    const { name, expect } = example;
    return { name, ok: decision === expect, expected: expect, decided: decision, ...present({ rule: rest.rule }) };
  });
  return { ok: tests.every(({ ok }) => ok), tests };
}

interface Asks {
  action: string;
  as: string;
  environment: Environment;
  connection: string;
  input: unknown;
}

function questionOf(
  connectors: readonly ConnectorDefinition[],
  asks: Asks,
  spent: Map<string, number>,
): PolicyQuestion {
  const { action: name, environment, connection, input } = asks;
  const [provider, word] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
  const connector = connectors.find((one) => one.provider === provider);
  if (connector === undefined || !Object.hasOwn(connector.actions, word)) {
    throw new AppError('not_found', { what: 'action', id: name.slice(0, 100) });
  }
  const action = connector.actions[word] as unknown as Parameters<typeof subjectOf>[0]['action'];
  const effect: Effect = action.effect;
  return {
    principal: principalOf(asks.as),
    action: name,
    effect,
    environment,
    uses: [name],
    call: subject(action, connection, input, spent),
  };
}

/** An input that is not whole yet has no target, and policy is told so. */
function subject(
  action: Parameters<typeof subjectOf>[0]['action'],
  connection: string,
  input: unknown,
  spent: Map<string, number>,
): NonNullable<PolicyQuestion['call']> {
  const parsed = action.input.safeParse(input);
  if (parsed.success) return subjectOf({ action }, connection, parsed.data, spent);
  return { connection, targets: [], recipients: [], input, spent, opaque: true };
}

/** With every scope: what the credential is good for is another question. */
function principalOf(text: string): Principal {
  const [type, ...id] = text.split(':');
  if (!['person', 'agent', 'api_key', 'handler', 'system'].includes(type ?? '')) {
    throw new AppError('invalid_argument', {
      argument: 'as',
      problem: 'it is person, agent, api_key or handler, or one with :id',
    });
  }
  return { type: type as PrincipalType, id: id.join(':') || 'somebody', scopes: ['read', 'write'], via: 'library' };
}

async function spentOf(
  { store }: Gateway,
  { scope }: CallContext,
  policy: Policy,
  principal: Principal,
): Promise<Map<string, number>> {
  const windows = spendWindows(policy, principal);
  const sums = windows.length === 0 ? [] : await store.spend.sums(scope, windows);
  return new Map(windows.map(({ counter }, index) => [counter, sums[index]!]));
}

function verdictOf(decision: PolicyDecision): { decision: 'allow' | 'ask' | 'deny'; rule?: string; reason?: string } {
  const reason = 'reason' in decision ? decision.reason : undefined;
  return { decision: decision.decision, ...present({ rule: decision.rule, reason }) };
}

export const POLICY_OPERATIONS = [show, explain, test];
