/**
 * GitHub.
 *
 * @source @octokit/openapi, docs.github.com/rest
 * @module
 */
import { defineConnector } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import { actions } from './actions.js';
import { auth } from './auth.js';
import { classify } from './errors.js';
import { examples } from './examples.js';
import { limits } from './limits.js';
import { raw } from './raw.js';
import { webhooks } from './webhooks.js';

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'github',
  title: 'GitHub',
  hosts: ['api.github.com', 'uploads.github.com'],
  baseUrl: 'https://api.github.com',
  headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  envAliases: [{ variable: 'GITHUB_TOKEN', makes: 'connection', credential: 'bearer' }],
  actions,
  auth,
  classify,
  limits,
  raw,
  identity: {
    // The token of an installation is nobody's: GitHub refuses this request for it.
    request: () => ({ method: 'GET', url: '/user' }),
    read({ body }) {
      const { id, login, html_url: url } = parseJsonObject(body) ?? {};
      if (typeof id !== 'number' || typeof login !== 'string') return undefined;
      const account = { accountId: String(id), account: login, actor: `@${login}` };
      return { ...account, ...(typeof url === 'string' && { url }) };
    },
  },
  // Costs nothing of what it tells.
  health: { request: () => ({ method: 'GET', url: '/rate_limit' }), intervalMs: 300_000 },
  webhooks,
  examples,
});
