/**
 * Any http(s) address of the user's own. The token goes only to the hosts of `FAIRLEAD_SAAS_HOSTS`; that a target
 * recognises `Idempotency-Key` is said by `FAIRLEAD_IDEMPOTENT_HOSTS`.
 *
 * @module
 */
import { defineConnector } from '../../core/connector.js';
import { forward, post } from './actions.js';
import { classify } from './errors.js';
import { examples } from './examples.js';

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'http',
  title: 'HTTP',
  hosts: [],
  anyTarget: true,
  baseUrl: '',
  envAliases: [{ variable: 'SAAS_API_TOKEN', makes: 'connection', credential: 'bearer' }],
  actions: { post, forward },
  classify,
  examples,
});
