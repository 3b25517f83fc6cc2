/**
 * The world, as small interfaces that are passed in. Real ones live in `host/`, virtual ones in `testing/`.
 * Nothing here does anything: a file that needs time, chance, files or the network names its need by these types.
 *
 * @module
 */

/** Time. Instants are Unix milliseconds, durations are milliseconds. */
export interface Clock {
  /** Wall clock, Unix milliseconds. May step; never use it to measure a duration. */
  nowMs(): number;
  /** Monotonic milliseconds since an arbitrary start. */
  monotonicMs(): number;
  /** Resolves after `ms`; resolves early, without throwing, when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms` unless the returned function was called first. Does not keep a process alive. */
  after(ms: number, run: () => void): () => void;
}

/** Chance. Every id, key, nonce and jitter comes from here, so that a simulation can repeat itself. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  float(): number;
}

/** One outbound HTTP request. `body` is sent byte for byte. */
export interface HttpRequest {
  method: string;
  /** Absolute http(s) URL. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body?: Uint8Array;
  /** In place of `body`: sent as it comes, and only once. */
  bodyStream?: BodyStream;
  /**
   * Asked when the head of the answer is there: where its body goes as it comes. `undefined` collects it, and so may a
   * network that knows no streams.
   */
  onHead?: (head: Pick<HttpAnswer, 'status' | 'headers'>) => AnswerPieces | undefined;
  /** Whole-exchange deadline. */
  timeoutMs: number;
  /** Largest answer body that is read; a longer one is cut and `truncated` is set. */
  maxAnswerBytes: number;
  signal?: AbortSignal;
}

export interface BodyStream {
  pieces: AsyncIterable<Uint8Array>;
  /** Its length, where that is known before. */
  bytes?: number;
}

/** Takes the body of an answer in pieces. The next one is read when the last was taken; a refusal ends the exchange. */
export interface AnswerPieces {
  write(piece: Uint8Array): Promise<void>;
  /** More than so many are not read: the exchange ends. */
  maxBytes: number;
  /** From the head on, instead of what is left of the deadline. */
  timeoutMs: number;
}

export interface HttpAnswer {
  status: number;
  /** Lower-case names; repeated headers are joined with ", ". */
  headers: Record<string, string>;
  body: Uint8Array;
  truncated: boolean;
  /** The body went to {@link AnswerPieces}, so many bytes of it; `body` is empty. */
  streamedBytes?: number;
}

/**
 * Why an exchange produced no answer.
 *
 * `sent` is the fact that retries hang on: `no` means not one byte of the request left this process, so the other
 * side cannot have acted; `maybe` means it can.
 */
export interface NetFailure {
  kind: 'refused' | 'denied' | 'dns' | 'timeout' | 'reset' | 'tls' | 'aborted' | 'malformed';
  sent: 'no' | 'maybe';
  /** For a log; holds no header and no body. */
  detail: string;
}

export type HttpResult = { ok: true; answer: HttpAnswer } | { ok: false; failure: NetFailure };

/** The network, outbound. The only implementation that opens sockets sits behind the egress guard in `host/net`. */
export interface Net {
  send(request: HttpRequest): Promise<HttpResult>;
}

/** Name resolution, apart from {@link Net} because the guard must resolve, check, and connect to the checked address. */
export interface Dns {
  /** All A and AAAA addresses, as text. Throws when the name does not resolve. */
  resolve(host: string): Promise<string[]>;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured log. Implementations redact before they write. */
export interface Log {
  (level: LogLevel, message: string, fields?: Record<string, unknown>): void;
  /** Whether messages of this level are written; asked by who would put many fields together. Absent: they may be. */
  takes?: (level: LogLevel) => boolean;
}

/** A key-encryption key (KEK), without the key. */
export interface KekFacts {
  id: string;
  createdAtMs: number;
  /** Set when nothing in the store was under it any more; kept for backups made before that. */
  retiredAtMs?: number;
}

/** Key material that lives outside the database. */
export interface KeySource {
  /** The 32-byte key-encryption key with this id; `undefined` when it is not here. */
  kek(id: string): Uint8Array | undefined;
  /** The id under which new secrets are sealed. */
  currentKekId(): string;
  /** All there are, the oldest first. */
  keks(): readonly KekFacts[];
  /**
   * Makes a key-encryption key, and makes it the current one. On the disk when it resolves, so that nothing is ever
   * sealed under a key that a crash takes away.
   *
   * @throws AppError `conflict` where keys come from outside, `secret_unavailable` when the wrapping command fails,
   *   `io_failure`
   */
  addKek(): Promise<string>;
  /** Says that nothing needs this key any more but old backups. Never the current one. */
  retireKek(id: string): Promise<void>;
  /** Forgets a retired key for good. */
  destroyKek(id: string): Promise<void>;
  readonly shares: KeyShares;
  /** PKCS#8 PEM of the Ed25519 key that signs audit checkpoints of `environment`. */
  auditKeyPem(environment: string): string;
}

/**
 * One share of the key of every single record, outside the database and its backups. With its share destroyed, a record
 * opens nowhere any more, whoever holds a copy of it and all key-encryption keys.
 */
export interface KeyShares {
  /** 32 bytes, `undefined` when there is none or it was destroyed. */
  get(id: string): Uint8Array | undefined;
  /** Makes one, or gives the one that is there. On the disk when it resolves. */
  make(id: string): Promise<Uint8Array>;
  /** On the disk when it resolves. No error when there is none. */
  destroy(id: string): Promise<void>;
}

/** What fetching one secret came to. `problem` names no part of the secret. */
export type SecretRead = { ok: true; value: string } | { ok: false; problem: string };

/** Where secrets lie that Fairlead does not keep: the environment, a file, the command of a secret manager. */
export interface SecretSources {
  env(name: string): SecretRead;
  /** The content of a file, one line end at its end dropped. */
  file(path: string): Promise<SecretRead>;
  /** What a shell command prints, one line end at its end dropped. What it prints as errors is never shown. */
  exec(command: string): Promise<SecretRead>;
}

/** A file tree below one root. Paths are relative and never leave it. */
export interface Files {
  read(path: string): Promise<Uint8Array | undefined>;
  /** Up to `length` bytes from `offset` on, fewer at the end; `undefined` when there is no such file. */
  readAt(path: string, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** Replaces the file atomically (write, fsync, rename). */
  write(path: string, bytes: Uint8Array, mode?: number): Promise<void>;
  /** Appends and fsyncs; creates the file (0600) and its folders when missing. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Size in bytes, or `undefined` when there is no such file. */
  size(path: string): Promise<number | undefined>;
  truncate(path: string, size: number): Promise<void>;
}

/** Runs a handler module away from the main thread. See `jobs/` for the protocol and `host/threads.ts` for the threads. */
export interface Threads {
  spawn(entry: string, data: unknown, limits: { heapMb: number; youngMb?: number }): ThreadHandle;
}

export interface ThreadHandle {
  /** Buffers in `transfer` are handed over, not copied; they are empty here afterwards. */
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, however the thread ended. */
  onExit(listener: (reason: string) => void): void;
  terminate(): Promise<void>;
}

/** What a composed Fairlead is given. */
export interface Host {
  clock: Clock;
  random: Random;
  net: Net;
  dns: Dns;
  log: Log;
  keys: KeySource;
  secretSources: SecretSources;
  threads: Threads;
}
