/** What `fairlead init` writes. @module */
import { environmentTemplate } from './environment-template.js';
import type { ConnectorVariable } from './variables.js';

export interface InitFile {
  path: string;
  text: string;
}

/** An event there are samples of, so that what was written can be tried at once. */
export interface ExampleEvent {
  provider: string;
  type: string;
}

export const IGNORED = ['.fairlead/', '.env', 'logs/'] as const;

export function webhookTemplate(example: ExampleEvent, connectorVariables: readonly ConnectorVariable[]): InitFile[] {
  return [
    { path: 'fairlead.config.ts', text: configText(example) },
    { path: 'handlers/received.mjs', text: handlerText(example) },
    { path: 'handlers/received.test.mjs', text: testText(example) },
    { path: '.env.example', text: environmentTemplate(connectorVariables) },
  ];
}

function configText({ provider, type }: ExampleEvent): string {
  return `import { defineConfig, on } from 'fairlead';
import { received } from './handlers/received.mjs';

export default defineConfig({
  handlers: [
    // Runs once for each event of this type. \`uses\` lists the actions it may call in live, e.g. 'http.post'.
    on('${provider}', '${type}', { uses: [] }, received),
  ],
});
`;
}

function handlerText({ type }: ExampleEvent): string {
  return `/**
 * Runs for each \`${type}\`. An error makes the job come back later; what was done already is not repeated.
 *
 * @param {import('fairlead').HandlerEvent} event
 * @param {import('fairlead').HandlerContext} ctx
 */
export async function received(event, ctx) {
  const entity = \`\${event.provider}:\${event.subject ?? event.key}\`;
  const { applied } = await ctx.state.transition(entity, { from: [null], to: 'seen' });
  ctx.log('info', applied ? 'seen for the first time' : 'seen before', { entity, type: event.type });
}
`;
}

function testText({ provider, type }: ExampleEvent): string {
  return `// Run with: node --test
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { received } from './received.mjs';

test('marks what an event is about as seen', async () => {
  const transitions = [];
  const ctx = {
    actions: {},
    state: {
      get: async () => undefined,
      transition: async (entity, { to }) => {
        transitions.push([entity, to]);
        return { applied: true };
      },
    },
    log: () => {},
  };
  await received({ provider: '${provider}', type: '${type}', key: 'evt_1', subject: 'thing_1' }, ctx);
  assert.deepEqual(transitions, [['${provider}:thing_1', 'seen']]);
});
`;
}
