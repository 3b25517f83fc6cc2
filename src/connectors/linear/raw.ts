/**
 * What we know of Linear's API beyond our actions: one address, at which the document says what it does.
 *
 * @source Linear's GraphQL schema; GraphQL specification, October 2021, section 2 (strings, comments, operations)
 * @module
 */
import type { RawFacts, RawRules } from '../../core/connector.js';

/** Strings and comments, in which words mean nothing. */
const SILENT = /"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|#[^\n\r]*/g;

/** Fields of a mutation, and the actions that do the same. */
const ACTION_OF: Readonly<Record<string, string>> = {
  issueCreate: 'createIssue',
  issueUpdate: 'updateIssue',
  commentCreate: 'createComment',
};
/** Mutations that make keys. */
const HANDS_OUT = /\b(?:apiKeyCreate|oauthApp\w+|userSettings\w*Key\w*)\b/i;

/** The document without what means nothing; `undefined` where there is none, or where it is too odd to be judged. */
function documentOf({ fields }: RawFacts): string | undefined {
  const { query } = fields;
  return typeof query === 'string' ? query.replace(SILENT, ' ') : undefined;
}

/** Whether it only reads: it begins an operation at no place but with `query` or `{`. */
function readsOnly(document: string | undefined): boolean {
  return (
    document !== undefined && !/\b(?:mutation|subscription)\b/.test(document) && /(?:^|\W)query\b|^\s*\{/.test(document)
  );
}

export const raw: RawRules = {
  effect: (request) => (readsOnly(documentOf(request)) ? 'read' : 'update'),
  actions(request) {
    const document = documentOf(request);
    if (document === undefined || readsOnly(document)) return [];
    return Object.entries(ACTION_OF).flatMap(([field, action]) =>
      new RegExp(`\\b${field}\\b`).test(document) ? [action] : [],
    );
  },
  refuses(request) {
    if (request.path !== '/graphql') return 'only /graphql is passed on';
    return HANDS_OUT.test(documentOf(request) ?? '') ? 'this mutation hands out credentials' : undefined;
  },
  headers: ['public-file-urls-expire-in'],
};
