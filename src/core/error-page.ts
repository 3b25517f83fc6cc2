/** What there is to say about an error code: the same page in the terminal and under /docs/errors. @module */
import { ERRORS, type ErrorCode, type Retry, type Side } from './errors.js';

const RETRY_WORDS: Record<Retry, string> = {
  never: 'The same call fails again; something has to change first.',
  later: 'The same call can succeed after a wait.',
  now: 'The same call can be repeated at once.',
  'same-key': 'Repeat it only under the same idempotency key.',
};

const SIDE_WORDS: Record<Side, string> = {
  you: 'yours: the caller or the operator of this installation',
  provider: "the provider's or the sender's",
  fairlead: "Fairlead's",
};

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** Plain text, no markup, a newline at the end. */
export function errorPage(code: ErrorCode): string {
  const { title, help, retry, side, status, exit } = ERRORS[code];
  return [
    `${code}`,
    '',
    `${title}.`,
    '',
    help,
    '',
    `Again?       ${RETRY_WORDS[retry]}`,
    `Whose move?  ${SIDE_WORDS[side]}`,
    `In REST      HTTP status ${status}`,
    `In the CLI   exit code ${exit}`,
    '',
  ].join('\n');
}

/** All codes with their titles, one a line. */
export function errorIndex(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const width = Math.max(...codes.map((code) => code.length));
  return codes.map((code) => `${code.padEnd(width)}  ${ERRORS[code].title}\n`).join('');
}
