/**
 * What can be wrong with a delivery, in words: what it is, and what to do about it. No sentence holds a secret or a
 * signature; `detail` is a name, a number or a word of ours.
 *
 * @module
 */

export interface Diagnosis {
  readonly code: DiagnosisCode;
  readonly explanation: string;
  readonly nextStep: string;
}

interface Sentence {
  explanation: (detail: string) => string;
  nextStep: string;
}

const RAW = 'Verify before anything parses the body, over the bytes as they came, and let no proxy rewrite it.';
const SECRET = 'Copy the secret again from the provider, for this endpoint and environment.';
const CLOCK = 'Compare the clock of this machine with an NTP server, and look for a queue before the receiver.';

export const DIAGNOSES = {
  header_missing: {
    explanation: (d) => `The header ${d} is absent.`,
    nextStep: 'Check that signing is switched on at the sender and that no proxy drops the header.',
  },
  header_renamed: {
    explanation: (d) => `The value expected under another name stands in the header ${d}.`,
    nextStep: 'Stop the proxy or framework from renaming headers, or pass them on under their own names.',
  },
  header_joined: {
    explanation: (d) => `The header ${d} holds several values run together; one of them is right.`,
    nextStep: 'Find out what sends or adds the header a second time.',
  },
  other_scheme: {
    explanation: (d) => `The delivery is signed, correctly, under the scheme ${d}.`,
    nextStep: 'Set the source to that scheme, or switch the sender to the expected one.',
  },
  other_scheme_header: {
    explanation: (d) => `The header of another scheme is there: ${d}.`,
    nextStep: 'Set the scheme that the sender uses, and its secret.',
  },
  weaker_hash: {
    explanation: (d) => `Only a signature with an older hash is there (${d}); it is not accepted.`,
    nextStep: 'Look for the newer header; a proxy may drop it. An old sender must be updated.',
  },
  version_only: {
    explanation: (d) => `The signature header holds only ${d}, which this scheme does not accept.`,
    nextStep: 'Check the kind of endpoint at the provider; test modes send decoys.',
  },
  prefix_missing: {
    explanation: (d) => `The signature is right, but the text before it is not ${d}.`,
    nextStep: 'Pass the header on as it came, prefix included.',
  },
  signature_encoding: {
    explanation: (d) => `The signature is right, but written differently: ${d}.`,
    nextStep: 'Whoever signs must write it as the provider does.',
  },
  signature_truncated: {
    explanation: (d) => `The signature is ${d}.`,
    nextStep: 'Look for a length limit on headers, or a value cut when copied.',
  },
  signature_garbled: {
    explanation: (d) => `What stands in ${d} is no signature of this scheme.`,
    nextStep: 'Compare with a request captured at the edge, before any proxy.',
  },
  timestamp_missing: {
    explanation: (d) => `The time of signing is absent: ${d}.`,
    nextStep: 'Check that the header or field reaches the receiver.',
  },
  timestamp_unit: {
    explanation: (d) => `The time of signing is written in ${d}.`,
    nextStep: 'Whoever signs must use the unit of the scheme.',
  },
  timestamp_garbled: {
    explanation: () => 'The time of signing is not written as the scheme writes it.',
    nextStep: 'Pass the value on as it came; it is digits only, or ISO 8601 in UTC.',
  },
  clock_stale: { explanation: (d) => `The signature is right, but ${d}.`, nextStep: CLOCK },
  clock_future: { explanation: (d) => `The signature is right, but ${d}.`, nextStep: CLOCK },
  time_outside: { explanation: (d) => `The time does not fit: ${d}.`, nextStep: CLOCK },
  now_in_seconds: {
    explanation: () => 'The current time was passed in seconds; milliseconds are wanted.',
    nextStep: 'Multiply by 1000.',
  },
  body_trailing: { explanation: (d) => `The signed body has ${d}.`, nextStep: RAW },
  body_line_ends: { explanation: (d) => `The line ends were changed; the signed body has ${d}.`, nextStep: RAW },
  body_mark: { explanation: (d) => `The signed body has ${d} byte order mark.`, nextStep: RAW },
  body_charset: { explanation: (d) => `The body was read in another character set: ${d}.`, nextStep: RAW },
  body_reserialised: {
    explanation: (d) => `The body was parsed and written anew; the signed one is ${d}.`,
    nextStep: RAW,
  },
  body_form: { explanation: (d) => `The form was parsed and written anew; the signed one has ${d}.`, nextStep: RAW },
  body_parsed: { explanation: (d) => `This is not the body that was sent: ${d}.`, nextStep: RAW },
  body_compressed: {
    explanation: (d) => `The body is compressed (${d}), the signature covers the plain one, or the reverse.`,
    nextStep: 'Switch compression off at the sender or the proxy.',
  },
  body_length: { explanation: (d) => `The body was changed on its way: ${d}.`, nextStep: RAW },
  body_unreadable: {
    explanation: (d) => `The signature stands in the body at ${d}, and there is none.`,
    nextStep: 'Check that the body is the JSON the provider sends, and whole.',
  },
  secret_absent: { explanation: () => 'No secret was given.', nextStep: SECRET },
  secret_unusable: { explanation: (d) => `The secret cannot be used: ${d}.`, nextStep: SECRET },
  secret_whitespace: {
    explanation: (d) => `The secret carries ${d} that do not belong to it.`,
    nextStep: 'Store the secret without them; editors and echo add a line end.',
  },
  secret_encoding: {
    explanation: (d) => `The signer used the secret differently: ${d}.`,
    nextStep: 'Check that provider and scheme are the sender\u2019s: the same prefix is used in two ways.',
  },
  secret_other: {
    explanation: (d) => `The delivery is signed with another secret that you have: ${d}.`,
    nextStep: 'Put this secret to the source, or send the deliveries of that endpoint to its own source.',
  },
  secret_mismatch: {
    explanation: (d) =>
      `Everything has the right form, but the signature was made with another key or over another body${d}.`,
    nextStep:
      'Likely: the secret of another endpoint or environment (test, live), or one that was rotated. ' +
      'Else compare the body with what the provider shows as sent.',
  },
  url_missing: {
    explanation: () => 'The scheme signs the public URL, and none was given.',
    nextStep: 'Pass the URL exactly as it was entered at the provider.',
  },
  url_malformed: {
    explanation: (d) => `The URL cannot be used: ${d}.`,
    nextStep: 'Pass the absolute URL exactly as the provider calls it, query included.',
  },
  url_changed: {
    explanation: (d) => `The sender signed another URL: ${d}. A proxy or tunnel stands between.`,
    nextStep: 'Configure the URL as it was entered at the provider; never derive it from the Host header.',
  },
  method_changed: {
    explanation: (d) => `The sender signed the method ${d}.`,
    nextStep: 'Pass the method with which the provider called.',
  },
  token_for_other: {
    explanation: () => 'The token is genuine, but made by or for someone else.',
    nextStep: 'Check the audience (the public URL) and the e-mail address of the sending account.',
  },
  call_invalid: {
    explanation: (d) => `The check itself was not called rightly: ${d}`,
    nextStep: 'Correct the call.',
  },
} as const satisfies Record<string, Sentence>;

export type DiagnosisCode = keyof typeof DIAGNOSES;

export function diagnosis(code: DiagnosisCode, detail = ''): Diagnosis {
  const { explanation, nextStep } = DIAGNOSES[code];
  return { code, explanation: explanation(detail), nextStep };
}
