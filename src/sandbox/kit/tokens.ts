/** Which credentials a simulated provider takes, and what each may do. @module */

export interface SandboxToken {
  /** The secret itself; shown nowhere. */
  value: string;
  /** Shown in its place. */
  name: string;
  /** What it may do, in the provider's words. Absent means everything. */
  scopes?: readonly string[];
  /** Unix milliseconds. */
  expiresAtMs?: number;
  /** Whose it is, in the provider's words. */
  account?: string;
}

export type TokenState = 'missing' | 'unknown' | 'expired' | 'valid';

export class Tokens {
  readonly #known = new Map<string, SandboxToken>();

  constructor(tokens: readonly SandboxToken[]) {
    for (const token of tokens) this.add(token);
  }

  add(token: SandboxToken): void {
    this.#known.set(token.value, token);
  }

  revoke(value: string): void {
    this.#known.delete(value);
  }

  find(value: string | undefined): SandboxToken | undefined {
    return value === undefined ? undefined : this.#known.get(value);
  }

  /** What is to be said about a credential at an instant. */
  judge(value: string | undefined, nowMs: number): TokenState {
    if (value === undefined || value === '') return 'missing';
    const token = this.#known.get(value);
    if (token === undefined) return 'unknown';
    return token.expiresAtMs !== undefined && token.expiresAtMs <= nowMs ? 'expired' : 'valid';
  }
}

/** The secret of `Authorization: Bearer ...`, of `token ...`, or the user name or password of `Basic ...`. */
export function presentedToken(headers: Readonly<Record<string, string>>): string | undefined {
  const [, scheme = '', rest = ''] = /^(\S+)\s+(.+)$/.exec(headers['authorization'] ?? '') ?? [];
  if (/^(bearer|token)$/i.test(scheme)) return rest;
  if (!/^basic$/i.test(scheme)) return undefined;
  const [user = '', password = ''] = Buffer.from(rest, 'base64').toString('utf8').split(/:(.*)/s);
  return password === '' ? user : password;
}

/** Whether a token may do what needs one of `scopes`. */
export function mayDo(token: SandboxToken | undefined, scopes: readonly string[]): boolean {
  if (scopes.length === 0 || token?.scopes === undefined) return true;
  return scopes.some((scope) => token.scopes!.includes(scope));
}
