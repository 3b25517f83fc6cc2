/** How the simulated Notion writes what it keeps. @source @notionhq/client (response types), version 2025-09-03 @module */
import { isObject } from '../../core/json.js';
import { boundedCount, jsonReply, pageAtCursor, type Fields, type SandboxReply } from '../kit/index.js';
import { invalid, type NotionCall } from './answers.js';
import type { NotionBlock, NotionDatabase, NotionPage, NotionState } from './state.js';

const MINUTE_MS = 60_000;

/** Notion tells times by the minute. */
export const timeText = (ms: number): string => new Date(Math.floor(ms / MINUTE_MS) * MINUTE_MS).toISOString();

const EMPTY: Readonly<Record<string, unknown>> = {
  title: [],
  rich_text: [],
  select: null,
  number: null,
  checkbox: false,
  date: null,
};

function richText(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.filter(isObject).map((one) => {
    const { content = '', link = null } = isObject(one['text']) ? one['text'] : {};
    return {
      type: 'text' as const,
      text: { content: String(content), link },
      annotations: {
        bold: false,
        italic: false,
        strikethrough: false,
        underline: false,
        code: false,
        color: 'default' as const,
      },
      plain_text: String(content),
      href: null,
    };
  });
}

export function databaseOf({ parent }: NotionPage, { databases }: NotionState): NotionDatabase | undefined {
  return 'dataSourceId' in parent ? databases.find((one) => one.dataSourceId === parent.dataSourceId) : undefined;
}

export function titleOf({ properties }: NotionPage): string {
  const title = Object.values(properties).find((one) => isObject(one) && Array.isArray(one['title']));
  const texts = isObject(title) ? (richText(title['title']) as { plain_text: string }[]) : [];
  return texts.map(({ plain_text }) => plain_text).join('');
}

function propertyShape(name: string, type: string, written: unknown): object {
  const value = isObject(written) ? written[type] : undefined;
  const isText = type === 'title' || type === 'rich_text';
  const id = type === 'title' ? 'title' : encodeURIComponent(name.slice(0, 4));
  const selected =
    isObject(value) && type === 'select' ? { id: `o-${String(value['name'])}`, color: 'default', ...value } : value;
  const dated = isObject(value) && type === 'date' ? { end: null, time_zone: null, ...value } : selected;
  return { id, type, [type]: isText ? richText(value ?? []) : (dated ?? EMPTY[type] ?? null) };
}

export function pageShape(page: NotionPage, state: NotionState) {
  const database = databaseOf(page, state);
  const schema = database?.schema ?? { title: 'title' };
  const by = { object: 'user' as const, id: state.bot.id };
  return {
    object: 'page' as const,
    id: page.id,
    created_time: timeText(page.createdAtMs),
    last_edited_time: timeText(page.editedAtMs),
    created_by: by,
    last_edited_by: by,
    icon: null,
    cover: null,
    in_trash: page.inTrash,
    archived: page.inTrash,
    is_archived: page.inTrash,
    is_locked: false,
    parent:
      database === undefined
        ? { type: 'page_id' as const, page_id: (page.parent as { pageId: string }).pageId }
        : { type: 'data_source_id' as const, data_source_id: database.dataSourceId, database_id: database.id },
    url: `https://www.notion.so/${page.id.replaceAll('-', '')}`,
    public_url: null,
    properties: Object.fromEntries(
      Object.entries(schema).map(([name, type]) => [name, propertyShape(name, type, page.properties[name])]),
    ),
  };
}

export function databaseShape({ id, title, dataSourceId }: NotionDatabase, { workspace }: NotionState): Fields {
  return {
    object: 'database',
    id,
    title: richText([{ text: { content: title } }]),
    parent: { type: 'workspace', workspace: true },
    is_inline: false,
    in_trash: false,
    url: `https://www.notion.so/${id.replaceAll('-', '')}?w=${workspace.name}`,
    data_sources: [{ id: dataSourceId, name: title }],
  };
}

export function dataSourceShape({ id, title, dataSourceId, schema }: NotionDatabase): Fields {
  return {
    object: 'data_source',
    id: dataSourceId,
    title: richText([{ text: { content: title } }]),
    parent: { type: 'database_id', database_id: id },
    in_trash: false,
    url: `https://www.notion.so/${id.replaceAll('-', '')}`,
    properties: Object.fromEntries(
      Object.entries(schema).map(([name, type]) => [name, { id: name.slice(0, 4), name, type, [type]: {} }]),
    ),
  };
}

export function blockShape({ id, parentId, type, content, createdAtMs }: NotionBlock, { bot }: NotionState): Fields {
  const by = { object: 'user', id: bot.id };
  const own = { ...content, ...('rich_text' in content && { rich_text: richText(content['rich_text']) }) };
  return {
    object: 'block',
    id,
    parent: { type: 'page_id', page_id: parentId },
    created_time: timeText(createdAtMs),
    last_edited_time: timeText(createdAtMs),
    created_by: by,
    last_edited_by: by,
    has_children: type === 'child_page',
    archived: false,
    in_trash: false,
    type,
    [type]: own,
  };
}

/** One page of a list, in Notion's form. */
export function listReply(call: NotionCall, kind: string, shapes: readonly unknown[], asked: Fields): SandboxReply {
  const size = boundedCount(asked['page_size'], { fallback: 100, max: 100 });
  const cursor = asked['start_cursor'];
  const page = pageAtCursor(shapes, typeof cursor === 'string' ? cursor : undefined, size);
  if (page === undefined) return invalid(call, 'The start_cursor provided is invalid.');
  return jsonReply(200, {
    object: 'list',
    results: page.items,
    next_cursor: page.next ?? null,
    has_more: page.hasMore,
    type: kind,
    [kind]: {},
    request_id: call.requestId,
  });
}
