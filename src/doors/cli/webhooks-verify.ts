/** `fairlead webhooks verify` and `webhooks diagnose`: a delivery in files, without a server or a store. @module */
import { AppError, ERRORS } from '../../core/errors.js';
import { isObject, parseJson } from '../../core/json.js';
import type { CommandContext } from './command-context.js';
import { readSecretFile, readUserFile, type ParsedFlags } from './command-input.js';
import type { DeliveryToVerify } from './verify-library.js';
import type { CliWorld } from './world.js';

const BODY_BYTES_MAX = 64 * 1024 * 1024;
const HEADER_BYTES_MAX = 1024 * 1024;

/** Exit 0 accepted, 11 refused with the reason. */
export async function webhooksVerify(
  { world, print, globals }: CommandContext,
  _words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const { provider, delivery } = await readDelivery(world, flags);
  const { verify } = await world.verifyLibrary();
  const verdict = verify(provider, delivery);
  print.result({ ...verdict, provider });
  if (verdict.ok) return 0;
  if (globals.json === undefined)
    print.note('Refused. `fairlead webhooks diagnose` with the same flags looks for the cause.');
  return ERRORS.webhook_refused.exit;
}

/** Exit 0 when there is nothing to diagnose, 11 with the causes otherwise. */
export async function webhooksDiagnose(
  { world, print }: CommandContext,
  _words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const { provider, delivery } = await readDelivery(world, flags);
  const { verify, diagnose } = await world.verifyLibrary();
  const verdict = verify(provider, delivery);
  const findings = verdict.ok ? [] : diagnose(provider, delivery);
  print.result({ ...verdict, provider, findings });
  return verdict.ok ? 0 : ERRORS.webhook_refused.exit;
}

async function readDelivery(
  world: CliWorld,
  flags: ParsedFlags,
): Promise<{ provider: string; delivery: DeliveryToVerify }> {
  const provider = required(flags, 'provider');
  const secretFiles = (flags['secretFile'] ?? []) as readonly string[];
  if (secretFiles.length === 0) throw invalid('secret-file', 'name at least one file with the secret');
  const headers = parseHeaders(await readUserFile(world, required(flags, 'headers'), HEADER_BYTES_MAX));
  const body = await readUserFile(world, required(flags, 'body'), BODY_BYTES_MAX);
  const secrets: string[] = [];
  for (const path of secretFiles) secrets.push(await readSecretFile(world, path));
  const now = flags['now'] === undefined ? undefined : seconds(flags, 'now');
  const tolerance = flags['tolerance'] === undefined ? undefined : seconds(flags, 'tolerance');
  const text = (name: 'url' | 'method' | 'scheme'): { [name]?: string } =>
    flags[name] === undefined ? {} : { [name]: String(flags[name]) };
  return {
    provider,
    delivery: {
      headers,
      body,
      secrets,
      nowMs: now === undefined ? world.clock.nowMs() : now * 1_000,
      ...text('url'),
      ...text('method'),
      ...text('scheme'),
      ...(tolerance === undefined ? {} : { toleranceSeconds: tolerance }),
    },
  };
}

/**
 * A JSON object, or lines of `Name: value`. Names become lower-case; of a repeated one the values are joined by a
 * comma, as HTTP has it. A line that starts with a space goes on with the one before (RFC 9112, section 5.2).
 */
export function parseHeaders(bytes: Uint8Array): Record<string, string> {
  const text = new TextDecoder().decode(bytes).replace(/^\ufeff/, '');
  const pairs = text.trimStart().startsWith('{') ? headersOfJson(bytes) : headersOfLines(text);
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const joined = Object.hasOwn(headers, key) ? `${headers[key]}, ${value}` : value;
    Object.defineProperty(headers, key, { value: joined, enumerable: true, configurable: true, writable: true });
  }
  return headers;
}

function headersOfJson(bytes: Uint8Array): [string, string][] {
  const result = parseJson(bytes, { maxBytes: HEADER_BYTES_MAX, maxDepth: 2 });
  if (!result.ok || !isObject(result.value)) throw invalid('headers', 'it starts like JSON and is no JSON object');
  return Object.entries(result.value).map(([name, value]) => {
    const values = Array.isArray(value) ? value : [value];
    if (values.some((one) => typeof one !== 'string')) throw invalid('headers', 'a value is no text');
    return [name, values.join(', ')];
  });
}

function headersOfLines(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const last = pairs.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) {
      last[1] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    // The request line or the status line of a captured message.
    if (pairs.length === 0 && /\bHTTP\/\d/.test(line)) continue;
    if (colon < 1) throw invalid('headers', 'a line has no colon; write lines of "Name: value" or a JSON object');
    pairs.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return pairs;
}

function required(flags: ParsedFlags, name: string): string {
  const value = flags[name];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(name, `--${name} is required`);
}

function seconds(flags: ParsedFlags, name: string): number {
  const value = Number(flags[name]);
  if (String(flags[name]).trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw invalid(name, 'a number of seconds');
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
