/**
 * What has to be known of a file before it is read: in which folder it lies (a connection may be restricted to some),
 * what it is (a Google document has no bytes, it is exported), how large it is. Asked every time, for files move and grow.
 *
 * @source discovery document drive v3 (files.get)
 * @module
 */
import type { ActionRequest, LookUp, TargetRef } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { path } from '../../core/path.js';
import { found, next, UNDECIDED, type Verdict } from '../../core/verdict.js';
import { file as fileSchema, FILE_FIELDS, fileFrom } from './file.js';

const SPREADSHEET = 'application/vnd.google-apps.spreadsheet';

/** What an input knows once its file was looked up. */
export interface FoundFile {
  file: string;
  facts?: FileFacts;
}

export interface FileFacts {
  name: string;
  mimeType: string;
  folder?: string;
  size?: number;
}

/** @param follows whether a shortcut stands for itself or for what it leads to */
export function findFile<Input extends FoundFile>(
  follows: 'the file itself' | 'where a shortcut leads',
): LookUp<Input> {
  return {
    what: 'file',
    name: ({ file }) => file,
    request: (file) => factsOf(file),
    read(answer, _file, step) {
      const read = fileSchema.safeParse(fileFrom(parseJsonObject(answer.body)));
      if (!read.success) return UNDECIDED;
      const { id, shortcutTo } = read.data;
      // A shortcut does not lead to a shortcut.
      if (shortcutTo !== undefined && follows !== 'the file itself')
        return step === 1 ? targetOf(shortcutTo) : UNDECIDED;
      return found(textOf(id, read.data));
    },
    apply: (input, text) => ({ ...input, ...inputFrom(text) }),
    fresh: true,
  };
}

/** A connection can be restricted to folders: a file is touched by where it lies; a spreadsheet is one, too. */
export function touchesFile({ file, facts }: FoundFile): TargetRef[] {
  const { folder, mimeType } = facts ?? {};
  return [
    ...(folder === undefined ? [] : [{ type: 'folder', id: folder }]),
    ...(mimeType === SPREADSHEET ? [{ type: 'spreadsheet', id: file }] : []),
  ];
}

function factsOf(file: string): ActionRequest {
  return {
    method: 'GET',
    url: path`/drive/v3/files/${file}`,
    query: { fields: FILE_FIELDS, supportsAllDrives: true },
  };
}

const targetOf = (id: string): Verdict<never> => (/^[\w-]{1,200}$/.test(id) ? next(factsOf(id)) : UNDECIDED);

/** What a look-up finds is one text, which a dry run shows. */
function textOf(id: string, { name, mimeType, folder, size }: FileFacts): string {
  const known = { id, name, mimeType, ...(folder && { folder }), ...(size !== undefined && { size }) };
  return JSON.stringify(known);
}

function inputFrom(text: string): FoundFile {
  const known = parseJsonObject(Buffer.from(text));
  if (!isObject(known)) return { file: '' };
  const { id, ...facts } = known;
  return { file: String(id), facts: facts as unknown as FileFacts };
}
