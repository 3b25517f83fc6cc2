/** What the simulated Notion keeps. @module */
import type { Random } from '../../core/ports.js';
import type { Fields } from '../kit/index.js';

export interface NotionPage {
  id: string;
  /** A data source of the database, or the page above. */
  parent: { dataSourceId: string } | { pageId: string };
  /** As they were written, by name; the title under its name, too. */
  properties: Fields;
  inTrash: boolean;
  createdAtMs: number;
  editedAtMs: number;
  /** Whether the integration may see it. */
  isShared: boolean;
}

export interface NotionDatabase {
  id: string;
  title: string;
  dataSourceId: string;
  /** Name -> type. One of them is the title. */
  schema: Readonly<Record<string, string>>;
  isShared: boolean;
}

export interface NotionBlock {
  id: string;
  /** The page, or a block. */
  parentId: string;
  type: string;
  content: Fields;
  createdAtMs: number;
}

export interface NotionState {
  workspace: { id: string; name: string };
  bot: { id: string; name: string };
  databases: NotionDatabase[];
  /** Oldest first. */
  pages: NotionPage[];
  blocks: NotionBlock[];
}

const id = (number: number): string => `0000f00d-0000-4000-8000-${String(number).padStart(12, '0')}`;
const BEGUN_AT_MS = Date.UTC(2026, 0, 5, 9);

export const textOf = (content: string): Fields => ({ type: 'text', text: { content } });

export function begin(): NotionState {
  const schema = {
    Name: 'title',
    Status: 'select',
    Points: 'number',
    Done: 'checkbox',
    Due: 'date',
    Call: 'rich_text',
  };
  const page = (number: number, parent: NotionPage['parent'], properties: Fields, isShared = true): NotionPage => ({
    id: id(number),
    parent,
    properties,
    inTrash: false,
    createdAtMs: BEGUN_AT_MS,
    editedAtMs: BEGUN_AT_MS,
    isShared,
  });
  const named = (name: string, more: Fields = {}): Fields => ({ Name: { title: [textOf(name)] }, ...more });
  const tasks = { dataSourceId: id(11) };
  return {
    workspace: { id: id(1), name: 'Acme' },
    bot: { id: id(2), name: 'Fairlead' },
    databases: [
      { id: id(10), title: 'Tasks', dataSourceId: id(11), schema, isShared: true },
      { id: id(20), title: 'People', dataSourceId: id(21), schema: { Name: 'title' }, isShared: true },
      { id: id(30), title: 'Salaries', dataSourceId: id(31), schema: { Name: 'title' }, isShared: false },
    ],
    pages: [
      page(41, tasks, named('Ship the widgets', { Status: { select: { name: 'Open' } }, Points: { number: 3 } })),
      page(42, tasks, named('Paint the widgets', { Status: { select: { name: 'Done' } }, Done: { checkbox: true } })),
      page(43, { dataSourceId: id(21) }, named('Ada Lovelace')),
      page(44, { dataSourceId: id(31) }, named('Secret'), false),
      page(45, { pageId: id(41) }, { title: { title: [textOf('Notes')] } }),
    ],
    blocks: [],
  };
}

/** A random UUID, version 4. */
export function newUuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
