/** What a simulated provider answers. @module */

export interface SandboxReply {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Answered only after so long. */
  delayMs?: number;
  /** Not answered at all: what was asked is done, and the connection breaks. */
  lost?: true;
}

export function jsonReply(status: number, value: unknown, headers: Record<string, string> = {}): SandboxReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

export function textReply(status: number, body: string, headers: Record<string, string> = {}): SandboxReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}
