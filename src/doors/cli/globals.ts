/** The flags that every command takes, and what they mean. @module */
import { AppError } from '../../core/errors.js';
import { isEnvironment, type Environment } from '../../core/scope.js';

export interface Globals {
  /** Print JSON: everything, or only these fields. */
  json?: true | readonly string[];
  env?: Environment;
  live: boolean;
  dryRun: boolean;
  idempotencyKey?: string;
  yes: boolean;
  /** Whether questions may be asked. */
  mayAsk: boolean;
  quiet: boolean;
  color: boolean;
  timeoutMs?: number;
  output?: string;
}

/** Flag, description: as commander takes them. */
export const GLOBAL_FLAGS: readonly (readonly [flags: string, description: string])[] = [
  ['--json [fields]', 'print JSON; --json=a,b only these fields'],
  ['--env <environment>', 'sandbox or live (default: INTEGRATION_ENV, else sandbox)'],
  ['--live', 'yes, this may change something in live'],
  ['-n, --dry-run', 'say what would be done and do nothing'],
  ['--idempotency-key <key>', 'a key of yours: the same call under it takes place once'],
  ['--yes', 'answer every question with yes'],
  ['--no-input', 'never ask; fail and name the flag instead'],
  ['-q, --quiet', 'print results only'],
  ['--no-color', 'no colours (also NO_COLOR)'],
  ['--timeout <duration>', 'give up after this long: 500ms, 30s, 2m'],
  ['--output <file>', 'write the result to a file'],
  ['--data-dir <folder>', 'where the data is (default .fairlead, FAIRLEAD_DATA_DIR)'],
  ['--config <file>', 'the configuration file (default fairlead.config.*)'],
];

/** What commander makes of {@link GLOBAL_FLAGS}. */
export interface RawGlobals {
  json?: string | true;
  env?: string;
  live?: boolean;
  dryRun?: boolean;
  idempotencyKey?: string;
  yes?: boolean;
  input?: boolean;
  quiet?: boolean;
  color?: boolean;
  timeout?: string;
  output?: string;
}

/** @throws AppError `invalid_argument`. */
export function readGlobals(raw: RawGlobals): Globals {
  if (raw.env !== undefined && !isEnvironment(raw.env)) throw invalid('env', 'there are sandbox and live');
  return {
    live: raw.live === true,
    dryRun: raw.dryRun === true,
    yes: raw.yes === true,
    mayAsk: raw.input !== false,
    quiet: raw.quiet === true,
    color: raw.color !== false,
    ...(raw.json === undefined ? {} : { json: jsonFields(raw.json) }),
    ...(raw.env === undefined ? {} : { env: raw.env as Environment }),
    ...(raw.idempotencyKey === undefined ? {} : { idempotencyKey: raw.idempotencyKey }),
    ...(raw.timeout === undefined ? {} : { timeoutMs: durationMs(raw.timeout) }),
    ...(raw.output === undefined ? {} : { output: raw.output }),
  };
}

/** Stands for a bare `--json`, so that it never swallows the word after it. */
export const EVERYTHING = '*';

/** `--json x` means x as an argument; only `--json=x` names fields. */
export function separateJson(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((arg, index) => (arg === '--json' && (end < 0 || index < end) ? `--json=${EVERYTHING}` : arg));
}

function jsonFields(raw: string | true): true | string[] {
  if (raw === true || raw === EVERYTHING) return true;
  const fields = raw.split(',').map((field) => field.trim());
  if (fields.some((field) => field === '')) throw invalid('json', 'name fields as --json=id,state');
  return fields;
}

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `2m`, `1h`; a bare number is seconds. */
export function durationMs(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * UNITS[match[2] ?? 's']!;
  if (!(ms > 0)) throw invalid('timeout', 'use 500ms, 30s or 2m');
  return ms;
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
