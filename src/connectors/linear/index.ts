/**
 * Linear, GraphQL.
 *
 * @source Linear's GraphQL schema, @linear/sdk
 * @module
 */
import { defineConnector } from '../../core/connector.js';
import { actions } from './actions.js';
import { auth } from './auth.js';
import { classify } from './errors.js';
import { examples } from './examples.js';
import { dataAt, graphql } from './graphql.js';
import { limits } from './limits.js';
import { raw } from './raw.js';
import { webhooks } from './webhooks.js';

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'linear',
  title: 'Linear',
  hosts: ['api.linear.app'],
  baseUrl: 'https://api.linear.app',
  // A personal key stands alone in the header, without "Bearer".
  envAliases: [{ variable: 'LINEAR_API_KEY', makes: 'connection', credential: 'header', header: 'authorization' }],
  actions,
  auth,
  classify,
  limits,
  raw,
  identity: {
    request: () => graphql('query Identity { viewer { id displayName } organization { id name urlKey } }'),
    read(answer) {
      const [id, name] = [dataAt(answer, 'organization.id'), dataAt(answer, 'organization.name')];
      const [actor, urlKey] = [dataAt(answer, 'viewer.displayName'), dataAt(answer, 'organization.urlKey')];
      if (typeof id !== 'string' || typeof name !== 'string') return undefined;
      return {
        accountId: id,
        account: name,
        ...(typeof actor === 'string' && { actor: `@${actor}` }),
        ...(typeof urlKey === 'string' && { url: `https://linear.app/${urlKey}` }),
      };
    },
  },
  health: { request: () => graphql('query Health { viewer { id } }'), intervalMs: 300_000 },
  webhooks,
  examples,
});
