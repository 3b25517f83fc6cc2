/** The contract of a key (draft-ietf-httpapi-idempotency-key-header-07), for every operation of the table that writes. */
import fc from 'fast-check';
import type { Hono } from 'hono';
import { beforeAll, describe, expect, it } from 'vitest';
import { requestOf } from '../../src/client/place.js';
import { knownCredentials } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { beginUnderKey, settleUnderKey } from '../../src/operations/answer-ledger.js';
import { jsonSchemaOf, OPERATIONS, type Operation } from '../../src/operations/index.js';
import { valueOf, type Schema } from '../openapi/arbitrary.js';
import { createSetting, type Setting } from './setting.js';

const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
const WRITING = OPERATIONS.filter(({ effect, audit }) => effect !== 'read' && audit !== 'call');
const HOUR_MS = 3_600_000;
type Input = Readonly<Record<string, unknown>>;

let setting: Setting;
let app: Hono;
beforeAll(async () => {
  setting = await createSetting();
  const identify = knownCredentials({ local: TOKEN });
  app = restApp({ gateway: setting.gateway, identify, environment: 'sandbox', via: 'rest' }, OPERATIONS);
});

/** Two inputs that the operation accepts and that are not the same; one for an operation that takes nothing. */
function inputsOf(operation: Operation): Input[] {
  const schema = jsonSchemaOf(operation.input, 'input') as Schema & { $defs?: Record<string, Schema> };
  const at = (ref: string): Schema => schema.$defs?.[ref.split('/').at(-1)!] ?? {};
  const accepted = fc.sample(valueOf(schema, at, ['github']), { numRuns: 300, seed: 7 }).filter((one) => {
    const isAddressed = operation.http.path.match(/\{(\w+)\}/g)?.every((name) => {
      const value = (one as Record<string, unknown>)[name.slice(1, -1)];
      return typeof value === 'string' && /^\w+$/.test(value);
    });
    return isAddressed !== false && operation.input.safeParse(one).success;
  });
  const distinct = new Map(accepted.map((one) => [JSON.stringify(parsed(operation, one as Input)), one as Input]));
  return [...distinct.values()].slice(0, 2);
}

function parsed(operation: Operation, input: Input): unknown {
  const result = operation.input.safeParse(input);
  return result.success ? result.data : expect.fail('it was accepted');
}

async function begin(operation: Operation, input: Input, key: string) {
  const context = {
    scope: { tenant: 'default', environment: 'sandbox' },
    principal: { type: 'person', id: 'local', scopes: ['admin'], via: 'rest' },
    callId: `call of ${key}`,
    idempotencyKey: key,
    dryRun: false,
  } as const;
  const draft = { phase: 'intent', status: 'started', action: operation.name } as const;
  const entry = setting.gateway.entry(context, draft);
  const begun = await beginUnderKey(setting.gateway, operation, context, parsed(operation, input), entry);
  return { context, fence: begun.kind === 'begun' ? begun.fence : expect.fail('the key is new') };
}

async function send(operation: Operation, input: Input, key: string) {
  const { method } = operation.http;
  const { path, body } = requestOf(operation.http, input);
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', 'idempotency-key': key };
  const init = { method, headers, ...(body !== undefined && { body }) };
  const response = await app.request(`http://localhost${path}`, init);
  const json = (await response.json()) as Record<string, unknown>;
  return { status: response.status, code: json['code'], json, replayed: response.headers.get('idempotent-replayed') };
}

describe('every operation that writes', () => {
  it('is in the list', () => {
    console.log(`${WRITING.length} operations that write: ${WRITING.map(({ name }) => name).join(', ')}`);
    expect(WRITING.length).toBeGreaterThan(30);
  });

  it.each(WRITING.map((operation) => [operation.name, operation] as const))('%s', async (name, operation) => {
    const [input, other] = inputsOf(operation);
    expect(input, 'an input that it accepts').toBeDefined();

    const [answered, orphaned] = [`answered ${name}`, `orphaned ${name}`];
    const { context, fence } = await begin(operation, input!, answered);
    expect(await send(operation, input!, answered), 'in flight').toMatchObject({
      status: 409,
      code: 'call_in_flight',
    });
    const entry = setting.gateway.entry(context, { phase: 'outcome', status: 'succeeded', action: name });
    await settleUnderKey(setting.gateway, context, fence, { output: { answerOf: name } }, entry, 1);
    expect(await send(operation, input!, answered), 'the same').toMatchObject({
      status: 200,
      replayed: 'true',
      json: { answerOf: name },
    });
    if (other !== undefined) {
      expect(await send(operation, other, answered), 'another body').toMatchObject({
        status: 422,
        code: 'idempotency_mismatch',
        replayed: null,
      });
    }

    await begin(operation, input!, orphaned);
    setting.clock.jumpWall(HOUR_MS);
    for (let times = 0; times < 2; times++)
      expect(await send(operation, input!, orphaned), orphaned).toMatchObject({
        status: 504,
        code: 'outcome_unknown',
      });
  });
});
