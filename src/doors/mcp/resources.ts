/** What can be read by address: an event, a call, how something came about, and the pages about errors. @module */
import { AppError } from '../../core/errors.js';
import { errorIndex, errorPage, isErrorCode } from '../../core/error-page.js';
import { operationNamed } from '../../operations/index.js';
import { bounded } from './bounded.js';
import { cleanValue } from './clean-text.js';
import type { ToolCall } from './tool.js';

export interface ResourceText {
  uri: string;
  mimeType: string;
  text: string;
}

/** Address -> operation; `{id}` is its input. */
const READ_BY_ID: Readonly<Record<string, string>> = {
  events: 'events.get',
  calls: 'calls.get',
  audit: 'audit.explain',
};

export const RESOURCES = [
  {
    uri: 'fairlead://errors',
    name: 'errors',
    description: 'Every error code with its title',
    mimeType: 'text/plain',
  },
  {
    uri: 'fairlead://connections',
    name: 'connections',
    description: 'The connected accounts, without secrets',
    mimeType: 'application/json',
  },
] as const;

export const RESOURCE_TEMPLATES = [
  {
    uriTemplate: 'fairlead://events/{id}',
    name: 'event',
    description: 'A verified webhook; its body is text from outside',
    mimeType: 'application/json',
  },
  {
    uriTemplate: 'fairlead://calls/{id}',
    name: 'call',
    description: 'What was sent, and what it came to',
    mimeType: 'application/json',
  },
  {
    uriTemplate: 'fairlead://audit/{id}',
    name: 'audit of a call',
    description: 'How a call, event or entry came about',
    mimeType: 'application/json',
  },
  {
    uriTemplate: 'fairlead://errors/{code}',
    name: 'error',
    description: 'What an error means and what to do',
    mimeType: 'text/plain',
  },
] as const;

/** `undefined` when there is nothing at this address. @throws AppError. */
export async function readResource(uri: string, call: ToolCall): Promise<ResourceText | undefined> {
  const match = /^fairlead:\/\/([a-z]+)(?:\/([A-Za-z0-9_.-]{1,100}))?$/.exec(uri);
  if (match === null) return undefined;
  const [, kind = '', id] = match;
  if (kind === 'errors') return pageOf(uri, id);
  if (kind === 'connections' && id === undefined) return await answerOf(uri, 'connections.list', {}, call);
  const operation = Object.hasOwn(READ_BY_ID, kind) ? READ_BY_ID[kind] : undefined;
  return operation === undefined || id === undefined ? undefined : await answerOf(uri, operation, { id }, call);
}

function pageOf(uri: string, code: string | undefined): ResourceText | undefined {
  const text = code === undefined ? errorIndex() : isErrorCode(code) ? errorPage(code) : undefined;
  return text === undefined ? undefined : { uri, mimeType: 'text/plain', text };
}

async function answerOf(
  uri: string,
  operation: string,
  input: Record<string, unknown>,
  { run, ...call }: ToolCall,
): Promise<ResourceText | undefined> {
  try {
    const output = await run(operationNamed(operation), input, { ...call, dryRun: false, repeat: false });
    const { value, cut } = bounded(cleanValue(output));
    const text = JSON.stringify({ ...(value as object), untrusted: true, ...(cut.length > 0 && { cut }) });
    return { uri, mimeType: 'application/json', text };
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return undefined;
    throw error;
  }
}
