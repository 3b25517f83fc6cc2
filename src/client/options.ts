/** What a caller of the client says, and what a stream gives. @module */

/** What is needed of `fetch`. */
export type ClientFetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Where Fairlead listens, e.g. `http://127.0.0.1:4650`, or `https://tools.acme.example/fairlead` behind a proxy. */
  url: string;
  /** A key made with `fairlead key create`, or an access token. */
  key: string;
  /** Default: that of the key or of the server. */
  environment?: 'sandbox' | 'live';
  fetch?: ClientFetch;
  /** Waits before coming back; for tests. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface CallOptions {
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey?: string;
  /** Of an action: the connection to go through, by its id. */
  connection?: string;
  /** Say what would be done; do nothing. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** A row of a stream, and the place behind which to go on. */
export interface StreamRow {
  id: string;
  row: Record<string, unknown>;
}
