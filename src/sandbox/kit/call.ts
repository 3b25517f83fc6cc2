/** One request as a handler of a simulated provider sees it. @module */
import type { Random } from '../../core/ports.js';
import type { Part } from './multipart.js';
import type { SandboxRequest } from './request.js';
import type { LimitVerdict } from './rate-limits.js';
import type { Fields } from './request-fields.js';
import type { SandboxToken, Tokens, TokenState } from './tokens.js';
import type { WebhookOutbox } from './webhook-outbox.js';

export interface Call<State> {
  readonly request: SandboxRequest;
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Of the query, brackets resolved; values are text. */
  readonly query: Fields;
  /** Of the body: a JSON object, a form with brackets resolved, or the plain fields of a multipart body. */
  readonly fields: Fields;
  /** The body as it was read, for those that are no object. */
  readonly value: unknown;
  readonly parts: readonly Part[];
  readonly nowMs: number;
  readonly requestId: string;
  /** Where the caller found this provider, without a slash at the end: what URLs in answers begin with. */
  readonly address: string;
  readonly tokenState: TokenState;
  readonly token: SandboxToken | undefined;
  readonly tokens: Tokens;
  readonly state: State;
  readonly random: Random;
  /** What the rate limits said, the tightest last; empty where none applies. */
  readonly quota: readonly LimitVerdict[];
  /** The business fault this request meets. */
  readonly trouble: string | undefined;
  readonly webhooks: WebhookOutbox;
  /** Tells the subscribers. */
  emit(type: string, payload: unknown): void;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Letters and digits for ids; by default of both cases. */
export function randomText(random: Random, length: number, alphabet: string = ALPHABET): string {
  return Array.from(random.bytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
