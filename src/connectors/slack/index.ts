/**
 * Slack.
 *
 * @source slack-api-specs, docs.slack.dev
 * @module
 */
import { defineConnector } from '../../core/connector.js';
import { actions } from './actions.js';
import { auth } from './auth.js';
import { classify } from './errors.js';
import { examples } from './examples.js';
import { health, identity } from './identity.js';
import { limits } from './limits.js';
import { raw } from './raw.js';
import { webhooks } from './webhooks.js';

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'slack',
  title: 'Slack',
  hosts: ['slack.com', 'hooks.slack.com', 'slack-gov.com', 'hooks.slack-gov.com'],
  baseUrl: 'https://slack.com/api',
  envAliases: [
    { variable: 'SLACK_BOT_TOKEN', makes: 'connection', credential: 'bearer' },
    { variable: 'SLACK_WEBHOOK_URL', makes: 'connection', credential: 'secret_url' },
    { variable: 'SLACK_SIGNING_SECRET', makes: 'source' },
  ],
  actions,
  auth,
  classify,
  limits,
  raw,
  identity,
  health,
  webhooks,
  examples,
});
