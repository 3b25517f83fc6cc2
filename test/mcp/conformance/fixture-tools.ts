/** Tools with the names and answers that the official conformance suite asks for. They are in no build. @module */
import { fromJsonSchema, type CallToolResult, type McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** One pixel, and a WAV file without a sample. */
export const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SOUND = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const image = { type: 'image', data: IMAGE, mimeType: 'image/png' } as const;

export function said(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}

export interface ToldByTools {
  /** Ends the stream of the request that is being answered. */
  closeStream: (context: ServerContext) => void;
  /** Tells everybody who listens that a list has changed. */
  toolsChanged: () => void;
  promptsChanged: () => void;
}

export function addTools(server: McpServer, told: ToldByTools): void {
  addContentTools(server);
  addTellingTools(server, told);
  addAskingTools(server);
  server.registerTool(
    'test_reconnection',
    { description: 'Ends its own stream before it answers.' },
    async (context) => {
      told.closeStream(context);
      return said('answered after the stream was ended');
    },
  );
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Takes a schema with keywords of 2020-12.', inputSchema: fromJsonSchema(SCHEMA_2020_12) },
    async (given) => said(JSON.stringify(given)),
  );
}

function addContentTools(server: McpServer): void {
  const add = (name: string, description: string, content: CallToolResult['content']): void => {
    server.registerTool(name, { description }, async () => ({ content }));
  };
  add('test_simple_text', 'Answers with text.', said('This is a simple text response for testing.').content);
  add('test_image_content', 'Answers with an image.', [image]);
  add('test_audio_content', 'Answers with a sound.', [{ type: 'audio', data: SOUND, mimeType: 'audio/wav' }]);
  const embedded = (uri: string, mimeType: string, text: string) =>
    ({ type: 'resource', resource: { uri, mimeType, text } }) as const;
  add('test_embedded_resource', 'Answers with a resource.', [
    embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ]);
  add('test_multiple_content_types', 'Answers with three kinds of content.', [
    { type: 'text', text: 'Multiple content types test:' },
    image,
    embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ]);
  server.registerTool('test_error_handling', { description: 'Fails.' }, async () => ({
    ...said('This tool intentionally returns an error for testing'),
    isError: true,
  }));
}

function addTellingTools(server: McpServer, { toolsChanged, promptsChanged }: ToldByTools): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs while it works.' }, async ({ mcpReq }) => {
    for (const text of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.log('info', text);
    }
    return said('logged three lines');
  });
  server.registerTool('test_logging_tool', { description: 'Logs if it is asked to.' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'a line');
    return said('logged, or not');
  });
  server.registerTool('test_tool_with_progress', { description: 'Tells how far it is.' }, async ({ mcpReq }) => {
    const progressToken = mcpReq['_meta']?.progressToken;
    for (const progress of [0, 50, 100]) {
      const params = { progressToken: progressToken ?? '', progress, total: 100 };
      if (progressToken !== undefined) await mcpReq.notify({ method: 'notifications/progress', params });
    }
    return said('done');
  });
  for (const [name, tell] of [
    ['test_trigger_tool_change', toolsChanged],
    ['test_trigger_prompt_change', promptsChanged],
  ] as const) {
    server.registerTool(name, { description: 'Says that a list has changed.' }, async () => {
      tell();
      return said('told');
    });
  }
}

/** They ask the client in the middle of a request, as the revisions before 2026-07-28 do. */
function addAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model of the client.', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const content = { type: 'text', text: prompt } as const;
      const answer = await mcpReq.requestSampling({ messages: [{ role: 'user', content }], maxTokens: 100 });
      return said(`LLM response: ${JSON.stringify(answer.content)}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the person at the client.', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) => await elicited(context, message, RESPONSE_FORM),
  );
  server.registerTool(
    'test_elicitation_sep1034_defaults',
    { description: 'Asks with a form that is filled in.' },
    async (context) => await elicited(context, 'Please look through this form.', FILLED_FORM),
  );
  server.registerTool(
    'test_elicitation_sep1330_enums',
    { description: 'Asks with a form of choices.' },
    async (context) => await elicited(context, 'Please choose.', CHOICES_FORM),
  );
}

type Form = Extract<Parameters<ServerContext['mcpReq']['elicitInput']>[0], { requestedSchema: unknown }>;

async function elicited({ mcpReq }: ServerContext, message: string, requestedSchema: unknown): Promise<CallToolResult> {
  const form = { message, requestedSchema: requestedSchema as Form['requestedSchema'] } as Form;
  const { action, content } = await mcpReq.elicitInput(form);
  return said(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
}

const form = (properties: object, required: string[] = []): object => ({ type: 'object', properties, required });
const titled = (...titles: string[]): object[] => titles.map((title, at) => ({ const: `value${at + 1}`, title }));
const options = ['option1', 'option2', 'option3'];

const RESPONSE_FORM = form({ response: { type: 'string', description: 'what the person says' } }, ['response']);
const FILLED_FORM = form({
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
});
const CHOICES_FORM = form({
  untitledSingle: { type: 'string', enum: options },
  titledSingle: { type: 'string', oneOf: titled('First', 'Second', 'Third') },
  legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three'] },
  untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
  titledMulti: { type: 'array', items: { anyOf: titled('First', 'Second', 'Third') } },
});

/** As text: an object with a `then` would be taken for a promise. */
const CONDITION = JSON.parse(
  '{"if":{"required":["address"]},"then":{"properties":{"name":{"minLength":1}}},"else":{"required":["name"]}}',
) as object;
const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'address',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
  allOf: [{ anyOf: [{ required: ['name'] }, { required: ['address'] }] }],
  ...CONDITION,
  additionalProperties: false,
};
