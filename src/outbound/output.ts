/** From a successful answer to the output of the action, or to the reason why there is none. @module */
import type { ActionDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { HttpAnswer } from '../core/ports.js';
import { REDACTED, redactText } from '../core/redact.js';
import { describeIssue } from '../core/schema.js';
import type { SecretSet } from '../core/secret-set.js';

export type ReadOutput =
  | { ok: true; output: unknown }
  /** `raw` is the answer as far as it may be kept: redacted, cut. */
  | { ok: false; error: AppError<'provider_contract'>; raw: string };

const RAW_CHARACTERS_MAX = 4 * 1024;
/** Redaction sees more than is kept, so that no secret is cut in two before it is recognised. */
const RAW_BYTES_SEARCHED = 64 * 1024;

export function readOutput(
  action: ActionDefinition,
  provider: string,
  answer: HttpAnswer,
  input: unknown,
  secrets?: SecretSet,
): ReadOutput {
  const misfit = (path: string): ReadOutput => ({
    ok: false,
    error: new AppError('provider_contract', { provider, path }),
    raw: rawAnswer(answer, secrets),
  });
  if (answer.truncated) return misfit('the end: it is longer than we read');
  let candidate: unknown;
  try {
    candidate = action.parse(answer, input);
  } catch {
    return misfit('its form as a whole');
  }
  const checked = action.output.safeParse(candidate);
  if (!checked.success) return misfit(describeIssue(checked.error.issues, candidate).path);
  return { ok: true, output: masked(action, input, checked.data) };
}

/** Status and beginning of the body, as text. */
function rawAnswer({ status, body }: HttpAnswer, secrets: SecretSet | undefined): string {
  const searched = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, RAW_BYTES_SEARCHED));
  const text = redactText(`${status} ${searched.toString('utf8')}`, secrets);
  return text.length > RAW_CHARACTERS_MAX ? `${text.slice(0, RAW_CHARACTERS_MAX)}…` : text;
}

/** The output without its secrets, but for those that the input asks for. */
export function masked(
  { secretFields = [], reveals }: Pick<ActionDefinition, 'secretFields' | 'reveals'>,
  input: unknown,
  output: unknown,
): unknown {
  const shown = reveals?.(input) ?? [];
  return maskFields(
    output,
    secretFields.filter((field) => !shown.includes(field)),
  );
}

/** A copy in which the values at these dotted paths are masked; a list on the way stands for each of its members. */
export function maskFields(value: unknown, paths: readonly string[]): unknown {
  return paths.reduce((masked, path) => maskAt(masked, path.split('.')), value);
}

function maskAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value === undefined || value === null ? value : REDACTED;
  if (Array.isArray(value)) return value.map((member) => maskAt(member, [name, ...rest]));
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return value;
  return { ...value, [name]: maskAt((value as Record<string, unknown>)[name], rest) };
}
