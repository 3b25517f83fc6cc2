/**
 * Channels and people as inputs name them, and how their names become the ids that Slack wants.
 *
 * @source slack-api-specs (conversations.list, users.list, users.lookupByEmail)
 * @module
 */
import { z } from 'zod';
import type { LookUp, TargetRef } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { bodyCursor } from '../../core/pages.js';
import { found, next, NOT_FOUND, UNDECIDED, type Verdict } from '../../core/verdict.js';

/** Slack takes less than a thousand. */
const PAGE_SIZE = 200;

export const channel = z
  .string()
  .min(1)
  .max(200)
  .describe('id or name of the channel (C024BE91L, #releases), or a person: id, @name or e-mail address');

export const ts = z
  .string()
  .regex(/^\d{1,16}\.\d{1,9}$/, 'it is not a timestamp of Slack, e.g. 1503435956.000247')
  .describe('names a message inside its channel');

export function touchesChannel({ channel }: { channel?: string | undefined }): TargetRef[] {
  return channel === undefined ? [] : [{ type: 'channel', id: channel }];
}

/** Whether a text is an id of a conversation that can be listed. */
export function isListable(channel: string | undefined): channel is string {
  return channel !== undefined && /^[CDG][A-Z0-9]{5,}$/.test(channel);
}

/** Names are in lower case, ids are not. */
function channelName(channel: string | undefined): string | undefined {
  const name = channel?.replace(/^#/, '');
  return name === undefined || name === '' || /^[A-Z]/.test(name) || name.includes('@') ? undefined : name;
}

const isEmail = (text: string): boolean => /^[^@\s]+@[^@\s]+$/.test(text);

/** `@ada` and `ada@example.com`. */
function personName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return /^@\S/.test(text) || isEmail(text) ? text : undefined;
}

const channelPage = (cursor?: string) =>
  ({
    method: 'GET',
    url: '/conversations.list',
    query: { types: 'public_channel', exclude_archived: true, limit: PAGE_SIZE, cursor },
  }) as const;

/**
 * Private channels are not listed, since asking for them needs one permission more; Slack takes their names as they are
 * where it takes names at all.
 */
export function channelLookUp<Input extends { channel?: string | undefined }>(): LookUp<Input> {
  return {
    what: 'channel',
    name: ({ channel }) => channelName(channel),
    request: () => channelPage(),
    read({ body }, name) {
      const answer = parseJsonObject(body);
      const listed = idOf(answer, 'channels', (one) => one['name'] === name);
      if (listed.is !== 'not_found') return listed;
      const cursor = bodyCursor(answer, 'response_metadata.next_cursor');
      return cursor === undefined ? NOT_FOUND : next(channelPage(cursor));
    },
    apply: (input, channel) => ({ ...input, channel }),
    optional: true,
  };
}

const peoplePage = (cursor?: string) =>
  ({ method: 'GET', url: '/users.list', query: { limit: PAGE_SIZE, cursor } }) as const;

/** @param field of the input that may name a person */
export function personLookUp<Field extends string, Input extends { [F in Field]?: string | undefined }>(
  field: Field,
): LookUp<Input> {
  return {
    what: 'person',
    name: (input) => personName(input[field]),
    request: (name) =>
      isEmail(name) ? { method: 'GET', url: '/users.lookupByEmail', query: { email: name } } : peoplePage(),
    read({ body }, name) {
      const answer = parseJsonObject(body);
      const id = valueAt(answer, 'user.id');
      if (isEmail(name)) return typeof id === 'string' ? found(id) : UNDECIDED;
      const wanted = name.slice(1);
      const listed = idOf(answer, 'members', (one) => one['deleted'] !== true && one['name'] === wanted);
      if (listed.is !== 'not_found') return listed;
      const cursor = bodyCursor(answer, 'response_metadata.next_cursor');
      return cursor === undefined ? NOT_FOUND : next(peoplePage(cursor));
    },
    apply: (input, id) => ({ ...input, [field]: id }),
  };
}

function idOf(answer: unknown, list: string, isWanted: (one: Record<string, unknown>) => boolean): Verdict<string> {
  const entries = valueAt(answer, list);
  if (!Array.isArray(entries)) return UNDECIDED;
  const entry: unknown = entries.find((one: unknown) => isObject(one) && isWanted(one));
  if (entry === undefined) return NOT_FOUND;
  const id = valueAt(entry, 'id');
  return typeof id === 'string' ? found(id) : UNDECIDED;
}
