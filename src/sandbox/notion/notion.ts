/**
 * A simulated Notion: databases with their data sources, pages and blocks, sharing with the integration, capabilities,
 * signed webhooks, and the limit of about three requests a second.
 *
 * @source Notion's API description; @notionhq/client; developers.notion.com/reference/request-limits
 * @module
 */
import { hmacRow } from '../../core/signature/index.js';
import { defineSandbox, Simulation, type SimulationOptions } from '../kit/index.js';
import { answers, authorize, refused, restricted } from './answers.js';
import { oauth } from './oauth.js';
import { routes } from './routes.js';
import { begin, type NotionPage, type NotionState } from './state.js';

const SECOND_MS = 1000;

export const notion = defineSandbox<NotionState>({
  name: 'notion',
  address: 'https://api.notion.com',
  basePath: '/v1',
  begin,
  tokens: [
    { value: 'ntn_sandboxTokenOfFairlead', name: 'integration token', scopes: ['insert', 'update'] },
    { value: 'ntn_sandboxTokenThatOnlyReads', name: 'reading token', scopes: [] },
  ],
  authorize,
  answers,
  headers: ({ requestId }) => ({ 'x-notion-request-id': requestId }),
  limits: { integration: { kind: 'bucket', limit: 30, perMs: 10 * SECOND_MS, account: ({ token }) => token?.name } },
  troubles: {
    missing_scope: restricted,
    expired_key: (call) => refused(call, 401, 'unauthorized', 'API token is invalid.'),
    overloaded: (call) =>
      refused(call, 529, 'service_overload', 'Notion is overloaded. Try again later.', { 'retry-after': '3' }),
    conflict: (call) => refused(call, 409, 'conflict_error', 'Conflict occurred while saving. Please try again.'),
  },
  routes,
  oauth,
  webhooks: {
    scheme: hmacRow({ header: 'x-notion-signature', prefix: 'sha256=' }),
    compose: ({ payload }) => ({
      headers: { 'content-type': 'application/json', 'user-agent': 'notion-api' },
      body: JSON.stringify(payload),
    }),
  },
  variables: (_address, { value }) => ({ NOTION_TOKEN: value }),
  shows: ({ pages, blocks }) => ({ pages, blocks }),
});

export class NotionSandbox extends Simulation<NotionState> {
  constructor(options: SimulationOptions<NotionState> = {}) {
    super(notion, options);
  }

  /** Oldest first. */
  get pages(): readonly NotionPage[] {
    return this.data.pages;
  }
}
