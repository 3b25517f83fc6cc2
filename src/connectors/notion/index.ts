/**
 * Notion.
 *
 * @source Notion's API description, @notionhq/client
 * @module
 */
import { defineConnector, type ActionRequest } from '../../core/connector.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import { actions } from './actions.js';
import { auth } from './auth.js';
import { classify } from './errors.js';
import { examples } from './examples.js';
import { limits } from './limits.js';
import { raw } from './raw.js';
import { webhooks } from './webhooks.js';

const me = (): ActionRequest => ({ method: 'GET', url: '/users/me' });

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'notion',
  title: 'Notion',
  hosts: ['api.notion.com'],
  baseUrl: 'https://api.notion.com/v1',
  // Since this version a database has data sources, and rows are in those.
  headers: { 'notion-version': '2025-09-03' },
  envAliases: [{ variable: 'NOTION_TOKEN', makes: 'connection', credential: 'bearer' }],
  actions,
  auth,
  classify,
  limits,
  raw,
  identity: {
    request: me,
    read({ body }) {
      const bot = parseJsonObject(body);
      const text = (at: string): string | undefined => {
        const value = valueAt(bot, at);
        return typeof value === 'string' && value !== '' ? value : undefined;
      };
      const [id, name] = [text('id'), text('name')];
      // An older answer says nothing of the workspace; the integration is then what can be named.
      const [accountId, account] = [text('bot.workspace_id') ?? id, text('bot.workspace_name') ?? name];
      if (accountId === undefined || account === undefined) return undefined;
      return { accountId, account, ...(name !== undefined && { actor: name }) };
    },
  },
  health: { request: me, intervalMs: 300_000 },
  webhooks,
  examples,
});
