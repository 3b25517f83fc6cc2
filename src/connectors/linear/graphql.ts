/** Requests to Linear's one address, and reading what comes back. @module */
import type { ActionRequest } from '../../core/connector.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';

/** A request with a document and its variables; `undefined` leaves a variable out. */
export function graphql(query: string, variables: Readonly<Record<string, unknown>> = {}): ActionRequest {
  return { method: 'POST', url: '/graphql', json: { query, variables } };
}

/** What stands in `data`, at a dotted path. */
export function dataAt({ body }: Pick<HttpAnswer, 'body'>, path: string): unknown {
  return valueAt(parseJsonObject(body), `data.${path}`);
}

/** The list in `data` at a dotted path, or `undefined`. */
export function nodesAt(answer: Pick<HttpAnswer, 'body'>, path: string): unknown[] | undefined {
  const nodes = dataAt(answer, `${path}.nodes`);
  return Array.isArray(nodes) ? nodes : undefined;
}

/** Where the next page of a connection begins, absent after the last one. */
export function nextPage(answer: Pick<HttpAnswer, 'body'>, path: string): { nextCursor?: string } {
  const cursor = dataAt(answer, `${path}.pageInfo.endCursor`);
  const hasNext = dataAt(answer, `${path}.pageInfo.hasNextPage`) === true;
  return hasNext && typeof cursor === 'string' && cursor !== '' ? { nextCursor: cursor } : {};
}

/** Lists are asked for in this size: a longer one costs more points. */
export const PAGE_SIZE = 50;
