/** Secrets do not belong into arguments: the shell remembers them and every process on the machine can see them. @module */
import { AppError } from '../../core/errors.js';
import { redactShapes } from '../../core/secret-shapes.js';
import { sensitivityOf } from '../../core/sensitive-name.js';

const REFERENCE = /^(env|file|exec|vault):./;

/** Whether the text points at a secret instead of being one. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/** Whether a word, no flag and no reference, has the shape of a credential. */
export function isSecretWord(word: string): boolean {
  return !word.startsWith('-') && !isReference(word) && redactShapes(word) !== word;
}

/** @throws AppError `secret_in_argument` when a value has the shape of a credential. It never shows the value. */
export function refuseSecret(argument: string, value: string): void {
  if (!isReference(value) && redactShapes(value) !== value) throw new AppError('secret_in_argument', { argument });
}

/** Of an unknown flag: whether its name says that a secret follows, e.g. `--token=…`. */
export function namesSecret(flag: string): boolean {
  return sensitivityOf(flag.replace(/^-+/, '').replace(/=.*$/s, '')) === 'value';
}
