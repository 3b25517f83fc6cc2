/** What a simulated provider answers. @module */

export interface SandboxReply {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
  /** Answered only after so long. */
  delayMs?: number;
  /** Not answered at all: the connection breaks, whether or not what was asked is done. */
  lost?: true;
  /** Half of the body arrives, then the connection breaks. */
  cut?: true;
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

export function emptyReply(status: number, headers: Record<string, string> = {}): SandboxReply {
  return { status, headers, body: '' };
}

/** The body as text, whatever form it has. */
export function replyText({ body }: SandboxReply): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}
