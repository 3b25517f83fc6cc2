/** What the intake answers, as values: the sockets come later. @module */

export interface IntakeAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

const JSON_HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' };

function json(status: number, value: unknown, headers: Record<string, string> = {}): IntakeAnswer {
  const body = JSON.stringify(value);
  return { status, headers: { ...JSON_HEADERS, ...headers, 'content-length': String(Buffer.byteLength(body)) }, body };
}

const ACCEPTED = json(202, { ok: true });
const DUPLICATE = json(202, { ok: true, duplicate: true });

/** The acknowledgement; `status` for a provider that takes other 2xx for a failure, 204 having no body. */
export function acknowledged(status: number | undefined, isNew: boolean): IntakeAnswer {
  const answer = isNew ? ACCEPTED : DUPLICATE;
  if (status === undefined || status === answer.status) return answer;
  return status === 204 ? { status, headers: {}, body: '' } : { ...answer, status };
}

export const NO_SUCH_SOURCE = json(404, { ok: false, error: 'not_found' });
export const ONLY_POST = json(405, { ok: false, error: 'method_not_allowed' }, { allow: 'POST' });

/** The reason goes to the sender as a word; it helps an honest one and tells a forger nothing he did not know. */
export function refused(status: number, reason: string): IntakeAnswer {
  return json(status, { ok: false, error: 'webhook_refused', reason });
}

export function tooLarge(limitBytes: number): IntakeAnswer {
  return json(413, { ok: false, error: 'body_too_large', limitBytes }, { connection: 'close' });
}

export function compressed(encoding: string): IntakeAnswer {
  return json(415, { ok: false, error: 'unsupported_encoding', encoding: encoding.slice(0, 40) });
}

/** Nothing was kept; senders try again. */
export function unavailable(error: 'overloaded' | 'store_unavailable', retryAfterSeconds: number): IntakeAnswer {
  return json(503, { ok: false, error }, { 'retry-after': String(retryAfterSeconds) });
}

export function alreadyParsed(fix: string): IntakeAnswer {
  return json(500, { ok: false, error: 'body_already_parsed', fix });
}
