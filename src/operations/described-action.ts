/** One action in words and numbers: what it takes, gives, needs and costs, read from its definition. @module */
import type { ActionDefinition, ConnectorDefinition, Idempotency } from '../core/connector.js';
import type { LimitBucket, LimitUse } from '../core/limit.js';
import { present } from './fields.js';
import { jsonSchemaOf, schemaFields, type InputField, type JsonSchema } from './input-fields.js';

type AnyAction = ConnectorDefinition['actions'][string];

export interface DescribedLimit {
  bucket: string;
  covers: string;
  /** Units that one call takes. */
  cost: number;
  /** Absent: nobody knows, so it is learnt from the answers. */
  unitsPerSecond?: number | { sandbox: number; live: number };
  burst?: number;
  source: string;
}

export interface DescribedAction {
  name: string;
  provider: string;
  summary: string;
  effect: string;
  endpoint?: string;
  /** The scope that a credential of Fairlead needs. */
  scope: string;
  /** What the provider's credential must be allowed, in the provider's words. */
  permissions: readonly string[];
  input: readonly DescribedField[];
  output: readonly DescribedField[];
  repeats: string;
  lookUp: string;
  pages?: string;
  limits: readonly DescribedLimit[];
  example?: unknown;
}

type DescribedField = Pick<InputField, 'name' | 'kind' | 'required'> &
  Partial<Pick<InputField, 'description' | 'choices' | 'defaultValue'>> & { secret?: true };

export function describedAction(connector: ConnectorDefinition, word: string, action: AnyAction): DescribedAction {
  const { provider, examples } = connector;
  const calls = examples !== undefined && Object.hasOwn(examples.calls, word) ? examples.calls[word] : undefined;
  const example = calls?.[0]?.input;
  const { secretFields = [] } = action;
  const output = fieldsOf(jsonSchemaOf(action.output, 'output'));
  return {
    name: `${provider}.${word}`,
    provider,
    summary: action.summary,
    effect: action.effect,
    ...present({ endpoint: action.endpoint }),
    scope: action.effect === 'read' ? 'read' : 'write',
    permissions: action.permissions ?? [],
    input: fieldsOf(jsonSchemaOf(action.input, 'input')),
    output: output.map((field) => (secretFields.includes(field.name) ? { ...field, secret: true } : field)),
    repeats: repeats(action),
    lookUp: lookUp(action),
    ...present({ pages: action.pages && `one page of ${action.pages.items}; cursor takes what nextCursor gave` }),
    limits: limitsOf(connector, action as unknown as ActionDefinition, example),
    ...present({ example }),
  };
}

function fieldsOf(schema: JsonSchema): DescribedField[] {
  return schemaFields(schema).map(({ name, kind, required, description, choices, defaultValue }) => ({
    name,
    kind,
    required,
    ...present({ description, choices, defaultValue }),
  }));
}

/** What happens when the same call is sent twice. */
function repeats({ effect, idempotency }: AnyAction): string {
  if (effect === 'read') return 'reads only: it can be repeated at any time';
  if (typeof idempotency === 'function') return 'whether the target recognises a repeat depends on the connection';
  return recognised(idempotency);
}

const HOUR_MS = 3_600_000;

function recognised(idempotency: Idempotency): string {
  if (idempotency === 'none') return 'the provider does not recognise a repeat, so it is never sent again on a guess';
  const hours = Math.round(idempotency.keyTtlMs / HOUR_MS);
  const long = hours > 0 ? `${hours} h` : `${Math.round(idempotency.keyTtlMs / 1000)} s`;
  if (idempotency.upsert === true) return `a repeat changes nothing more, for ${long}`;
  const where = idempotency.header ?? idempotency.field ?? 'its key';
  return `the provider recognises a repeat by ${where}, for ${long}`;
}

function lookUp({ effect, reconcile }: AnyAction): string {
  if (effect === 'read') return 'not needed';
  return reconcile === undefined
    ? 'a lost answer stays unknown until a person has looked'
    : 'after a lost answer the provider is asked whether it took place';
}

/** What a call of the example takes; an action that cannot say without another input names what every call takes. */
function limitsOf(connector: ConnectorDefinition, action: ActionDefinition, example: unknown): DescribedLimit[] {
  const all = Object.entries(connector.limits ?? {});
  const method = /^[A-Z]+/.exec(action.endpoint ?? '')?.[0];
  const always = all.flatMap(([bucket, { everyCall }]): LimitUse[] => {
    const cost = typeof everyCall === 'object' ? everyCall[method as keyof typeof everyCall] : everyCall;
    return cost === undefined ? [] : [{ bucket, cost }];
  });
  return [...usesOf(action, example), ...always].flatMap(({ bucket, cost = 1 }) => {
    const declared = connector.limits?.[bucket];
    return declared === undefined ? [] : [{ bucket, cost, ...declaredLimit(declared) }];
  });
}

/** What people are told of a bucket. */
export function declaredLimit({
  covers,
  ratePerSecond,
  burst,
  source,
}: LimitBucket): Omit<DescribedLimit, 'bucket' | 'cost'> {
  return { covers, ...present({ unitsPerSecond: ratePerSecond, burst }), source };
}

function usesOf({ input, limits }: ActionDefinition, example: unknown): readonly LimitUse[] {
  const parsed = example === undefined ? undefined : input.safeParse(example);
  if (limits === undefined || parsed?.success !== true) return [];
  return limits(parsed.data);
}
