/**
 * Twilio SendGrid, v3.
 *
 * @source sendgrid-oai, twilio.com/docs/sendgrid
 * @module
 */
import { defineConnector } from '../../core/connector.js';
import { actions } from './actions.js';
import { classify } from './errors.js';
import { examples } from './examples.js';
import { health, identity } from './identity.js';
import { limits } from './limits.js';
import { raw } from './raw.js';
import { webhooks } from './webhooks.js';

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'sendgrid',
  title: 'SendGrid',
  hosts: ['api.sendgrid.com', 'api.eu.sendgrid.com'],
  baseUrl: 'https://api.sendgrid.com',
  envAliases: [{ variable: 'SENDGRID_API_KEY', makes: 'connection', credential: 'bearer' }],
  actions,
  classify,
  limits,
  raw,
  identity,
  health,
  webhooks,
  examples,
});
