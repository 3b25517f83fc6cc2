/** What we send to Slack, and how we read its answers, against Slack's own API description. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/slack/index.js';
import type { ActionDefinition, ConnectionView } from '../../src/core/connector.js';
import { requirePart } from '../requirements.js';

const specs = requirePart('specs');

interface Operation {
  parameters: { name: string; in: string; required?: boolean }[];
  responses: Record<
    string,
    { examples?: Record<string, unknown>; schema: { properties?: Record<string, { enum?: string[] }> } }
  >;
}

/** Fields that Slack added after 2021, when it last published this description. */
const ADDED_SINCE = new Set(['metadata', 'include_all_metadata']);

const VIEW: ConnectionView = { id: 'x', environment: 'sandbox', credential: 'bearer', baseUrl: connector.baseUrl };
const sendMessage = connector.actions.sendMessage as unknown as ActionDefinition;

function description(path: string, method: string): Operation {
  const text = readFileSync(join(specs.path!, 'slack/openapi.json'), 'utf8');
  return (JSON.parse(text) as { paths: Record<string, Record<string, Operation>> }).paths[path]![method]!;
}

const answer = (body: unknown) => ({
  status: 200,
  headers: {},
  body: Buffer.from(JSON.stringify(body)),
  truncated: false,
});

describe.skipIf(!specs.available)("slack.sendMessage by Slack's description", () => {
  const input = {
    channel: 'C1H9RESGL',
    text: 'Hello',
    blocks: [{ type: 'divider' }],
    attachments: [{}],
    threadTs: '1503435956.000247',
  };

  it('sends fields that chat.postMessage has, and all that it requires', () => {
    const { parameters } = description('/chat.postMessage', 'post');
    const { url, json } = sendMessage.request(input, VIEW, 'k1');
    const sent = Object.keys(json as object).filter((name) => !ADDED_SINCE.has(name));
    const known = parameters.filter((one) => one.in === 'formData');
    expect(url).toBe('/chat.postMessage');
    expect(known.map(({ name }) => name)).toEqual(expect.arrayContaining(sent));
    expect(sent).toEqual(expect.arrayContaining(known.filter(({ required }) => required).map(({ name }) => name)));
  });

  it('looks up by fields that conversations.history has', () => {
    const { parameters } = description('/conversations.history', 'get');
    const { url, query = {} } = sendMessage.reconcile!.request({ channel: 'C1H9RESGL', text: 'x' }, 'k1', VIEW, 0);
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const asked = given.map(([name]) => name).filter((name) => !ADDED_SINCE.has(name));
    expect([url, asked.length]).toEqual(['/conversations.history', 3]);
    expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(asked));
  });

  it('reads the example of a success, and knows a word for every failure', () => {
    const { responses } = description('/chat.postMessage', 'post');
    const success = answer(responses['200']!.examples!['application/json']);
    expect(connector.classify(success, 0)).toBeUndefined();
    expect(sendMessage.output.safeParse(sendMessage.parse(success, input))).toMatchObject({
      success: true,
      data: { via: 'web_api', channel: 'C1H9RESGL', ts: '1503435956.000247' },
    });
    const words = responses['default']!.schema.properties!['error']!.enum!;
    expect(words.length).toBeGreaterThan(10);
    for (const error of words) {
      const failure = connector.classify(answer({ ok: false, error }), 0);
      expect(failure).toMatchObject({ providerCode: error });
      expect(failure!.problem).not.toMatch(/_/);
    }
  });
});
