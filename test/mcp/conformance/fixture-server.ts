/** A server of the protocol with everything that the official conformance suite asks for, and nothing of ours. @module */
import { McpServer, ResourceTemplate, type RequestStateCodec } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { addTools, IMAGE, type ToldByTools } from './fixture-tools.js';
import { addInputRequiredPrompt, addInputRequiredTools } from './input-required-tools.js';

export interface FixtureParts extends ToldByTools {
  codec: RequestStateCodec<{ step: number }>;
}

export function fixtureServer({ codec, ...told }: FixtureParts): McpServer {
  const server = new McpServer(
    { name: 'fairlead-fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
      requestState: { verify: codec.verify },
    },
  );
  addTools(server, told);
  addInputRequiredTools(server, codec);
  addResources(server);
  addPrompts(server);
  addInputRequiredPrompt(server);
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
  server.server.setRequestHandler('completion/complete', () => ({ completion: { values: ['one', 'two'], total: 2 } }));
  return server;
}

function addResources(server: McpServer): void {
  const text = (uri: string, mimeType: string, content: string) => ({ contents: [{ uri, mimeType, text: content }] });
  const plain = { description: 'Text.', mimeType: 'text/plain' };
  server.registerResource('static-text', 'test://static-text', plain, async () =>
    text('test://static-text', 'text/plain', 'This is the content of the static text resource.'),
  );
  server.registerResource('watched-resource', 'test://watched-resource', plain, async () =>
    text('test://watched-resource', 'text/plain', 'Watched resource content'),
  );
  const binary = { description: 'An image.', mimeType: 'image/png' };
  server.registerResource('static-binary', 'test://static-binary', binary, async () => ({
    contents: [{ uri: 'test://static-binary', mimeType: 'image/png', blob: IMAGE }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  const json = { description: 'Text with its id.', mimeType: 'application/json' };
  server.registerResource('template', template, json, async (uri, { id }) =>
    text(uri.href, 'application/json', JSON.stringify({ id, data: `Data for ID: ${String(id)}` })),
  );
}

function addPrompts(server: McpServer): void {
  const user = (content: object) => ({ role: 'user' as const, content: content as never });
  server.registerPrompt('test_simple_prompt', { description: 'Takes nothing.' }, () => ({
    messages: [user({ type: 'text', text: 'This is a simple prompt for testing.' })],
  }));
  const two = z.object({ arg1: z.string().describe('the first'), arg2: z.string().describe('the second') });
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Takes two.', argsSchema: two },
    ({ arg1, arg2 }) => ({
      messages: [user({ type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` })],
    }),
  );
  const address = z.object({ resourceUri: z.string().describe('of the resource') });
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Has a resource in it.', argsSchema: address },
    ({ resourceUri: uri }) => ({
      messages: [
        user({ type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content.' } }),
        user({ type: 'text', text: 'Please process the resource above.' }),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Has an image in it.' }, () => ({
    messages: [
      user({ type: 'image', data: IMAGE, mimeType: 'image/png' }),
      user({ type: 'text', text: 'Please look at the image above.' }),
    ],
  }));
}
