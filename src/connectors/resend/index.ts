/**
 * Resend.
 *
 * @source resend-openapi, resend.com/docs
 * @module
 */
import { defineConnector } from '../../core/connector.js';
import { getEmail, sendBatch, sendEmail } from './actions.js';
import { classify } from './errors.js';
import { examples } from './examples.js';
import { health, identity } from './identity.js';
import { limits } from './limits.js';
import { raw } from './raw.js';
import { webhooks } from './webhooks.js';

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'resend',
  title: 'Resend',
  hosts: ['api.resend.com'],
  baseUrl: 'https://api.resend.com',
  envAliases: [{ variable: 'RESEND_API_KEY', makes: 'connection', credential: 'bearer' }],
  actions: { sendEmail, sendBatch, getEmail },
  classify,
  limits,
  raw,
  identity,
  health,
  webhooks,
  examples,
});
