/** Answers of Notion and what we conclude, inputs and what we send. Run as tests by the connector suite. @module */
import type { ConnectorExamples } from '../../core/connector.js';

const failed = (code: string, message: string): unknown => ({ object: 'error', code, message, request_id: 'r-1' });

const DATABASE = '0000f00d-0000-4000-8000-000000000010';
const SOURCE = '0000f00d-0000-4000-8000-000000000011';
const PAGE_ID = '0000f00d-0000-4000-8000-000000000041';
const AT = '2026-01-05T09:00:00.000Z';
const EXAMPLE_MARK = 'example-key';

const TITLE = { id: 'title', type: 'title', title: [{ plain_text: 'Ship' }, { plain_text: ' it' }] };
const PAGE = {
  object: 'page',
  id: PAGE_ID,
  url: 'https://www.notion.so/x',
  parent: { type: 'data_source_id', data_source_id: SOURCE, database_id: DATABASE },
  properties: { Name: TITLE, Status: { id: 's', type: 'select', select: { id: 'o', name: 'Open', color: 'red' } } },
  in_trash: false,
  created_time: AT,
  last_edited_time: AT,
  icon: null,
};
const READ = {
  id: PAGE_ID,
  title: 'Ship it',
  url: PAGE.url,
  parent: { type: 'data_source_id', id: SOURCE },
  properties: PAGE.properties,
  inTrash: false,
  createdAt: AT,
  editedAt: AT,
};
const list = (results: unknown[], next: string | null = null) => ({
  body: { object: 'list', results, has_more: next !== null, next_cursor: next },
});
const FOUND_DATABASE = { body: { object: 'database', id: DATABASE, data_sources: [{ id: SOURCE, name: 'Tasks' }] } };
const paragraph = (content: string) => ({
  type: 'paragraph',
  paragraph: { rich_text: [{ type: 'text', text: { content } }] },
});
const title = (content: string) => ({ title: { title: [{ text: { content } }] } });
const version = { 'notion-version': '2025-09-03' };

const CREATE = { database: DATABASE, title: 'Ship it', markProperty: 'Call' };
const UPDATE = { page: PAGE_ID, properties: { Status: { select: { name: 'Open' } } } };

const APPEND = { page: PAGE_ID, text: 'More.' };
const OTHER = { object: 'block', id: 'b1', created_time: AT, ...paragraph('Else.') };

export const examples: ConnectorExamples = {
  answers: [
    { name: 'created', answer: { status: 200, body: { object: 'page', id: 'p' } }, means: 'success' },
    {
      name: 'a field is wrong',
      answer: { status: 400, body: failed('validation_error', 'body.parent should be defined') },
      means: {
        code: 'provider_rejected',
        providerCode: 'validation_error',
        problem: 'Notion says: body.parent should be defined',
      },
    },
    {
      name: 'a page that is not shared',
      answer: { status: 404, headers: { 'x-notion-request-id': 'n-1' }, body: failed('object_not_found', 'x') },
      means: {
        code: 'provider_rejected',
        requestId: 'n-1',
        problem:
          'there is no such page or database, or it is not shared with the integration: open it in Notion and add the integration under Connections',
      },
    },
    { name: 'bad token', answer: { status: 401, body: failed('unauthorized', 'x') }, means: { code: 'provider_auth' } },
    {
      name: 'an integration without the capability',
      answer: { status: 403, body: failed('restricted_resource', 'x') },
      means: { code: 'provider_auth', safeToRetry: false },
    },
    {
      name: 'too fast',
      answer: { status: 429, headers: { 'retry-after': '90' }, body: failed('rate_limited', 'x') },
      means: { code: 'rate_limited', retryAfterMs: 90_000, safeToRetry: true },
    },
    {
      name: 'overloaded',
      answer: { status: 529, headers: { 'retry-after': '3' }, body: failed('service_overload', 'x') },
      means: { code: 'rate_limited', retryAfterMs: 3_000, safeToRetry: true },
    },
    {
      name: 'somebody else writes there',
      answer: { status: 409, body: failed('conflict_error', 'x') },
      means: { code: 'provider_rejected', safeToRetry: false },
    },
    { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {
    queryDatabase: [
      {
        input: {
          database: DATABASE.replaceAll('-', ''),
          filter: { property: 'Status', select: { equals: 'Open' } },
          sorts: [{ property: 'Name', direction: 'ascending' }],
          cursor: 'c1',
        },
        lookups: [FOUND_DATABASE],
        request: {
          method: 'POST',
          url: `/data_sources/${SOURCE}/query`,
          headers: version,
          json: {
            filter: { property: 'Status', select: { equals: 'Open' } },
            sorts: [{ property: 'Name', direction: 'ascending' }],
            page_size: 100,
            start_cursor: 'c1',
          },
        },
        answer: list([PAGE], 'c2'),
        output: { pages: [READ], nextCursor: 'c2' },
      },
    ],
    createPage: [
      {
        input: { ...CREATE, properties: UPDATE.properties, text: 'One.\n\nTwo.' },
        lookups: [FOUND_DATABASE],
        request: {
          method: 'POST',
          url: '/pages',
          headers: version,
          json: {
            parent: { type: 'data_source_id', data_source_id: SOURCE },
            properties: {
              ...UPDATE.properties,
              Call: { rich_text: [{ text: { content: EXAMPLE_MARK } }] },
              ...title('Ship it'),
            },
            children: [paragraph('One.'), paragraph('Two.')],
          },
        },
        answer: { body: PAGE },
        output: READ,
      },
      {
        input: { page: PAGE_ID, title: 'Notes' },
        lookups: [{ body: PAGE }],
        request: { method: 'POST', url: '/pages', json: { parent: { page_id: PAGE_ID }, properties: title('Notes') } },
        answer: { body: { ...PAGE, parent: { type: 'page_id', page_id: PAGE_ID } } },
        output: { ...READ, parent: { type: 'page_id', id: PAGE_ID } },
      },
    ],
    updatePage: [
      {
        input: { page: PAGE_ID, title: 'Ship it', inTrash: true },
        lookups: [{ body: PAGE }],
        request: {
          method: 'PATCH',
          url: `/pages/${PAGE_ID}`,
          json: { properties: title('Ship it'), in_trash: true },
        },
        answer: { body: { ...PAGE, in_trash: true } },
        output: { ...READ, inTrash: true },
      },
    ],
    getPage: [
      {
        input: { page: PAGE_ID },
        lookups: [{ body: PAGE }],
        request: { method: 'GET', url: `/pages/${PAGE_ID}`, headers: version },
        answer: { body: PAGE },
        output: READ,
      },
    ],
    search: [
      {
        input: { words: 'ship', kind: 'dataSource' },
        request: {
          method: 'POST',
          url: '/search',
          json: { query: 'ship', filter: { property: 'object', value: 'data_source' }, page_size: 100 },
        },
        answer: list([PAGE, { object: 'data_source', id: SOURCE, title: [{ plain_text: 'Tasks' }], url: 'https://n' }]),
        output: {
          results: [
            { kind: 'page', id: PAGE_ID, title: 'Ship it', url: PAGE.url },
            { kind: 'dataSource', id: SOURCE, title: 'Tasks', url: 'https://n' },
          ],
        },
      },
    ],
    appendBlocks: [
      {
        input: { page: PAGE_ID, text: 'More.' },
        lookups: [{ body: PAGE }],
        request: { method: 'PATCH', url: `/blocks/${PAGE_ID}/children`, json: { children: [paragraph('More.')] } },
        answer: list([{ object: 'block', id: 'b1' }]),
        output: { blockIds: ['b1'] },
      },
    ],
  },
  reconciles: {
    createPage: [
      {
        input: { ...CREATE, dataSource: SOURCE, database: undefined },
        answers: [list([PAGE])],
        means: { found: READ },
      },
      {
        input: { ...CREATE, dataSource: SOURCE, database: undefined },
        answers: [list([], 'c2'), list([])],
        means: 'not_found',
      },
      { input: { dataSource: SOURCE, title: 'Ship it' }, answers: [list([PAGE])], means: 'undecided' },
      { input: { dataSource: SOURCE, title: 'Another' }, answers: [list([PAGE])], means: 'undecided' },
      { input: { dataSource: SOURCE, title: 'Another' }, answers: [list([])], means: 'not_found' },
      { input: { page: PAGE_ID, title: 'Notes' }, answers: [list([])], means: 'not_found' },
      {
        input: { page: PAGE_ID, title: 'Notes' },
        answers: [list([{ type: 'child_page', child_page: { title: 'Notes' }, created_time: AT }])],
        means: 'undecided',
      },
    ],
    updatePage: [
      { input: UPDATE, answers: [{ body: PAGE }], means: { found: READ } },
      { input: { page: PAGE_ID, title: 'Another' }, answers: [{ body: PAGE }], means: 'not_found' },
      { input: { ...UPDATE, properties: { Status: { number: 1 } } }, answers: [{ body: PAGE }], means: 'undecided' },
    ],
    appendBlocks: [
      {
        input: APPEND,
        answers: [list([OTHER], 'c2')],
        means: 'undecided',
      },
      { input: APPEND, answers: [list([], 'c2'), list([])], means: 'not_found' },
      {
        input: APPEND,
        answers: [list([OTHER, { ...OTHER, ...paragraph('More.'), id: 'b2' }])],
        means: 'undecided',
      },
    ],
  },
  identity: {
    answer: { body: { id: 'b', name: 'Fairlead', type: 'bot', bot: { workspace_id: 'w', workspace_name: 'Acme' } } },
    is: { accountId: 'w', account: 'Acme', actor: 'Fairlead' },
  },
};
