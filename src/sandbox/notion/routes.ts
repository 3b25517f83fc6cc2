/** What the simulated Notion does. @source Notion's API description; developers.notion.com/reference @module */
import { isObject } from '../../core/json.js';
import { jsonReply, type Fields, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, notFound, type NotionCall } from './answers.js';
import { fits } from './filters.js';
import { blockShape, dataSourceShape, databaseOf, databaseShape, listReply, pageShape, titleOf } from './shapes.js';
import { newUuid, type NotionBlock, type NotionPage, type NotionState } from './state.js';

const CHILDREN_MAX = 100;
const TEXT_CHARACTERS_MAX = 2_000;
const PAGES_MAX = 20_000;

export const routes: Routes<NotionState> = {
  'GET /v1/users/me': me,
  'POST /v1/search': { reads: true, run: search },
  'GET /v1/databases/:id': (call) => {
    const found = call.state.databases.find(({ id, isShared }) => isShared && id === idOf(call));
    return found ? jsonReply(200, databaseShape(found, call.state)) : notFound(call, 'database', idOf(call));
  },
  'GET /v1/data_sources/:id': (call) => {
    const found = dataSource(call, idOf(call));
    return found ? jsonReply(200, dataSourceShape(found)) : notFound(call, 'data source', idOf(call));
  },
  'POST /v1/data_sources/:id/query': { reads: true, run: query },
  'POST /v1/pages': { scopes: ['insert'], run: create },
  'GET /v1/pages/:id': (call) => {
    const page = visible(call, idOf(call));
    return page ? jsonReply(200, pageShape(page, call.state)) : notFound(call, 'page', idOf(call));
  },
  'PATCH /v1/pages/:id': { scopes: ['update'], run: update },
  'GET /v1/blocks/:id/children': (call) => {
    if (visible(call, idOf(call)) === undefined) return notFound(call, 'block', idOf(call));
    const own = call.state.blocks.filter(({ parentId }) => parentId === idOf(call));
    return listReply(
      call,
      'block',
      own.map((block) => blockShape(block, call.state)),
      call.query,
    );
  },
  'PATCH /v1/blocks/:id/children': { scopes: ['insert'], run: append },
};

/** With or without dashes. */
function dashed(id: string): string {
  const hex = id.replaceAll('-', '').toLowerCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
const idOf = ({ params }: NotionCall): string => dashed(params['id'] ?? '');

const dataSource = ({ state }: NotionCall, id: string) =>
  state.databases.find(({ dataSourceId, isShared }) => isShared && dataSourceId === id);
const visible = ({ state }: NotionCall, id: string): NotionPage | undefined =>
  state.pages.find((page) => page.isShared && page.id === id);

function me({ state: { bot, workspace } }: NotionCall): SandboxReply {
  return jsonReply(200, {
    object: 'user',
    id: bot.id,
    name: bot.name,
    avatar_url: null,
    type: 'bot',
    bot: {
      owner: { type: 'workspace', workspace: true },
      workspace_id: workspace.id,
      workspace_name: workspace.name,
      workspace_limits: { max_file_upload_size_in_bytes: 5_242_880 },
    },
  });
}

function search(call: NotionCall): SandboxReply {
  const { state, fields } = call;
  const words = String(fields['query'] ?? '').toLowerCase();
  const kind = isObject(fields['filter']) ? fields['filter']['value'] : undefined;
  const has = (title: string): boolean => title.toLowerCase().includes(words);
  const pages = state.pages.filter((page) => page.isShared && !page.inTrash && has(titleOf(page)));
  const sources = state.databases.filter(({ title, isShared }) => isShared && has(title));
  const shapes = [
    ...(kind === 'data_source' ? [] : pages.map((page) => pageShape(page, state))),
    ...(kind === 'page' ? [] : sources.map(dataSourceShape)),
  ];
  return listReply(call, 'page_or_data_source', shapes, fields);
}

function query(call: NotionCall): SandboxReply {
  const { state, fields } = call;
  const source = dataSource(call, idOf(call));
  if (source === undefined) return notFound(call, 'data source', idOf(call));
  const own = state.pages.filter((page) => !page.inTrash && databaseOf(page, state) === source);
  const verdicts = own.map((page) => fits(page, fields['filter']));
  const isUnknown = JSON.stringify(fields['filter'] ?? {})
    .match(/"property":"[^"]*"/g)
    ?.find((one) => !Object.hasOwn(source.schema, one.slice(12, -1)));
  if (verdicts.includes(undefined)) return invalid(call, 'body failed validation: body.filter is not a valid filter.');
  if (isUnknown) return invalid(call, `Could not find property with name or id: ${isUnknown.slice(12, -1)}`);
  const found = own.filter((_page, index) => verdicts[index]);
  const newest = Array.isArray(fields['sorts']) ? [...found].sort((a, b) => b.createdAtMs - a.createdAtMs) : found;
  return listReply(
    call,
    'page_or_data_source',
    newest.map((page) => pageShape(page, state)),
    fields,
  );
}

/** What is wrong with written properties, by the schema of the database. */
function propertyProblem(call: NotionCall, written: Fields, schema: Readonly<Record<string, string>>) {
  for (const [name, value] of Object.entries(written)) {
    const type = schema[name];
    if (type === undefined) return invalid(call, `${name} is not a property that exists.`);
    if (!isObject(value) || !(type in value)) return invalid(call, `${name} is expected to be ${type}.`);
  }
  return JSON.stringify(written).length > 500_000 ? invalid(call, 'body is too large.') : undefined;
}

/** The title may be written under its id, which is `title` everywhere. */
function byName(written: unknown, schema: Readonly<Record<string, string>>): Fields {
  const title = Object.keys(schema).find((name) => schema[name] === 'title') ?? 'title';
  return Object.fromEntries(
    Object.entries(isObject(written) ? written : {}).map(([name, value]) => [name === 'title' ? title : name, value]),
  );
}

function parentOf(call: NotionCall, parent: unknown): NotionPage['parent'] | SandboxReply {
  if (!isObject(parent)) return invalid(call, 'body failed validation: body.parent should be defined.');
  const { data_source_id: source, page_id: page } = parent;
  if (typeof source === 'string') {
    const found = dataSource(call, dashed(source));
    return found ? { dataSourceId: found.dataSourceId } : notFound(call, 'data source', source);
  }
  if (typeof page !== 'string') return invalid(call, 'body failed validation: body.parent.page_id should be defined.');
  return visible(call, dashed(page)) ? { pageId: dashed(page) } : notFound(call, 'page', page);
}

function create(call: NotionCall): SandboxReply {
  const { state, fields, nowMs, random } = call;
  const parent = parentOf(call, fields['parent']);
  if ('status' in parent) return parent;
  const draft = { parent } as NotionPage;
  const schema = databaseOf(draft, state)?.schema ?? { title: 'title' };
  const properties = byName(fields['properties'], schema);
  const children = childrenOf(fields['children'] ?? []);
  const problem = propertyProblem(call, properties, schema) ?? childProblem(call, children);
  if (problem !== undefined) return problem;
  const page = { id: newUuid(random), parent, properties, inTrash: false, createdAtMs: nowMs, editedAtMs: nowMs };
  if (state.pages.length >= PAGES_MAX) state.pages.shift();
  state.pages.push({ ...page, isShared: true });
  if ('pageId' in parent) {
    const content = { title: titleOf({ ...page, isShared: true }) };
    state.blocks.push({ id: page.id, parentId: parent.pageId, type: 'child_page', content, createdAtMs: nowMs });
  }
  add(call, page.id, children);
  tell(call, 'page.created', page.id);
  return jsonReply(200, pageShape({ ...page, isShared: true }, state));
}

function update(call: NotionCall): SandboxReply {
  const { state, fields, nowMs } = call;
  const page = visible(call, idOf(call));
  if (page === undefined) return notFound(call, 'page', idOf(call));
  const schema = databaseOf(page, state)?.schema ?? { title: 'title' };
  const written = byName(fields['properties'], schema);
  const problem = propertyProblem(call, written, schema);
  if (problem !== undefined) return problem;
  const inTrash = fields['in_trash'] ?? fields['archived'];
  if (page.inTrash && inTrash !== false) return invalid(call, "Can't edit page that is in the trash.");
  page.properties = { ...page.properties, ...written };
  if (typeof inTrash === 'boolean') page.inTrash = inTrash;
  page.editedAtMs = nowMs;
  tell(call, inTrash === true ? 'page.deleted' : 'page.properties_updated', page.id);
  return jsonReply(200, pageShape(page, state));
}

interface Child {
  type: string;
  content: Fields;
}

function childrenOf(children: unknown): Child[] | undefined {
  if (!Array.isArray(children)) return undefined;
  const read = children.map((one: unknown): Child | undefined => {
    const type = isObject(one) ? Object.keys(one).find((name) => name !== 'type' && name !== 'object') : undefined;
    const content = isObject(one) && type !== undefined ? one[type] : undefined;
    return type === undefined || !isObject(content) ? undefined : { type, content };
  });
  return read.includes(undefined) ? undefined : (read as Child[]);
}

function childProblem(call: NotionCall, children: Child[] | undefined): SandboxReply | undefined {
  if (children === undefined) return invalid(call, 'body failed validation: body.children should be a list of blocks.');
  if (children.length > CHILDREN_MAX) {
    return invalid(call, `body.children.length should be ≤ \`100\`, instead was \`${children.length}\`.`);
  }
  const texts = children.flatMap(({ content }) => (Array.isArray(content['rich_text']) ? content['rich_text'] : []));
  const isLong = (one: unknown): boolean =>
    isObject(one) && isObject(one['text']) && String(one['text']['content']).length > TEXT_CHARACTERS_MAX;
  return texts.some(isLong) ? invalid(call, 'text.content.length should be ≤ `2000`.') : undefined;
}

function add({ state, random, nowMs }: NotionCall, parentId: string, children: readonly Child[] = []): NotionBlock[] {
  const blocks = children.map((child) => ({ id: newUuid(random), parentId, ...child, createdAtMs: nowMs }));
  state.blocks.push(...blocks);
  return blocks;
}

function append(call: NotionCall): SandboxReply {
  const { state, fields } = call;
  const page = visible(call, idOf(call));
  if (page === undefined) return notFound(call, 'block', idOf(call));
  const children = childrenOf(fields['children']);
  const problem = childProblem(call, children);
  if (problem !== undefined) return problem;
  const blocks = add(call, page.id, children);
  tell(call, 'page.content_updated', page.id);
  return listReply(
    call,
    'block',
    blocks.map((block) => blockShape(block, state)),
    {},
  );
}

function tell(call: NotionCall, type: string, pageId: string): void {
  const { state, random, nowMs } = call;
  call.emit(type, {
    id: newUuid(random),
    timestamp: new Date(nowMs).toISOString(),
    workspace_id: state.workspace.id,
    workspace_name: state.workspace.name,
    subscription_id: 'subscription-sandbox',
    integration_id: state.bot.id,
    type,
    authors: [{ id: state.bot.id, type: 'bot' }],
    attempt_number: 1,
    entity: { id: pageId, type: 'page' },
    data: {},
  });
}
