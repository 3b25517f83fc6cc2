/** Mail addresses and attachments as providers of mail take them, checked without a parser of RFC 5322. @module */

const ADDRESS = /^[^\s<>@,;:"\\()[\]\p{Cc}]{1,64}@[^\s<>@,;:"\\()[\]\p{Cc}]{1,253}$/u;
const MAILBOX = /^(?:([^<>\p{Cc}]{0,200})<([^<>]{3,320})>|([^<>]{3,320}))$/u;

/**
 * The bare address in `ada@example.org` or `Ada Lovelace <ada@example.org>`; `undefined` for anything else. The domain is
 * in lower case, the part before it as written: only its owner knows whether that matters.
 */
export function mailAddressOf(text: string): string | undefined {
  const match = MAILBOX.exec(text);
  const address = (match?.[2] ?? match?.[3])?.trim();
  if (address === undefined || !ADDRESS.test(address)) return undefined;
  const at = address.lastIndexOf('@');
  return address.slice(0, at) + address.slice(at).toLowerCase();
}

/** Bytes that a base64 text (RFC 4648, section 4, with padding) stands for; `undefined` when it is none. */
export function base64Bytes(text: string): number | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  // No pattern with a repeated group: on an attachment of megabytes that would end the process's stack.
  if (text.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(text.slice(0, text.length - padding))) return undefined;
  return (text.length / 4) * 3 - padding;
}
