/** Files: their metadata, and those of a project. @source figma/rest-api-spec (files/{key}/meta, projects/{id}/files) @module */
import { z } from 'zod';
import { defineAction, type TargetRef } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';

export const file = z
  .string()
  .regex(/^[A-Za-z0-9]{10,64}$/, 'it is not a key of a file: the part of its address after /design/ or /file/')
  .describe('key of the file');

export interface InFile {
  file: string;
}

/** A connection can be restricted to files by their keys. */
export const touchesFile = ({ file }: InFile): TargetRef[] => [{ type: 'file', id: file }];
export const fileTarget = ({ file }: InFile): TargetRef => ({ type: 'file', id: file });

export const text = (name: string, value: unknown): Record<string, string> =>
  typeof value === 'string' && value !== '' ? { [name]: value } : {};

const getInput = z.strictObject({ file });
const getOutput = z.strictObject({
  name: z.string(),
  project: z.string().optional().describe('name of the project it is in'),
  editor: z.string().describe('figma, figjam, slides, ...'),
  touchedAt: z.string(),
  touchedBy: z.string().optional(),
  creator: z.string().optional(),
  version: z.string().optional(),
  role: z.string().optional().describe('what the account may do: owner, editor, viewer'),
  url: z.string().optional(),
  thumbnailUrl: z.string().optional(),
});

export const getFile = defineAction<z.output<typeof getInput>, z.output<typeof getOutput>>({
  summary: 'Reads what a Figma file is called, where it is and when it was changed last',
  effect: 'read',
  endpoint: 'GET /v1/files/{file_key}/meta',
  permissions: ['file_metadata:read'],
  input: getInput,
  output: getOutput,
  target: fileTarget,
  touches: touchesFile,
  request: ({ file }) => ({ method: 'GET', url: path`/v1/files/${file}/meta` }),
  parse({ body }) {
    const answer = parseJsonObject(body);
    // Some answers wrap it.
    const meta = isObject(answer?.['file']) ? answer['file'] : answer;
    if (meta === undefined) return undefined;
    return {
      name: meta['name'],
      ...text('project', meta['folder_name']),
      editor: meta['editorType'],
      touchedAt: meta['last_touched_at'],
      ...text('touchedBy', valueAt(meta, 'last_touched_by.handle')),
      ...text('creator', valueAt(meta, 'creator.handle')),
      ...text('version', meta['version']),
      ...text('role', meta['role']),
      ...text('url', meta['url']),
      ...text('thumbnailUrl', meta['thumbnail_url']),
    };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'tier3' }],
});

const listInput = z.strictObject({
  project: z
    .string()
    .regex(/^\d{1,30}$/, 'it is not an id of a project')
    .describe('id of the project'),
});
const listOutput = z.strictObject({
  project: z.string(),
  files: z.array(
    z.strictObject({
      key: z.string(),
      name: z.string(),
      modifiedAt: z.string(),
      thumbnailUrl: z.string().optional(),
    }),
  ),
});

export const listFiles = defineAction<z.output<typeof listInput>, z.output<typeof listOutput>>({
  summary: 'Lists the files of a Figma project',
  effect: 'read',
  endpoint: 'GET /v1/projects/{project_id}/files',
  permissions: ['projects:read'],
  input: listInput,
  output: listOutput,
  target: ({ project }) => ({ type: 'project', id: project }),
  touches: ({ project }) => [{ type: 'project', id: project }],
  request: ({ project }) => ({ method: 'GET', url: path`/v1/projects/${project}/files` }),
  parse({ body }) {
    const answer = parseJsonObject(body);
    const files = answer?.['files'];
    if (!Array.isArray(files)) return undefined;
    const fileFrom = (one: unknown): unknown =>
      isObject(one) && {
        key: one['key'],
        name: one['name'],
        modifiedAt: one['last_modified'],
        ...text('thumbnailUrl', one['thumbnail_url']),
      };
    return { project: answer?.['name'], files: files.map(fileFrom) };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'tier2' }],
});
