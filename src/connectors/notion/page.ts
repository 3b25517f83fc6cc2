/** A page as we read it, and the title as Notion takes it. @source @notionhq/client (PageObjectResponse) @module */
import { z } from 'zod';
import { isObject, valueAt } from '../../core/json.js';

export const pageSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  url: z.string(),
  parent: z.strictObject({ type: z.string(), id: z.string().optional() }),
  properties: z.record(z.string(), z.unknown()).describe('by name, as Notion writes them'),
  inTrash: z.boolean(),
  createdAt: z.string().describe('to the minute'),
  editedAt: z.string().describe('to the minute'),
});
export type Page = z.output<typeof pageSchema>;

export const properties = z
  .record(z.string().min(1).max(200), z.record(z.string(), z.unknown()))
  .refine((written) => Object.keys(written).length <= 100, { error: 'Notion takes at most 100 properties' })
  .describe('by name or id, in the form of Notion: { "Status": { "select": { "name": "Open" } } }');

export const title = z.string().min(1).max(2_000);

/** Every property that is a title has this id, whatever its name. */
export const titleProperty = (text: string | undefined) =>
  text === undefined ? {} : { title: { title: [{ text: { content: text } }] } };

/** The text of rich text. */
export function plainText(value: unknown): string {
  if (!Array.isArray(value)) return '';
  return value.map((one: unknown) => valueAt(one, 'plain_text') ?? valueAt(one, 'text.content') ?? '').join('');
}

export function pageFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const { id, url, properties, in_trash: inTrash, created_time: createdAt, last_edited_time: editedAt } = value;
  if (!isObject(properties)) return undefined;
  const title = Object.values(properties).find((one) => isObject(one) && one['type'] === 'title');
  return {
    id,
    title: plainText(valueAt(title, 'title')),
    url,
    parent: parentFrom(value['parent']),
    properties,
    inTrash: inTrash ?? value['archived'],
    createdAt,
    editedAt,
  };
}

function parentFrom(parent: unknown): unknown {
  if (!isObject(parent)) return undefined;
  const { type } = parent;
  const id = typeof type === 'string' ? parent[type] : undefined;
  return { type, ...(typeof id === 'string' && { id }) };
}

/** Whether what is there has everything that was wanted: Notion adds ids, colours and types to what was written. */
export function hasAll(is: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(is) && is.length === wanted.length && wanted.every((one, index) => hasAll(is[index], one));
  }
  if (!isObject(wanted)) return is === wanted || (wanted === null && is === undefined);
  return isObject(is) && Object.entries(wanted).every(([name, value]) => hasAll(is[name], value));
}
