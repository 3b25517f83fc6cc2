/** `fairlead request`: a request in a provider's own words, from the command line, through the whole pipeline. @module */
import { AppError } from '../../core/errors.js';
import { RAW_METHODS } from '../../core/raw-request.js';
import { effectOfRequest, operationNamed, type RawInput } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import { readUserFile, type ParsedFlags } from './command-input.js';
import { runWith } from './operation-command.js';
import { refuseSecret } from './secret-arguments.js';
import type { CliWorld } from './world.js';

const BODY_BYTES_MAX = 8 * 1024 * 1024;
const OPERATION = operationNamed('requests.send');

export async function request(context: CommandContext, words: readonly unknown[], flags: ParsedFlags): Promise<number> {
  const said = wordsOf(words.flat().map(String));
  for (const text of [said.url, said.json ?? '']) refuseSecret('request', text);
  const body = await bodyOf(context.world, said.json, flags);
  const headers = headersOf(flags['header']);
  const { json: _json, ...asked } = said;
  // A body makes it a POST, as everybody is used to.
  const method =
    (flags['method'] as string | undefined)?.toUpperCase() ?? asked.method ?? (body === undefined ? 'GET' : 'POST');
  const input = { ...asked, method, ...body, ...(headers && { headers }) } as RawInput;
  const effect = effectOfRequest(await context.connectors(), input);
  const connection = flags['connection'];
  const extra = typeof connection === 'string' ? { connection } : {};
  return await runWith(context, { ...OPERATION, effect }, input, extra);
}

interface Said {
  provider?: string;
  method?: string;
  url: string;
  /** A JSON text among the words, as in `--json '{...}'`. */
  json?: string;
}

/** `stripe GET /v1/customers`, `stripe /v1/customers`, `https://...`, `POST https://...`, each with JSON behind it. */
function wordsOf(words: readonly string[]): Said {
  const json = words.find((word, index) => index > 0 && /^[{[]/.test(word));
  const rest = words.filter((word) => word !== json);
  const isMethod = (word: string): boolean => (RAW_METHODS as readonly string[]).includes(word.toUpperCase());
  const method = rest.find(isMethod)?.toUpperCase();
  const others = rest.filter((word) => !isMethod(word));
  const url = others.at(-1);
  const [provider] = others.length > 1 ? others : [];
  if (url === undefined || others.length > 2) {
    const problem = 'say <provider> <METHOD> <path>, or an address: fairlead request <provider> GET /path';
    throw new AppError('invalid_argument', { argument: 'request', problem });
  }
  return { ...(provider && { provider }), ...(method && { method }), url, ...(json !== undefined && { json }) };
}

async function bodyOf(
  world: CliWorld,
  json: string | undefined,
  flags: ParsedFlags,
): Promise<Partial<RawInput> | undefined> {
  const { body, data, form, contentType } = flags as {
    body?: string;
    data?: string;
    form?: string[];
    contentType?: string;
  };
  const given = [json, body, data, form].filter((one) => one !== undefined);
  if (given.length > 1)
    throw new AppError('invalid_argument', { argument: 'body', problem: 'it is given in two ways' });
  const typed = contentType === undefined ? {} : { contentType };
  const text = json ?? data;
  if (text !== undefined) return { json: jsonOf(text) as RawInput['json'] };
  if (form !== undefined) return { text: formOf(form), contentType: 'application/x-www-form-urlencoded' };
  if (body === undefined) return undefined;
  const bytes = await readUserFile(world, body, BODY_BYTES_MAX);
  const isJson = contentType === undefined && /^\s*[{[]/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
  return { base64: Buffer.from(bytes).toString('base64'), ...(isJson ? { contentType: 'application/json' } : typed) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('invalid_argument', { argument: 'json', problem: 'the body is no JSON' });
  }
}

function formOf(pairs: readonly string[]): string {
  const form = new URLSearchParams();
  for (const pair of pairs) {
    refuseSecret('form', pair);
    const at = pair.indexOf('=');
    if (at < 1) throw new AppError('invalid_argument', { argument: 'form', problem: 'write name=value' });
    form.append(pair.slice(0, at), pair.slice(at + 1));
  }
  return form.toString();
}

function headersOf(given: unknown): Record<string, string> | undefined {
  if (!Array.isArray(given)) return undefined;
  const pairs = (given as string[]).map((line): [string, string] => {
    refuseSecret('header', line);
    const at = line.indexOf(':');
    if (at < 1) throw new AppError('invalid_argument', { argument: 'header', problem: 'write Name: value' });
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return Object.fromEntries(pairs);
}
