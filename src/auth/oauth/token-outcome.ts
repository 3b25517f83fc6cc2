/** What came of a request to a token endpoint, and what it means for a connection. Pure. @module */
import type { AuthDefinition, TokenAnswer } from '../../core/connector.js';
import type { HttpAnswer, NetFailure } from '../../core/ports.js';
import { redactText } from '../../core/redact.js';
import { retryAfterMs } from '../../core/retry-after.js';
import { readTokenAnswer } from '../../core/token-answer.js';

export type GrantedToken = Omit<Extract<TokenAnswer, { ok: true }>, 'ok'>;

export type TokenOutcome =
  | { kind: 'granted'; token: GrantedToken }
  /**
   * `ended`: the grant is over, and a person has to connect again. `client`: the id or secret of the client is wrong,
   * which is the operator's to mend; the grant may be good. `request`: it was refused for what it asked.
   */
  | { kind: 'refused'; why: 'ended' | 'client' | 'request'; error: string; says: string }
  /** Nobody knows, or not now; it makes sense to try again. */
  | { kind: 'failed'; error: string; says: string; sent: 'no' | 'maybe'; waitMs?: number };

/** Of RFC 6749, sections 4.1.2.1 and 5.2, and RFC 8628: what passes by itself. */
const PASSING = new Set(['temporarily_unavailable', 'server_error', 'slow_down', 'rate_limited', 'ratelimited']);
const CLIENT = new Set(['invalid_client', 'unauthorized_client']);

/** What an answer comes to. `nowMs` is there for a Retry-After that is a date. */
export function outcomeOfAnswer(
  auth: Pick<AuthDefinition, 'readToken' | 'ended_grant_errors' | 'client_errors'>,
  answer: HttpAnswer,
  nowMs: number,
): TokenOutcome {
  const read = readAnswer(auth, answer);
  if (read?.ok === true && answer.status < 400) {
    const { ok: _ok, ...token } = read;
    return { kind: 'granted', token };
  }
  const waitMs = retryAfterMs(answer.headers['retry-after'], nowMs);
  const wait = waitMs === undefined ? {} : { waitMs };
  if (answer.status === 429) return failed('rate_limited', 'it gets too many requests', wait);
  // An outage that happens to speak our language ends nobody's access.
  if (answer.status >= 500) return failed(`http_${answer.status}`, 'it does not work at the moment', wait);
  if (read === undefined || read.ok) {
    const isPage = /^text\/html/i.test(answer.headers['content-type'] ?? '');
    return failed('unreadable', isPage ? 'it answered with a web page' : 'its answer could not be read', wait);
  }
  return outcomeOfError(auth, read, wait);
}

function readAnswer(auth: Pick<AuthDefinition, 'readToken'>, answer: HttpAnswer): TokenAnswer | undefined {
  if (answer.truncated) return undefined;
  try {
    return (auth.readToken ?? readTokenAnswer)(answer) ?? readTokenAnswer(answer);
  } catch {
    return undefined;
  }
}

function outcomeOfError(
  auth: Pick<AuthDefinition, 'ended_grant_errors' | 'client_errors'>,
  { error, error_description }: Extract<TokenAnswer, { ok: false }>,
  wait: { waitMs?: number },
): TokenOutcome {
  if (PASSING.has(error)) return failed(error, 'it asks us to come back later', wait);
  const word = /^[\w.:-]{1,100}$/.test(error) ? error : 'error';
  if (error === 'invalid_grant' || auth.ended_grant_errors?.includes(error) === true) {
    return {
      kind: 'refused',
      why: 'ended',
      error: word,
      says: sentence('it has ended this access', error_description),
    };
  }
  if (CLIENT.has(error) || auth.client_errors?.includes(error) === true) {
    const says = sentence('it does not accept our client id and secret', error_description);
    return { kind: 'refused', why: 'client', error: word, says };
  }
  return {
    kind: 'refused',
    why: 'request',
    error: word,
    says: sentence(`it refused the request (${word})`, error_description),
  };
}

/** Providers quote what they were sent. Their full stop is ours to set. */
function sentence(ours: string, theirs: string | undefined): string {
  return theirs === undefined ? ours : `${ours}: ${redactText(theirs).replace(/[.\s]+$/, '')}`;
}

function failed(error: string, says: string, wait: { waitMs?: number }): TokenOutcome {
  return { kind: 'failed', error, says, sent: 'maybe', ...wait };
}

const SILENCES: Readonly<Record<NetFailure['kind'], string>> = {
  refused: 'it takes no connections',
  denied: 'its address is not one that we may call',
  dns: 'its name does not resolve',
  timeout: 'it did not answer in time',
  reset: 'the connection broke',
  tls: 'no secure connection came about',
  aborted: 'the request was cancelled',
  malformed: 'its answer was no valid HTTP',
};

export function outcomeOfSilence({ kind, sent }: NetFailure): TokenOutcome {
  return { kind: 'failed', error: kind, says: SILENCES[kind], sent };
}
