/**
 * Figma.
 *
 * @source figma/rest-api-spec
 * @module
 */
import { defineConnector, type ActionRequest } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import { actions } from './actions.js';
import { auth } from './auth.js';
import { classify } from './errors.js';
import { examples } from './examples.js';
import { limits } from './limits.js';
import { webhooks } from './webhooks.js';

const me = (): ActionRequest => ({ method: 'GET', url: '/v1/me' });

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'figma',
  title: 'Figma',
  hosts: ['api.figma.com'],
  baseUrl: 'https://api.figma.com',
  envAliases: [{ variable: 'FIGMA_TOKEN', makes: 'connection', credential: 'header', header: 'x-figma-token' }],
  actions,
  auth,
  classify,
  limits,
  identity: {
    request: me,
    read({ body }) {
      const { id, handle, email } = parseJsonObject(body) ?? {};
      if (typeof id !== 'string' || typeof handle !== 'string') return undefined;
      return { accountId: id, account: typeof email === 'string' ? email : handle, actor: `@${handle}` };
    },
  },
  health: { request: me, intervalMs: 300_000 },
  webhooks,
  examples,
});
