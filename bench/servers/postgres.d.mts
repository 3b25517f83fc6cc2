/** Why there is no PostgreSQL on this machine, or `undefined` when there is one. */
export function postgresMissing(): string | undefined;

/** Lays a server's files into this folder, unless they are there. */
export function initPostgres(dir: string): void;

export interface RunningPostgres {
  port: number;
  pid: number;
  /** Sessions are cut, what is committed is kept. */
  stop(): Promise<void>;
}

/** A server of its own in this folder, with user `bench`; started again on a folder that has one already. */
export function startPostgres(
  dir: string,
  options?: { port?: number; settings?: Readonly<Record<string, string>> },
): Promise<RunningPostgres>;
