/** Rate limits that really count: fixed windows and token buckets, on the caller's time. @module */

export interface LimitNumbers {
  /** `window`: so many in each period, then none until its end. `bucket`: so many at once, refilled evenly. */
  kind: 'window' | 'bucket';
  limit: number;
  perMs: number;
}

/** What a rule says about one request. Instants are Unix milliseconds. */
export interface LimitVerdict {
  rule: string;
  allowed: boolean;
  limit: number;
  remaining: number;
  /** When all of it is there again. */
  resetAtMs: number;
  /** 0 when allowed. */
  waitMs: number;
}

interface Account {
  /** Of a window, when it began; of a bucket, when it was last looked at. */
  sinceMs: number;
  /** Of a window, how many were taken; of a bucket, how many are left. */
  count: number;
}

const ACCOUNTS_MAX = 10_000;

/** One rule and its accounts: a token, a channel, a workspace each have their own. */
export class RateLimit {
  readonly #accounts = new Map<string, Account>();

  constructor(
    readonly rule: string,
    public numbers: LimitNumbers,
  ) {}

  /** Takes one from the account, if one is there. */
  take(key: string, nowMs: number): LimitVerdict {
    const account = this.#account(key, nowMs);
    return this.numbers.kind === 'window' ? this.#window(account, nowMs) : this.#bucket(account, nowMs);
  }

  #window(account: Account, nowMs: number): LimitVerdict {
    const { limit, perMs } = this.numbers;
    if (nowMs - account.sinceMs >= perMs) Object.assign(account, { sinceMs: nowMs, count: 0 });
    const allowed = account.count < limit;
    if (allowed) account.count++;
    const resetAtMs = account.sinceMs + perMs;
    return this.#verdict(allowed, limit - account.count, resetAtMs, resetAtMs - nowMs);
  }

  #bucket(account: Account, nowMs: number): LimitVerdict {
    const { limit, perMs } = this.numbers;
    const refilled = account.count + (Math.max(0, nowMs - account.sinceMs) * limit) / perMs;
    Object.assign(account, { sinceMs: nowMs, count: Math.min(limit, refilled) });
    // What arithmetic leaves a hair below one is one: a caller that waited as told is let in.
    const allowed = account.count >= 1 - 1e-9;
    if (allowed) account.count = Math.max(0, account.count - 1);
    const waitMs = Math.ceil(((1 - account.count) * perMs) / limit);
    const fullAtMs = nowMs + Math.ceil(((limit - account.count) * perMs) / limit);
    return this.#verdict(allowed, Math.floor(account.count), fullAtMs, waitMs);
  }

  #verdict(allowed: boolean, remaining: number, resetAtMs: number, waitMs: number): LimitVerdict {
    const { rule, numbers } = this;
    return { rule, allowed, limit: numbers.limit, remaining, resetAtMs, waitMs: allowed ? 0 : waitMs };
  }

  #account(key: string, nowMs: number): Account {
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    if (this.#accounts.size >= ACCOUNTS_MAX) this.#accounts.clear();
    const fresh = { sinceMs: nowMs, count: this.numbers.kind === 'window' ? 0 : this.numbers.limit };
    this.#accounts.set(key, fresh);
    return fresh;
  }
}
