/**
 * Google: Calendar, Gmail, Drive, Sheets.
 *
 * @source discovery documents (addresses); the address of the userinfo from memory
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
  provider: 'google',
  title: 'Google',
  hosts: ['www.googleapis.com', 'gmail.googleapis.com', 'sheets.googleapis.com', 'openidconnect.googleapis.com'],
  // Calendar and Drive. Paths of the APIs do not collide, so that an override can stand for all of them.
  baseUrl: 'https://www.googleapis.com',
  bases: {
    mail: 'https://gmail.googleapis.com',
    sheets: 'https://sheets.googleapis.com',
    identity: 'https://openidconnect.googleapis.com',
  },
  // What Terraform and others read. Such a token ends after an hour.
  envAliases: [{ variable: 'GOOGLE_OAUTH_ACCESS_TOKEN', makes: 'connection', credential: 'bearer' }],
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
