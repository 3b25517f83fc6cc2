/**
 * Mail: sending, listing what was sent, reading headers. Every message gets a Message-ID of Gmail's own.
 *
 * @source discovery document gmail v1; the words of refusals from memory
 * @module
 */
import { boundedCount, jsonReply, pageAtCursor, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, notFound, type GoogleCall } from './answers.js';
import { asked } from './fields.js';
import { SCOPES } from './scopes.js';
import { nextId, type GoogleState, type Mail } from './state.js';

const USERS = '/gmail/v1/users/:user';

export const mailRoutes: Routes<GoogleState> = {
  [`POST ${USERS}/messages/send`]: { scopes: SCOPES.sendMail, run: sendRaw },
  [`POST /upload${USERS}/messages/send`]: { scopes: SCOPES.sendMail, run: sendUpload },
  [`GET ${USERS}/messages`]: { scopes: SCOPES.listMail, run: listMessages },
  [`GET ${USERS}/messages/:id`]: { scopes: SCOPES.listMail, run: getMessage },
};

function sendRaw(call: GoogleCall): SandboxReply {
  const { raw, threadId } = call.fields;
  if (typeof raw !== 'string' || !/^[\w-]+={0,2}$/.test(raw))
    return invalid(
      call,
      "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
      'invalidArgument',
    );
  return send(call, Buffer.from(raw, 'base64url').toString('latin1'), threadId);
}

function sendUpload(call: GoogleCall): SandboxReply {
  const [metadata, message] = call.parts;
  if (metadata === undefined || message === undefined)
    return invalid(call, 'Missing end boundary in multipart body.', 'badContent');
  const { threadId } = JSON.parse(Buffer.from(metadata.body).toString('utf8') || '{}') as { threadId?: unknown };
  return send(call, Buffer.from(message.body).toString('latin1'), threadId);
}

const ADDRESS = /[^\s<>,"]+@[^\s<>,"]+/g;

function send(call: GoogleCall, raw: string, thread: unknown): SandboxReply {
  const { state, nowMs } = call;
  const given = headersOf(raw);
  const people = given
    .filter(({ name }) => /^(?:to|cc|bcc)$/i.test(name))
    .flatMap(({ value }) => value.match(ADDRESS) ?? []);
  if (people.length === 0) return invalid(call, 'Recipient address required', 'invalidArgument');
  const id = `18d${nextId(state).toString(16).padStart(13, '0')}`;
  const own = [
    { name: 'From', value: state.account.email },
    { name: 'Date', value: new Date(nowMs).toUTCString() },
    { name: 'Message-ID', value: `<${id}@mail.gmail.com>` },
  ];
  const kept = given.filter(({ name }) => !/^(?:date|message-id|bcc)$/i.test(name));
  const headers = [...kept, ...own.filter(({ name }) => !kept.some((one) => one.name === name))];
  const mail: Mail = {
    id,
    threadId: typeof thread === 'string' ? thread : id,
    labelIds: ['SENT'],
    atMs: nowMs,
    headers,
    raw,
  };
  state.mails.unshift(mail);
  return jsonReply(200, { id, threadId: mail.threadId, labelIds: mail.labelIds });
}

/** Folded lines are one. */
function headersOf(raw: string): { name: string; value: string }[] {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end < 0 ? raw.length : end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 1 ? [] : [{ name: line.slice(0, colon), value: line.slice(colon + 1).trim() }];
  });
}

function listMessages(call: GoogleCall): SandboxReply {
  if (asked(call, 'q') !== undefined) return invalid(call, 'The simulation searches no mail.', 'invalidArgument');
  const labels = call.request.query.getAll('labelIds');
  const all = call.state.mails.filter(({ labelIds }) => labels.every((label) => labelIds.includes(label)));
  const size = boundedCount(asked(call, 'maxResults'), { fallback: 100, max: 500 });
  const page = pageAtCursor(all, asked(call, 'pageToken'), size);
  if (page === undefined) return invalid(call, 'Invalid pageToken', 'invalidArgument');
  return jsonReply(200, {
    ...(page.items.length > 0 && { messages: page.items.map(({ id, threadId }) => ({ id, threadId })) }),
    resultSizeEstimate: all.length,
    ...(page.next !== undefined && { nextPageToken: page.next }),
  });
}

function getMessage(call: GoogleCall): SandboxReply {
  const mail = call.state.mails.find(({ id }) => id === call.params['id']);
  if (mail === undefined) return notFound(call, 'Requested entity was not found.');
  const wanted = call.request.query.getAll('metadataHeaders').map((name) => name.toLowerCase());
  const { id, threadId, labelIds, atMs, headers, raw } = mail;
  const shown = headers.filter(({ name }) => wanted.length === 0 || wanted.includes(name.toLowerCase()));
  return jsonReply(200, {
    id,
    threadId,
    labelIds,
    snippet: '',
    historyId: '1',
    internalDate: String(atMs),
    sizeEstimate: raw.length,
    payload: { partId: '', mimeType: 'text/plain', filename: '', headers: shown },
  });
}
