/** Makes a tool of an operation. The only way to make one of something that does anything (test/meta/mcp.test.ts). @module */
import type { CallResult } from '../../core/call.js';
import type { ConnectorDefinition } from '../../core/connector.js';
import { isObject } from '../../core/json.js';
import { jsonSchemaOf, type JsonSchema, type Operation } from '../../operations/index.js';
import { callAnswer, CALL_FIELDS } from './call-answer.js';
import { misfit, readNested } from './check-arguments.js';
import { compactInput, compactOutput } from './compact-schema.js';
import { controlsOf, separateControls } from './controls.js';
import { hintsOf } from './hints.js';
import { refuse } from './refusal.js';
import { toolNameOf } from './tool-name.js';
import type { McpTool, ToolAnswer, ToolCall } from './tool.js';

const ROWS_DEFAULT = 20;
const ROWS_MAX = 100;
const OUTPUT_LEVELS = 2;

/** Answers of these carry what strangers wrote, or a provider named, or a handler said of it. */
const OUTSIDE_FIELDS = [
  'body',
  'bodyText',
  'headers',
  'key',
  'account',
  'subject',
  'events',
  'reasons',
  'result',
  'calls',
  'jobs',
  'error',
  'pastAttempts',
  'waiting',
  'data',
  'entity',
  'entries',
  'says',
  'children',
  'target',
  'details',
  'personal',
  'agent',
  'connections',
  'label',
  'problem',
  'checks',
  'limits',
  'approvals',
  'lookups',
  'request',
  'outcome',
  'decided',
  'operations',
  'fields',
  'summary',
  'run',
];

interface Shape {
  /** Fields of the operation alone. */
  own: JsonSchema;
  controls: Record<string, JsonSchema>;
  inputSchema: JsonSchema;
  paged: boolean;
}

/** Its schemas are made when somebody asks for them: there are hundreds of tools, and few are listed or called. */
export function operationTool(operation: Operation, connectors: readonly ConnectorDefinition[]): McpTool {
  let made: Shape | undefined;
  let output: JsonSchema | undefined;
  const shape = (): Shape => (made ??= shapeOf(operation));
  return {
    name: toolNameOf(operation.name),
    operation: operation.name,
    description: `${operation.summary}.`,
    get inputSchema() {
      return shape().inputSchema;
    },
    get outputSchema() {
      return (output ??= outputSchema(operation, connectors));
    },
    annotations: hintsOf(operation),
    async run(given, call) {
      const { own, controls, inputSchema, paged } = shape();
      const { input, call: controlled } = separateControls(controls, readNested(inputSchema, given));
      const asked = paged ? { ...input, limit: input['limit'] ?? ROWS_DEFAULT } : input;
      const refusal = misfit(operation.input, { ...inputSchema, properties: { ...own.properties } }, asked);
      if (refusal !== undefined) return await refuse(operation, refusal, call);
      const ask = async (limit?: number): Promise<ToolAnswer> =>
        answerOf(
          operation,
          await call.run(operation, limit === undefined ? asked : { ...asked, limit }, {
            ...controlled,
            ...rest(call),
          }),
        );
      const answer = await ask();
      return paged ? { ...answer, shrink: ask } : answer;
    },
  };
}

function shapeOf(operation: Operation): Shape {
  const own = ownSchema(operation);
  const names = Object.keys(own.properties ?? {});
  const controls = controlsOf(operation, names);
  const inputSchema: JsonSchema = {
    type: 'object',
    properties: { ...own.properties, ...controls },
    ...(own.required !== undefined && own.required.length > 0 ? { required: own.required } : {}),
    additionalProperties: false,
  };
  const paged = names.includes('limit') && names.includes('cursor') && operation.audit !== 'call';
  return { own, controls, inputSchema, paged };
}

function rest({ signal, client, toolCallId }: ToolCall): Pick<ToolCall, 'signal' | 'client' | 'toolCallId'> {
  return { signal, ...(client === undefined ? {} : { client }), ...(toolCallId === undefined ? {} : { toolCallId }) };
}

function ownSchema(operation: Operation): JsonSchema {
  const schema = compactInput(jsonSchemaOf(operation.input, 'input'));
  const { limit, ...properties } = schema.properties ?? {};
  const optional = (schema.required ?? []).filter((name) => schema.properties?.[name]?.default === undefined);
  return {
    ...schema,
    properties: {
      ...properties,
      ...(limit === undefined
        ? {}
        : {
            limit: { type: 'integer', minimum: 1, maximum: operation.audit === 'call' ? limit['maximum'] : ROWS_MAX },
          }),
    } as Record<string, JsonSchema>,
    required: optional,
  };
}

function answerOf(operation: Operation, output: unknown): ToolAnswer {
  if (operation.audit === 'call') return callAnswer(operation, output as CallResult);
  const value = isObject(output) ? output : { value: output };
  const untrusted = OUTSIDE_FIELDS.filter((name) => Object.hasOwn(value, name));
  return { value, ...(untrusted.length > 0 ? { untrusted } : {}) };
}

/** Nothing is required at the top: a refusal has `error` and nothing else, and there are clients that check it. */
function outputSchema(operation: Operation, connectors: readonly ConnectorDefinition[]): JsonSchema {
  const marks = {
    untrusted: { type: 'array', items: { type: 'string' } },
    cut: { type: 'array', items: { type: 'string' } },
  };
  if (operation.audit === 'call') {
    const [provider, ...word] = operation.name.split('.');
    const action = connectors.find((one) => one.provider === provider)?.actions[word.join('.')];
    const output = action === undefined ? {} : compactOutput(jsonSchemaOf(action.output, 'output'), OUTPUT_LEVELS);
    return { type: 'object', properties: { ...CALL_FIELDS, output, ...marks } };
  }
  const { required: _always, ...schema } = compactOutput(jsonSchemaOf(operation.output, 'output'), OUTPUT_LEVELS);
  return { ...schema, type: 'object', properties: { ...schema.properties, ...marks } };
}
