/**
 * References to secrets: those that Fairlead does not keep, `env:NAME`, `file:PATH`, `exec:COMMAND`, and those that it
 * keeps under a name, `vault:NAME`.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import type { MaybePromise } from '../core/maybe-promise.js';
import type { Clock, SecretRead, SecretSources } from '../core/ports.js';
import type { SecretSet } from '../core/secret-set.js';

export type SecretReference =
  | { kind: 'env'; name: string }
  | { kind: 'file'; path: string }
  | { kind: 'exec'; command: string }
  | { kind: 'vault'; name: string };

/** What a configured text is: a reference, one that is written wrongly, or the secret itself. */
export type SecretText =
  { is: 'reference'; reference: SecretReference } | { is: 'malformed'; problem: string } | { is: 'literal' };

const REST_CHARACTERS_MAX = 4096;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** What a secret that Fairlead keeps may be called. */
export const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Pure and total. A text without one of the prefixes is the secret itself. */
export function parseSecretText(text: string): SecretText {
  const [, kind, rest = ''] = /^(env|file|exec|vault):([^]*)$/.exec(text) ?? [];
  if (kind === undefined) return { is: 'literal' };
  if (rest.trim() === '') return { is: 'malformed', problem: `${kind}: names nothing` };
  // oxlint-disable-next-line no-control-regex -- neither a path nor a command has them by intention
  if (/[\u0000-\u001f\u007f]/.test(rest)) return { is: 'malformed', problem: `${kind}: contains a control character` };
  if (rest.length > REST_CHARACTERS_MAX) return { is: 'malformed', problem: `${kind}: is too long` };
  if (kind === 'file') return { is: 'reference', reference: { kind, path: rest } };
  if (kind === 'exec') return { is: 'reference', reference: { kind, command: rest } };
  if (kind === 'vault') {
    if (!SECRET_NAME.test(rest)) return { is: 'malformed', problem: 'vault: must be followed by the name of a secret' };
    return { is: 'reference', reference: { kind, name: rest } };
  }
  if (!VARIABLE.test(rest)) return { is: 'malformed', problem: 'env: must be followed by the name of a variable' };
  return { is: 'reference', reference: { kind: 'env', name: rest } };
}

/** For messages: a command is shown by its first word, because arguments may hold credentials. */
export function showReference(reference: SecretReference): string {
  if (reference.kind === 'env' || reference.kind === 'vault') return `${reference.kind}:${reference.name}`;
  if (reference.kind === 'file') return `file:${reference.path}`;
  const [first = '', ...more] = reference.command.trim().split(/\s+/);
  return `exec:${/^[\w./-]{1,64}$/.test(first) ? first : '\u2026'}${more.length > 0 ? ' \u2026' : ''}`;
}

/**
 * Fetches what a reference names, once.
 *
 * @param kept reads what Fairlead keeps under a name, where there is a vault to read from
 * @throws AppError `secret_unavailable`, also for a text that is no reference; and whatever `kept` throws
 */
export async function fetchReference(
  sources: SecretSources,
  text: string,
  kept?: (name: string) => Promise<string>,
): Promise<string> {
  const parsed = parseSecretText(text);
  if (parsed.is !== 'reference') {
    const problem =
      parsed.is === 'malformed' ? parsed.problem : 'is not env:NAME, file:PATH, exec:COMMAND or vault:NAME';
    throw new AppError('secret_unavailable', { reference: 'a secret reference', problem });
  }
  const { reference } = parsed;
  if (reference.kind === 'vault' && kept !== undefined) return await kept(reference.name);
  const read = await readFrom(sources, reference);
  if (read.ok) return read.value;
  throw new AppError('secret_unavailable', { reference: showReference(reference), problem: read.problem });
}

function readFrom(sources: SecretSources, reference: SecretReference): SecretRead | Promise<SecretRead> {
  if (reference.kind === 'env') return sources.env(reference.name);
  if (reference.kind === 'vault') return { ok: false, problem: 'only a server has a vault to read from' };
  return reference.kind === 'file' ? sources.file(reference.path) : sources.exec(reference.command);
}

export interface FetchedSecretsParts {
  sources: SecretSources;
  clock: Clock;
  /** What was fetched is added, so that redaction knows it by value. */
  secrets?: SecretSet;
  /** Reads what Fairlead keeps under a name. */
  kept?: (name: string) => Promise<string>;
  /** How long a fetched secret is used before it is fetched again. Default 60 s. */
  ttlMs?: number;
}

const TTL_MS = 60_000;

/**
 * Fetched secrets, kept in memory for a while and never stored: callers that come together wait for one fetch, a failed
 * fetch is forgotten at once.
 */
export class FetchedSecrets {
  readonly #parts: FetchedSecretsParts;
  /** The fetch, and the value once it is there. */
  readonly #kept = new Map<string, { untilMs: number; value: MaybePromise<string> }>();

  constructor(parts: FetchedSecretsParts) {
    this.#parts = parts;
  }

  /**
   * The secret a reference names.
   *
   * @throws AppError `secret_unavailable`
   */
  get(reference: string): MaybePromise<string> {
    const { sources, clock, ttlMs = TTL_MS } = this.#parts;
    const nowMs = clock.monotonicMs();
    const kept = this.#kept.get(reference);
    if (kept && kept.untilMs > nowMs) return kept.value;
    const value = this.#fetch(sources, reference);
    const fresh: { untilMs: number; value: MaybePromise<string> } = { untilMs: nowMs + ttlMs, value };
    this.#kept.set(reference, fresh);
    value.then(
      (text) => (fresh.value = text),
      () => this.forget(reference),
    );
    return value;
  }

  /** The next {@link get} fetches again; for a secret that the provider has just refused. */
  forget(reference: string): void {
    this.#kept.delete(reference);
  }

  async #fetch(sources: SecretSources, reference: string): Promise<string> {
    const value = await fetchReference(sources, reference, this.#parts.kept);
    this.#parts.secrets?.add(value);
    return value;
  }
}

/**
 * Words for "fill me in". Weak secrets (`test`, `secret`, `my-secret`) are not among them: somebody may use them in a
 * sandbox, and a source that silently stays closed is harder to understand than a weak secret.
 */
const PLACEHOLDER_WORDS =
  /^(?:change[-_ ]?(?:me|this)(?:[-_ ]?(?:please|now))?|placeholder|todo|tbd|fixme|none|null|undefined|nil|unset|n\/?a|insert[-_ ].*|replace[-_ ]?(?:me|this|with).*|your[-_ ].*|.*[-_ ]here)$/i;

/** `xxx`, `***`, `...`, `<...>`, `${...}`, `{{...}}`. */
const PLACEHOLDER_FILLERS = /^(?:x+|\*+|\.{2,}|\u2026+|0{4,}|<.*>|\$\{.*\}|\{\{.*\}\})$/i;

/** `sk_test_`, `whsec_`, `xoxb-`, `SG.`: what issuers put in front, up to three parts. */
const ISSUER_PREFIX = /^(?:[A-Za-z]{1,10}[0-9]{0,2}[_.-]){1,3}/;

/**
 * Whether a value is what people leave in an example file instead of a secret: `sk_test_xxx`, `whsec_...`, `changeme`,
 * `<your token>`, `https://.../T000/B000/XXXX`. Such a value counts as not set.
 */
export function looksLikePlaceholder(text: string): boolean {
  const value = text.trim().replace(/^(["'])(.*)\1$/, '$2');
  if (value === '' || PLACEHOLDER_WORDS.test(value) || PLACEHOLDER_FILLERS.test(value)) return true;
  if (/^https?:\/\//i.test(value)) return isFiller(value.split(/[?#]/)[0]!.split('/').at(-1)!);
  const bare = value.replace(ISSUER_PREFIX, '');
  return bare !== value && isPlaceholderRest(bare);
}

function isPlaceholderRest(rest: string): boolean {
  return (
    rest === '' ||
    PLACEHOLDER_WORDS.test(rest) ||
    PLACEHOLDER_FILLERS.test(rest) ||
    isFiller(rest.replace(/[_.-]/g, ''))
  );
}

/** One character again and again, of those that stand for any other. */
function isFiller(text: string): boolean {
  return text.length >= 3 && /^(?:x+|\*+|0+|\.+|\u2026+)$/i.test(text);
}
