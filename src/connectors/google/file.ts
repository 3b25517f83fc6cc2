/** A file of Drive, as actions take and give it. @source discovery document drive v3 (File) @module */
import { z } from 'zod';
import { isObject, valueAt } from '../../core/json.js';
import { optional } from './pages.js';

export const fileId = z
  .string()
  .regex(/^[\w-]{1,200}$/, 'it is no id of a file; it is the long part of the address of the file');

export const file = z.strictObject({
  id: z.string(),
  name: z.string(),
  mimeType: z.string(),
  isFolder: z.boolean(),
  size: z.int().optional().describe('bytes; absent for folders and where Drive does not tell'),
  folder: z.string().optional().describe('id; absent where the account may not see it'),
  shortcutTo: z.string().optional().describe('id of the file that a shortcut leads to'),
  isTrashed: z.boolean(),
  createdAt: z.string().optional(),
  modifiedAt: z.string().optional(),
  url: z.string().optional(),
});

/** Drive gives little by itself; these are the fields that {@link fileFrom} reads. */
export const FILE_FIELDS = 'id,name,mimeType,size,parents,trashed,createdTime,modifiedTime,webViewLink,shortcutDetails';

const FOLDER = 'application/vnd.google-apps.folder';

export function fileFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    name: value['name'],
    mimeType: value['mimeType'],
    isFolder: value['mimeType'] === FOLDER,
    ...optional('size', numberFrom(value['size'])),
    ...optional('folder', valueAt(value, 'parents.0')),
    ...optional('shortcutTo', valueAt(value, 'shortcutDetails.targetId')),
    isTrashed: value['trashed'] === true,
    ...optional('createdAt', value['createdTime']),
    ...optional('modifiedAt', value['modifiedTime']),
    ...optional('url', value['webViewLink']),
  };
}

/** A number of 64 bits comes as text. */
function numberFrom(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}
