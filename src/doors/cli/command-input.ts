/** From words and flags to the input of an operation. @module */
import { basename, dirname, resolve } from 'node:path';
import { AppError } from '../../core/errors.js';
import { isObject, parseJson } from '../../core/json.js';
import { valueOfText, type InputField } from '../../operations/index.js';
import { isReference, refuseSecret } from './secret-arguments.js';
import type { CliWorld } from './world.js';

const FILE_BYTES_MAX = 1024 * 1024;
const SECRET_BYTES_MAX = 64 * 1024;

/** What commander parsed: flags by camel-case name. */
export type ParsedFlags = Readonly<Record<string, unknown>>;

/** Fields that a global flag has the name of are reached as `--field-<name>`. */
export interface FieldFlag {
  field: InputField;
  /** Without dashes, e.g. `refusal-status`. */
  flag: string;
  /** Name of the value in {@link ParsedFlags}. */
  attribute: string;
}

export interface InputPlan {
  positional: readonly InputField[];
  flags: readonly FieldFlag[];
  /** The field that is a secret. */
  secret?: InputField;
  /** The field that makes the secret required, see `cli.secretFor`. */
  secretFor?: string;
}

/**
 * @param mayAsk whether a secret that is required and missing may be asked for at the terminal
 * @throws AppError `invalid_argument`, `secret_in_argument`, `io_failure`.
 */
export async function gatherInput(
  world: CliWorld,
  plan: InputPlan,
  words: readonly unknown[],
  flags: ParsedFlags,
  mayAsk = false,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = await inputFile(world, flags['inputFile']);
  for (const [index, field] of plan.positional.entries()) {
    const value = await fieldValue(world, field, field.name, words[index]);
    if (value !== undefined) input[field.name] = value;
  }
  for (const { field, flag, attribute } of plan.flags) {
    const value = await fieldValue(world, field, flag, flags[attribute]);
    if (value !== undefined) input[field.name] = value;
  }
  const secret = plan.secret === undefined ? undefined : await secretValue(world, plan.secret, flags);
  if (secret !== undefined) input[plan.secret!.name] = secret;
  else if (needsSecret(plan, input) && input[plan.secret.name] === undefined) {
    if (!mayAsk || !world.stdin.isTty) throw noSecret(plan);
    input[plan.secret.name] = await askSecret(world, plan.secret);
  }
  return input;
}

function needsSecret(
  plan: InputPlan,
  input: Readonly<Record<string, unknown>>,
): plan is InputPlan & { secret: InputField } {
  if (plan.secret === undefined) return false;
  return plan.secret.required || (plan.secretFor !== undefined && input[plan.secretFor] !== undefined);
}

/** The name of a field as a flag has it. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/_/g, '-');
}

/** Names the flags that bring it: its own name alone would be taken for an argument. */
function noSecret({ secret, secretFor }: InputPlan & { secret: InputField }): AppError {
  const flag = `--${kebab(secret.name)}`;
  const reference = secretFor === undefined ? `, or ${flag} with a reference such as env:NAME` : '';
  const problem = `it is missing; give it with ${flag}-file FILE or ${flag}-stdin${reference}`;
  return new AppError('invalid_argument', { argument: secret.name, problem });
}

async function inputFile(world: CliWorld, path: unknown): Promise<Record<string, unknown>> {
  if (typeof path !== 'string') return {};
  const bytes = path === '-' ? await world.stdin.read(FILE_BYTES_MAX) : await readUserFile(world, path, FILE_BYTES_MAX);
  const result = parseJson(bytes, { maxBytes: FILE_BYTES_MAX });
  if (result.ok && isObject(result.value)) return result.value;
  throw new AppError('invalid_argument', { argument: 'input-file', problem: 'it holds no JSON object' });
}

async function fieldValue(world: CliWorld, field: InputField, flag: string, given: unknown): Promise<unknown> {
  if (given === undefined || typeof given === 'boolean') return given;
  if (Array.isArray(given)) {
    const texts = given as readonly string[];
    for (const text of texts) refuseSecret(flag, text);
    return texts.length === 0 ? undefined : texts.map((text) => valueOfText(field, text));
  }
  const text = String(given);
  if (field.kind === 'json' && text.startsWith('@')) {
    const bytes = await readUserFile(world, text.slice(1), FILE_BYTES_MAX);
    return valueOfText(field, new TextDecoder().decode(bytes));
  }
  refuseSecret(flag, text);
  return valueOfText(field, text);
}

/** A reference as a flag, or the secret itself from a file or from stdin. */
async function secretValue(world: CliWorld, field: InputField, flags: ParsedFlags): Promise<string | undefined> {
  const { name } = field;
  const [direct, file, stdin] = [flags[name], flags[`${name}File`], flags[`${name}Stdin`]];
  if ([direct, file, stdin].filter((one) => one !== undefined).length > 1) {
    throw new AppError('invalid_argument', { argument: name, problem: 'it is given in two ways' });
  }
  if (typeof direct === 'string') {
    if (!isReference(direct)) throw new AppError('secret_in_argument', { argument: `--${name}` });
    return direct;
  }
  if (typeof file === 'string') return await readSecretFile(world, file);
  return stdin === true ? secretText(await world.stdin.read(SECRET_BYTES_MAX), `${name}-stdin`) : undefined;
}

/** Typed or pasted at the terminal, where nobody sees or remembers it. */
async function askSecret(world: CliWorld, { name, description = name }: InputField): Promise<string> {
  const typed = (await world.ask(`${description}\n${name}: `, { hidden: true })) ?? '';
  if (typed.trim() === '') throw new AppError('invalid_argument', { argument: name, problem: 'it is empty' });
  return typed.trim();
}

/** The content of a file that holds one secret, a line end at its end dropped. */
export async function readSecretFile(world: CliWorld, path: string): Promise<string> {
  return secretText(await readUserFile(world, path, SECRET_BYTES_MAX), path);
}

function secretText(bytes: Uint8Array, where: string): string {
  const text = new TextDecoder().decode(bytes).replace(/\r?\n$/, '');
  if (text === '') throw new AppError('invalid_argument', { argument: where, problem: 'it is empty' });
  return text;
}

/** A file that the user named, relative to the working directory; `-` is stdin. */
export async function readUserFile(world: CliWorld, path: string, maxBytes: number): Promise<Uint8Array> {
  if (path === '-') return await world.stdin.read(maxBytes);
  const at = resolve(world.cwd, path);
  const files = world.files(dirname(at));
  const size = await files.size(basename(at));
  if (size !== undefined && size > maxBytes) {
    throw new AppError('invalid_argument', { argument: path, problem: `it is larger than ${maxBytes} bytes` });
  }
  const bytes = await files.read(basename(at));
  if (bytes === undefined) throw new AppError('invalid_argument', { argument: path, problem: 'there is no such file' });
  return bytes;
}
