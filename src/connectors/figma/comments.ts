/** Comments on files. @source figma/rest-api-spec (files/{key}/comments) @module */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import type { HttpAnswer } from '../../core/ports.js';
import { found, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { file, fileTarget, text, touchesFile, type InFile } from './files.js';

const comment = z.strictObject({
  id: z.string(),
  message: z.string(),
  author: z.string(),
  createdAt: z.string(),
  resolvedAt: z.string().optional(),
  replyTo: z.string().optional().describe('id of the comment it answers'),
});
type Comment = z.output<typeof comment>;

/** The clocks of Figma and of this machine may differ. */
const CLOCK_SKEW_MS = 120_000;

const SETTLES = {
  settleMs: 10_000,
  settleSource: 'memory: no page says it; comments are listed as soon as they are made',
} as const;

const commentId = z.string().regex(/^\d{1,30}$/, 'it is not an id of a comment');

function commentFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    message: value['message'],
    author: valueAt(value, 'user.handle'),
    createdAt: value['created_at'],
    ...text('resolvedAt', value['resolved_at']),
    ...text('replyTo', value['parent_id']),
  };
}

function listedIn({ body }: Pick<HttpAnswer, 'body'>): unknown[] | undefined {
  const comments = parseJsonObject(body)?.['comments'];
  return Array.isArray(comments) ? comments : undefined;
}

const listing = ({ file }: InFile) => ({ method: 'GET', url: path`/v1/files/${file}/comments` }) as const;

const listInput = z.strictObject({ file });
const listOutput = z.strictObject({ comments: z.array(comment) });

export const listComments = defineAction<z.output<typeof listInput>, z.output<typeof listOutput>>({
  summary: 'Lists the comments on a Figma file',
  effect: 'read',
  endpoint: 'GET /v1/files/{file_key}/comments',
  permissions: ['file_comments:read'],
  input: listInput,
  output: listOutput,
  target: fileTarget,
  touches: touchesFile,
  request: listing,
  parse: (answer) => ({ comments: listedIn(answer)?.map(commentFrom) }),
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'tier2' }],
});

const point = z.strictObject({ x: z.number(), y: z.number() });
const createInput = z
  .strictObject({
    file,
    message: z.string().trim().min(1).max(8_000),
    replyTo: commentId.optional().describe('id of the comment to answer; not of an answer'),
    at: point.optional().describe('where on the canvas, or in the frame'),
    frame: z
      .string()
      .regex(/^[\w:;-]{1,100}$/, 'it is not an id of a node')
      .optional()
      .describe('id of the frame that the comment is in'),
  })
  .refine(({ frame, at }) => frame === undefined || at !== undefined, {
    error: 'say where in the frame',
    path: ['at'],
  })
  .refine(({ replyTo, at }) => replyTo === undefined || at === undefined, {
    error: 'an answer stands where the comment is that it answers',
    path: ['at'],
  });

export const createComment = defineAction<z.output<typeof createInput>, Comment>({
  summary: 'Comments on a Figma file, or answers a comment',
  effect: 'create',
  endpoint: 'POST /v1/files/{file_key}/comments',
  permissions: ['file_comments:write', 'file_comments:read'],
  input: createInput,
  output: comment,
  target: fileTarget,
  touches: touchesFile,
  request: ({ file, message, replyTo, at, frame }) => ({
    method: 'POST',
    url: path`/v1/files/${file}/comments`,
    json: {
      message,
      ...(replyTo && { comment_id: replyTo }),
      ...(at && { client_meta: frame === undefined ? at : { node_id: frame, node_offset: at } }),
    },
  }),
  parse: ({ body }) => commentFrom(parseJsonObject(body)),
  idempotency: 'none',
  reconcile: {
    onlyDenies: true,
    request: listing,
    /**
     * A comment bears no mark and Figma hides none, so one that says the same may be somebody else's: it is never taken
     * for ours. Only where nobody has said it since the call began is it known that this call has not.
     */
    read(answer, { message, replyTo }, _marker, _step, sinceMs) {
      const comments = listedIn(answer);
      if (comments === undefined) return UNDECIDED;
      const fromMs = sinceMs - CLOCK_SKEW_MS;
      const maybeOurs = comments.some(
        (one) =>
          valueAt(one, 'message') === message &&
          (valueAt(one, 'parent_id') || undefined) === replyTo &&
          // A time that cannot be read is no alibi.
          !(Date.parse(String(valueAt(one, 'created_at'))) < fromMs),
      );
      return maybeOurs ? UNDECIDED : NOT_FOUND;
    },
  },
  ...SETTLES,
  limits: () => [{ bucket: 'tier2' }],
});

const deleteInput = z.strictObject({ file, comment: commentId.describe('id of the comment') });
const deleteOutput = z.strictObject({ id: z.string() });

export const deleteComment = defineAction<z.output<typeof deleteInput>, z.output<typeof deleteOutput>>({
  summary: 'Deletes a comment of its own from a Figma file',
  effect: 'delete',
  endpoint: 'DELETE /v1/files/{file_key}/comments/{comment_id}',
  permissions: ['file_comments:write', 'file_comments:read'],
  input: deleteInput,
  output: deleteOutput,
  target: ({ file, comment }) => ({ type: 'comment', id: `${file}/${comment}` }),
  touches: touchesFile,
  request: ({ file, comment }) => ({ method: 'DELETE', url: path`/v1/files/${file}/comments/${comment}` }),
  parse: (_answer, { comment }) => ({ id: comment }),
  idempotency: 'none',
  reconcile: {
    request: listing,
    read(answer, { comment }) {
      const comments = listedIn(answer);
      if (comments === undefined) return UNDECIDED;
      return comments.some((one) => valueAt(one, 'id') === comment) ? NOT_FOUND : found({ id: comment });
    },
  },
  ...SETTLES,
  limits: () => [{ bucket: 'tier2' }],
});
