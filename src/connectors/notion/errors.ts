/**
 * What Notion's answers mean.
 *
 * @source notion-sdk-js errors.ts; developers.notion.com/reference/request-limits (429 and 529, Retry-After in seconds)
 * @module
 */
import { classifier } from '../../core/failure-table.js';

export const classify = classifier({
  requestId: ['x-notion-request-id'],
  providerCode: ['code'],
  says: ['message'],
  prefix: 'Notion says: ',
  rules: [
    {
      when: { status: 429 },
      code: 'rate_limited',
      problem: 'too many requests of this integration or workspace',
    },
    // To be treated like a limit, by Notion's own page.
    { when: { status: 529 }, code: 'rate_limited', problem: 'Notion is overloaded' },
  ],
  codes: {
    object_not_found:
      'there is no such page or database, or it is not shared with the integration: open it in Notion and add the integration under Connections',
    unauthorized: { code: 'provider_auth', problem: 'the token is not valid, or it was revoked' },
    restricted_resource: {
      code: 'provider_auth',
      problem: 'the integration lacks a capability for this; it is set where the integration was made',
    },
    conflict_error: 'somebody else was changing the same thing at the same time',
  },
});
