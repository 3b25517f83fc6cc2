/**
 * The description of the REST interface against the interface: it is valid OpenAPI, and what is answered to requests made
 * from it is what it says. The judges are a validator of the format and a validator of JSON Schema, neither of them ours.
 *
 * FAIRLEAD_OPENAPI_REQUESTS says how many requests are made, FAIRLEAD_OPENAPI_SEED which ones.
 */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { Hono } from 'hono';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { knownCredentials, withKeys } from '../../src/doors/http/credentials.js';
import { openApiDocument } from '../../src/doors/http/openapi.js';
import { restApp } from '../../src/doors/http/rest.js';
import { operationTable } from '../../src/operations/index.js';
import { createSetting, type Setting } from '../doors/setting.js';
import { requestsOf, type Document, type GeneratedRequest } from './requests.js';

const REQUESTS = Number(process.env['FAIRLEAD_OPENAPI_REQUESTS'] ?? 60);
const SEED = Number(process.env['FAIRLEAD_OPENAPI_SEED'] ?? 20_260_131);
const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
const TABLE = operationTable(CONNECTORS);
const DOCUMENT = openApiDocument(TABLE, '0.1.0') as unknown as Document;

describe('the document', () => {
  it('is OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(DOCUMENT) as never);
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  it('has every operation, each with its parameters, its answer, its problems and who may call', () => {
    const described = Object.values(DOCUMENT.paths).flatMap((item) => Object.values(item));
    expect(described.map(({ operationId }) => operationId).sort()).toEqual(TABLE.map(({ name }) => name).sort());
    for (const { operationId, responses, parameters, ...rest } of described) {
      expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(['200', '400', '401', '403', '500']));
      const names = parameters.map(({ $ref }) => $ref?.split('/').at(-1));
      const isWrite = rest['x-fairlead-effect'] !== 'read';
      expect(names.includes('idempotencyKey'), operationId).toBe(isWrite);
      if (isWrite) expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(['409', '422', '504']));
    }
  });
});

describe('the interface', () => {
  let setting: Setting;
  let app: Hono;
  const texts: string[] = [];

  beforeAll(async () => {
    setting = await createSetting({
      variables: { SLACK_BOT_TOKEN: 'xoxb-of-this-test', GITHUB_TOKEN: 'ghp_of_this_test' },
    });
    const { gateway } = setting;
    const identify = withKeys(knownCredentials({ local: TOKEN }), gateway.apiKeys);
    app = restApp({ gateway, identify, environment: 'sandbox', via: 'rest' }, TABLE);
    const made = async (path: string, body: unknown): Promise<void> => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      const text = await (await app.request(`http://localhost${path}`, init)).text();
      texts.push(...(text.match(/\b(src|key|aud|call|evt|job)_[0-9a-z]{20,}/g) ?? []));
    };
    await made('/v1/sources', { provider: 'github' });
    await made('/v1/webhooks/trigger', { provider: 'github' });
    await made('/v1/keys', { name: 'one', scopes: ['read'] });
    await made('/v1/audit', { action: 'crm.deleteContact' });
    texts.push('slack', 'github', 'slack.sendMessage', 'default', 'env:slack');
  });

  it(`answers ${REQUESTS} generated requests as the document says, and none of them with 500`, async () => {
    const judge = new Judge(DOCUMENT);
    const problems: string[] = [];
    const statuses = new Map<number, number>();
    for (const request of fc.sample(requestsOf(DOCUMENT, { token: TOKEN, texts }), { numRuns: REQUESTS, seed: SEED })) {
      const answer = await setting.clock.runUntil(send(app, request));
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const problem = judge.problemOf(request, answer);
      if (problem !== undefined) problems.push(`${shown(request)}\n  ${problem}`);
    }
    const counted = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} x ${status}`);
    console.log(`${REQUESTS} requests, seed ${SEED}: ${counted.join(', ')}`);
    expect(problems).toEqual([]);
  }, 300_000);
});

interface Got {
  status: number;
  type: string;
  text: string;
}

async function send(app: Hono, { method, path, headers, body }: GeneratedRequest): Promise<Got> {
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const response = await app.request(`http://localhost${path}`, init);
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  return { status: response.status, type, text: await response.text() };
}

const shown = ({ operation, manner, method, path, body }: GeneratedRequest): string =>
  `${operation.operationId} (${manner}): ${method} ${path.slice(0, 200)} ${(body ?? '').slice(0, 300)}`;

/** Compares what was answered with what stands in the document, by a validator of JSON Schema. */
class Judge {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
    this.#ajv.addSchema({ $id: 'https://document.invalid/', ...document } as object);
  }

  problemOf({ operation, manner }: GeneratedRequest, { status, type, text }: Got): string | undefined {
    if (status >= 500 && status !== 502 && status !== 503 && status !== 504) return `${status}: ${text.slice(0, 300)}`;
    if ((manner === 'no credential' || manner === 'wrong credential') && status !== 401) return `${status}, not 401`;
    if (manner === 'unknown field' && status < 400) return `${status} to a field that nobody declared`;
    const described = operation.responses[String(status)] as { $ref?: string } | undefined;
    if (described === undefined) return `${status} is not in the document: ${text.slice(0, 300)}`;
    const pointer =
      described.$ref?.slice(1) ?? `/paths/${escaped(this.#pathOf(operation.operationId))}/responses/${status}`;
    const answer = this.#at(pointer) as { content: Record<string, unknown> };
    if (!Object.hasOwn(answer.content, type)) return `${status} with ${type} is not in the document`;
    if (!type.endsWith('json') || type === 'application/x-ndjson') return undefined;
    const validate = this.#validator(`${pointer}/content/${escaped(type)}/schema`);
    return validate(JSON.parse(text))
      ? undefined
      : `${status}: ${this.#ajv.errorsText(validate.errors)}: ${text.slice(0, 300)}`;
  }

  #pathOf(operationId: string): string {
    for (const [path, item] of Object.entries(this.#document.paths)) {
      for (const [method, { operationId: name }] of Object.entries(item)) {
        if (name === operationId) return `${path}\u0000${method}`;
      }
    }
    return '';
  }

  #at(pointer: string): unknown {
    const parts = pointer
      .slice(1)
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    return parts.reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], this.#document);
  }

  #validator(pointer: string): ValidateFunction {
    const known = this.#validators.get(pointer);
    if (known !== undefined) return known;
    const fragment = pointer.split('/').map(encodeURIComponent).join('/');
    const made = this.#ajv.compile({ $ref: `https://document.invalid/#${fragment}` });
    this.#validators.set(pointer, made);
    return made;
  }
}

/** A path with its method, as parts of a pointer. */
function escaped(text: string): string {
  return text
    .split('\u0000')
    .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
    .join('/');
}
