/**
 * Files: listing by folder, name and kind, facts, contents, exports.
 *
 * @source discovery document drive v3; the language of `q` and the words of refusals from memory
 * @module
 */
import { boundedCount, jsonReply, pageAtCursor, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, notFound, refused, type GoogleCall } from './answers.js';
import { asked } from './fields.js';
import { instant } from './event-shape.js';
import { SCOPES } from './scopes.js';
import { SHORTCUT, type DriveFile, type GoogleState } from './state.js';

const V3 = '/drive/v3';

export const driveRoutes: Routes<GoogleState> = {
  [`GET ${V3}/files`]: { scopes: SCOPES.readFileFacts, run: listFiles },
  [`GET ${V3}/files/:file`]: { scopes: SCOPES.readFileFacts, run: getFile },
  [`GET ${V3}/files/:file/export`]: { scopes: SCOPES.readFiles, run: exportFile },
};

const missing = (call: GoogleCall): SandboxReply => notFound(call, `File not found: ${call.params['file']}.`);

function listFiles(call: GoogleCall): SandboxReply {
  const fits = predicate(asked(call, 'q') ?? '');
  if (fits === undefined) return invalid(call, 'Invalid Value');
  const size = boundedCount(asked(call, 'pageSize'), { fallback: 100, max: 1000 });
  const all = ordered(call.state.files.filter(fits), asked(call, 'orderBy'));
  const page = pageAtCursor(all, asked(call, 'pageToken'), size);
  if (page === undefined) return invalid(call, 'Invalid Value');
  const fields = /files\(([^()]*)\)/.exec(asked(call, 'fields') ?? '')?.[1];
  return jsonReply(200, {
    kind: 'drive#fileList',
    incompleteSearch: false,
    files: page.items.map((file) => shapeOf(file, fields)),
    ...(page.next !== undefined && { nextPageToken: page.next }),
  });
}

type Predicate = (file: DriveFile) => boolean;

const TERMS: readonly [RegExp, (value: string) => Predicate][] = [
  [
    /^'((?:[^'\\]|\\.)*)' in parents$/,
    (value) =>
      ({ parent }) =>
        parent === value,
  ],
  [
    /^trashed ?= ?(true|false)$/,
    (value) =>
      ({ trashed }) =>
        trashed === (value === 'true'),
  ],
  [
    /^name contains '((?:[^'\\]|\\.)*)'$/,
    (value) =>
      ({ name }) =>
        name.toLowerCase().startsWith(value.toLowerCase()),
  ],
  [
    /^name ?= ?'((?:[^'\\]|\\.)*)'$/,
    (value) =>
      ({ name }) =>
        name === value,
  ],
  [
    /^mimeType ?= ?'((?:[^'\\]|\\.)*)'$/,
    (value) =>
      ({ mimeType }) =>
        mimeType === value,
  ],
];

/** Terms joined by `and`; `undefined` for anything else. */
function predicate(query: string): Predicate | undefined {
  const terms = query === '' ? [] : splitTerms(query);
  const all = terms.map((term) => {
    for (const [form, made] of TERMS) {
      const value = form.exec(term)?.[1];
      if (value !== undefined) return made(value.replaceAll(/\\(.)/g, '$1'));
    }
    return undefined;
  });
  if (all.some((one) => one === undefined)) return undefined;
  return (file) => all.every((one) => one!(file));
}

/** At ` and ` outside of quotes. */
function splitTerms(query: string): string[] {
  const terms = query.match(/(?:'(?:[^'\\]|\\.)*'|(?! and )[^'])+/g) ?? [];
  return terms.map((term) => term.replace(/^ ?and /, '').trim());
}

function ordered(files: DriveFile[], order: string | undefined): DriveFile[] {
  const [key, direction] = (order ?? '').split(' ');
  const sign = direction === 'desc' ? -1 : 1;
  if (key === 'name') return files.sort((a, b) => sign * (a.name < b.name ? -1 : 1));
  return key === 'modifiedTime' ? files.sort((a, b) => sign * (a.modifiedAtMs - b.modifiedAtMs)) : files;
}

function getFile(call: GoogleCall): SandboxReply {
  const file = fileOf(call);
  if (file === undefined) return missing(call);
  return asked(call, 'alt') === 'media' ? contentOf(call, file) : jsonReply(200, shapeOf(file, asked(call, 'fields')));
}

function contentOf(call: GoogleCall, { content, mimeType }: DriveFile): SandboxReply {
  const own = call.token?.scopes;
  if (own !== undefined && !SCOPES.readFiles.some((scope) => own.includes(scope))) {
    const message = 'The user has not granted the app read access to the file.';
    return refused(call, { code: 403, reason: 'appNotAuthorizedToFile', message });
  }
  if (content !== undefined) return { status: 200, headers: { 'content-type': mimeType }, body: content };
  const message = 'Only files with binary content can be downloaded. Use Export with Docs Editors files.';
  return refused(call, { code: 403, reason: 'fileNotDownloadable', message });
}

function exportFile(call: GoogleCall): SandboxReply {
  const file = fileOf(call);
  if (file === undefined) return missing(call);
  if (file.exports === undefined) {
    const message = 'Export only supports Docs Editors files.';
    return refused(call, { code: 403, reason: 'fileNotExportable', message });
  }
  const type = asked(call, 'mimeType');
  if (type === undefined) return invalid(call, 'Required parameter: mimeType', 'required');
  const body = Object.hasOwn(file.exports, type) ? file.exports[type] : undefined;
  if (body === undefined) return invalid(call, 'The requested conversion is not supported.', 'badRequest');
  return { status: 200, headers: { 'content-type': type }, body };
}

/** A file that is not shared with the account is not there. */
function fileOf(call: GoogleCall): DriveFile | undefined {
  const file = call.state.files.find(({ id }) => id === call.params['file']);
  return call.trouble === 'file_not_shared' ? undefined : file;
}

/** Only what `fields` names; without it, what Drive gives by itself. */
function shapeOf(file: DriveFile, fields = 'kind,id,name,mimeType'): Record<string, unknown> {
  const { id, name, mimeType, parent, content, shortcutTo, trashed, modifiedAtMs } = file;
  const all = {
    kind: 'drive#file',
    id,
    name,
    mimeType,
    parents: [parent],
    trashed,
    createdTime: instant(modifiedAtMs),
    modifiedTime: instant(modifiedAtMs),
    webViewLink: `https://drive.google.com/file/d/${id}/view`,
    ...(content && { size: String(content.byteLength) }),
    ...(mimeType === SHORTCUT && { shortcutDetails: { targetId: shortcutTo, targetMimeType: 'text/csv' } }),
  };
  const wanted = new Set(fields.split(',').map((field) => field.trim().split('/')[0]!));
  return Object.fromEntries(Object.entries(all).filter(([field]) => wanted.has('*') || wanted.has(field)));
}
