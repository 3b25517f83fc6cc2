/**
 * Every error of Fairlead, in one table: code -> HTTP status, when to retry, CLI exit code, what a person reads.
 *
 * Expected outcomes are returned as unions, operating failures are thrown as {@link AppError}, programmer errors are
 * asserted. A message says what happened, whether anything is lost, and what to do next; it holds no secret, because
 * `data` is safe to show by construction: only put names, ids and numbers into it.
 *
 * @module
 */
// long because: it is one table, and a table is read best in one place

/** When the same call can succeed: never, after a wait, at once, or only if it is sent again under the same key. */
export type Retry = 'never' | 'later' | 'now' | 'same-key';

/** Whose move it is. */
export type Side = 'you' | 'provider' | 'fairlead';

interface ErrorRow<Data> {
  /** HTTP status of the same failure through REST. */
  status: number;
  retry: Retry;
  /** Process exit code of the same failure through the CLI; see `fairlead help exit-codes`. */
  exit: number;
  side: Side;
  /** What happened. Never a status number, never a provider's code. */
  title: string;
  message: (data: Data) => string;
  /** What to do next, and where it helps: whether anything is lost. */
  help: string;
}

const row = <Data extends Record<string, unknown>>(definition: ErrorRow<Data>): ErrorRow<Data> => definition;

export const ERRORS = {
  // --- usage -----------------------------------------------------------------------------------------------------
  invalid_argument: row<{ argument: string; problem: string }>({
    status: 400,
    retry: 'never',
    exit: 2,
    side: 'you',
    title: 'An argument is not valid',
    message: (d) => `${d.argument}: ${d.problem}`,
    help: 'Nothing was done. Correct the argument and call again.',
  }),
  secret_in_argument: row<{ argument: string }>({
    status: 400,
    retry: 'never',
    exit: 2,
    side: 'you',
    title: 'A secret was passed as an argument',
    message: (d) => `${d.argument} looks like a secret. Arguments end up in shell history and process lists.`,
    help: 'Nothing was done. Pass the secret by stdin, by a file, or by a reference such as env:NAME. Consider it exposed and rotate it.',
  }),
  not_found: row<{ what: string; id: string }>({
    status: 404,
    retry: 'never',
    exit: 3,
    side: 'you',
    title: 'There is no such thing here',
    message: (d) => `No ${d.what} "${d.id}" in this tenant and environment.`,
    help: 'List what there is, and check the environment (sandbox is the default, --env live is the other one).',
  }),
  conflict: row<{ what: string; problem: string }>({
    status: 409,
    retry: 'never',
    exit: 5,
    side: 'you',
    title: 'This contradicts what is already there',
    message: (d) => `${d.what}: ${d.problem}`,
    help: 'Nothing was changed.',
  }),
  unauthenticated: row<{ problem: string }>({
    status: 401,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'We do not know who is calling',
    message: (d) => d.problem,
    help: 'Nothing was done. Set FAIRLEAD_API_KEY, or run the command on the machine and as the user that runs fairlead serve.',
  }),
  untrusted_origin: row<{ header: string; value: string }>({
    status: 403,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'The request came by an address or from a page that is not ours',
    message: (d) => `The header ${d.header} says "${d.value}".`,
    help: 'Nothing was done. Use the address of this machine (127.0.0.1 or localhost), or set FAIRLEAD_PUBLIC_URL to the name you use.',
  }),
  insufficient_scope: row<{ scope: string; operation: string }>({
    status: 403,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'This key may not do that',
    message: (d) => `${d.operation} needs the scope ${d.scope}.`,
    help: 'Nothing was done. Use a key with this scope.',
  }),
  key_limited: row<{ key: string; retryAfterMs: number }>({
    status: 429,
    retry: 'later',
    exit: 7,
    side: 'you',
    title: 'This key is used too fast',
    message: (d) => `${d.key} may make its next request in ${Math.ceil(d.retryAfterMs / 1000)} s.`,
    help: 'Nothing was done. Wait that long, or give the key a higher rate (fairlead key create --rate-per-minute).',
  }),
  sign_in_again: row<{ operation: string; withinMs: number }>({
    status: 401,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'This needs a fresh sign-in',
    message: (d) => `${d.operation} is for somebody who signed in less than ${d.withinMs / 60_000} minutes ago.`,
    help: 'Nothing was done. Sign in again and repeat it.',
  }),
  too_many_attempts: row<{ what: string; retryAfterMs: number }>({
    status: 429,
    retry: 'later',
    exit: 7,
    side: 'you',
    title: 'Too many attempts',
    message: (d) => `${d.what} is possible again in ${Math.ceil(d.retryAfterMs / 1000)} s.`,
    help: 'Nothing was done. Wait that long and try again.',
  }),
  policy_denied: row<{ operation: string; environment: string; reason: string }>({
    status: 403,
    retry: 'never',
    exit: 6,
    side: 'you',
    title: 'Policy does not allow this call',
    message: (d) => `${d.operation} in ${d.environment}: ${d.reason}`,
    help: 'Nothing was sent. The refusal is in the audit log. A person with the right scope can make the call, or change the policy.',
  }),
  approval_required: row<{ operation: string }>({
    status: 403,
    retry: 'later',
    exit: 8,
    side: 'you',
    title: 'A person has to agree first',
    message: (d) => `${d.operation} is waiting for approval.`,
    help: 'Nothing was sent yet. Agents cannot approve their own calls.',
  }),

  approval_rejected: row<{ approval: string }>({
    status: 403,
    retry: 'never',
    exit: 6,
    side: 'you',
    title: 'A person said no',
    message: (d) => `The approval ${d.approval} was rejected.`,
    help: 'Nothing was sent. Ask the person before you make the call again; it needs another key then.',
  }),
  approval_expired: row<{ approval: string }>({
    status: 403,
    retry: 'now',
    exit: 6,
    side: 'you',
    title: 'Nobody agreed in time',
    message: (d) => `The approval ${d.approval} has run out.`,
    help: 'Nothing was sent. The same call can be made again; it will be asked about again.',
  }),
  approval_stale: row<{ problem: string }>({
    status: 409,
    retry: 'never',
    exit: 5,
    side: 'you',
    title: 'What was agreed to cannot be done any more',
    message: (d) => d.problem,
    help: 'Nothing was sent. Make the call again; it will be asked about again as things are now.',
  }),
  not_an_approver: row<{ problem: string }>({
    status: 403,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'This does not prove who decides',
    message: (d) => d.problem,
    help: 'Nothing was decided. Approvers are enrolled with fairlead approver add, and prove themselves by their passphrase.',
  }),

  // --- configuration ---------------------------------------------------------------------------------------------
  config_invalid: row<{ where: string; problem: string }>({
    status: 500,
    retry: 'never',
    exit: 78,
    side: 'you',
    title: 'The configuration cannot be used',
    message: (d) => `${d.where}: ${d.problem}`,
    help: 'Nothing was started. Correct the file or the variable and start again.',
  }),
  port_in_use: row<{ address: string }>({
    status: 500,
    retry: 'later',
    exit: 78,
    side: 'you',
    title: 'The address is already taken',
    message: (d) => `Another program listens on ${d.address}.`,
    help: 'Stop the other program, or take a free port: --port, or FAIRLEAD_PORT.',
  }),
  secret_unavailable: row<{ reference: string; problem: string }>({
    status: 503,
    retry: 'later',
    exit: 78,
    side: 'you',
    title: 'A secret could not be fetched',
    message: (d) => `${d.reference}: ${d.problem}`,
    help: 'Nothing was sent. Check that the variable, file or command that the reference names works for the user that runs Fairlead.',
  }),

  // --- store -----------------------------------------------------------------------------------------------------
  store_unavailable: row<{ problem: string }>({
    status: 503,
    retry: 'later',
    exit: 74,
    side: 'fairlead',
    title: 'The store cannot take writes now',
    message: (d) => d.problem,
    help: 'Nothing unacknowledged was kept, nothing acknowledged is lost. Senders will try again. Check free disk space and `fairlead doctor`.',
  }),
  store_corrupt: row<{ problem: string }>({
    status: 500,
    retry: 'never',
    exit: 74,
    side: 'fairlead',
    title: 'The database is damaged',
    message: (d) => d.problem,
    help: 'Fairlead will not serve from a damaged database. Run `fairlead doctor`, then `fairlead restore` from the last backup.',
  }),
  store_newer: row<{ found: number; known: number }>({
    status: 500,
    retry: 'never',
    exit: 78,
    side: 'you',
    title: 'The database belongs to a newer Fairlead',
    message: (d) => `The schema is at version ${d.found}; this program knows ${d.known}.`,
    help: 'Nothing was changed. Run the newer version.',
  }),
  store_locked: row<{ path: string; pid?: number }>({
    status: 503,
    retry: 'later',
    exit: 74,
    side: 'you',
    title: 'Another process owns the data directory',
    message: (d) =>
      d.pid === undefined
        ? `${d.path} is held by a process that does not answer.`
        : `${d.path} belongs to a running Fairlead, process ${d.pid}.`,
    help: 'If a Fairlead runs there, use it. If it hangs, stop it; the lock goes with the process.',
  }),
  owner_lost: row<{ operation: string }>({
    status: 503,
    retry: 'later',
    exit: 10,
    side: 'fairlead',
    title: 'The process that owned the data ended before it answered',
    message: (d) => `Whether ${d.operation} took place is not known to this command.`,
    help: 'Whatever was acknowledged is kept. Look at the current state with the matching list command, then decide.',
  }),
  store_unfinished: row<{ place: string }>({
    status: 503,
    retry: 'never',
    exit: 78,
    side: 'you',
    title: 'The store was not moved to its end',
    message: (d) => `A move into ${d.place} was cut short; what is there is not whole.`,
    help: 'Nothing in it is served, and the store it came from is as it was. Run `fairlead db move` again: it starts over.',
  }),
  schema_drift: row<{ problem: string }>({
    status: 500,
    retry: 'never',
    exit: 74,
    side: 'fairlead',
    title: 'The database was changed by other hands',
    message: (d) => d.problem,
    help: 'Nothing was changed. Restore from a backup, or undo the change.',
  }),
  io_failure: row<{ problem: string }>({
    status: 500,
    retry: 'later',
    exit: 74,
    side: 'fairlead',
    title: 'Reading or writing a file failed',
    message: (d) => d.problem,
    help: 'Check the path, its permissions and the free space.',
  }),

  // --- webhooks in -----------------------------------------------------------------------------------------------
  webhook_refused: row<{ reason: string }>({
    status: 401,
    retry: 'never',
    exit: 11,
    side: 'provider',
    title: 'The delivery was not accepted',
    message: (d) => `The signature check said: ${d.reason}.`,
    help: 'Nothing was stored and nothing was processed. `fairlead webhooks diagnose` explains the reason from the same files.',
  }),
  body_too_large: row<{ limitBytes: number }>({
    status: 413,
    retry: 'never',
    exit: 2,
    side: 'provider',
    title: 'The body is larger than this source allows',
    message: (d) => `The limit is ${d.limitBytes} bytes.`,
    help: 'Nothing was stored. Raise the limit of the source (up to 25 MiB) if the provider really sends that much.',
  }),
  body_already_parsed: row<{ fix: string }>({
    status: 500,
    retry: 'never',
    exit: 78,
    side: 'you',
    title: 'Something read the body before Fairlead saw it',
    message: (d) => `A signature can only be checked over the exact bytes. ${d.fix}`,
    help: 'Nothing was stored; the provider will send the delivery again.',
  }),
  unsupported_encoding: row<{ encoding: string }>({
    status: 415,
    retry: 'never',
    exit: 2,
    side: 'provider',
    title: 'The body arrives compressed',
    message: (d) => `Content-Encoding ${d.encoding} is not accepted, because the signature covers other bytes.`,
    help: 'Nothing was stored. Turn compression off at the sender or the proxy.',
  }),
  overloaded: row<{ problem: string }>({
    status: 503,
    retry: 'later',
    exit: 9,
    side: 'fairlead',
    title: 'Too much at once',
    message: (d) => d.problem,
    help: 'Nothing was stored. The sender will try again after the time named in Retry-After.',
  }),
  slow_request: row<{ limitMs: number }>({
    status: 408,
    retry: 'now',
    exit: 9,
    side: 'provider',
    title: 'The request took too long to arrive',
    message: (d) => `A request must be complete within ${d.limitMs} ms.`,
    help: 'Nothing was stored.',
  }),

  // --- jobs and handlers -------------------------------------------------------------------------------------------
  handler_failed: row<{ handler: string; problem: string }>({
    status: 500,
    retry: 'later',
    exit: 1,
    side: 'you',
    title: 'A handler threw',
    message: (d) => `${d.handler}: ${d.problem}`,
    help: 'The event is kept. It runs again by the retry schedule, then waits in the dead letters; finished actions are not repeated.',
  }),
  handler_timeout: row<{ handler: string; limitMs: number }>({
    status: 500,
    retry: 'later',
    exit: 1,
    side: 'you',
    title: 'A handler did not end in time',
    message: (d) => `${d.handler} was stopped after ${d.limitMs} ms.`,
    help: 'The event is kept and runs again. Look for a loop or a missing await.',
  }),
  handler_changed: row<{ handler: string; step: string }>({
    status: 409,
    retry: 'never',
    exit: 5,
    side: 'you',
    title: 'The handler now asks for something else than it did before',
    message: (d) => `${d.handler}, step ${d.step}: an earlier run finished this step with other input.`,
    help: 'Nothing was sent twice. Name steps so that each keeps its meaning, or replay with --again to start a new generation.',
  }),
  handler_missing: row<{ handler: string }>({
    status: 409,
    retry: 'later',
    exit: 5,
    side: 'you',
    title: 'The handler of this job is not in the configuration any more',
    message: (d) => `No handler is called ${d.handler}.`,
    help: 'The event is kept. Bring the handler back and replay, or let it rest.',
  }),
  action_not_declared: row<{ handler: string; action: string }>({
    status: 403,
    retry: 'never',
    exit: 6,
    side: 'you',
    title: 'The handler did not say that it uses this action',
    message: (d) => `${d.handler} calls ${d.action} in live, which is not in its uses: [...].`,
    help: 'Nothing was sent. Add the action to uses and restart.',
  }),
  invalid_transition: row<{ entity: string; from: string; to: string }>({
    status: 409,
    retry: 'never',
    exit: 5,
    side: 'you',
    title: 'This change of state is not allowed',
    message: (d) => `${d.entity} is ${d.from} and cannot become ${d.to}.`,
    help: 'Nothing was changed. Events arrive in any order; guard the transition or ignore the late one.',
  }),

  // --- calls out -----------------------------------------------------------------------------------------------------
  not_connected: row<{ provider: string; environment: string; hint: string }>({
    status: 409,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'There is no connection for this',
    message: (d) => `Nothing connects Fairlead to ${d.provider} in ${d.environment}. ${d.hint}`,
    help: 'Nothing was sent.',
  }),
  needs_reconnect: row<{ connection: string; provider: string; problem: string }>({
    status: 409,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'The account has to be connected again',
    message: (d) => `${d.provider} does not let ${d.connection} in any more: ${d.problem}.`,
    help: 'Nothing was sent. Connect it again: fairlead connection connect PROVIDER --reconnect ID.',
  }),
  scope_missing: row<{ connection: string; action: string; scopes: string }>({
    status: 403,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'The account was connected without this permission',
    message: (d) => `${d.action} needs ${d.scopes}, which ${d.connection} was not given.`,
    help: 'Nothing was sent. Connect it again with that permission: fairlead connection connect PROVIDER --reconnect ID --action ACTION.',
  }),
  connect_failed: row<{ provider: string; reason: string; problem: string }>({
    status: 422,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'The account was not connected',
    message: (d) => `${d.provider}: ${d.problem}`,
    help: 'Nothing was stored. Begin again; the reason says what to change first.',
  }),
  target_not_allowed: row<{ connection: string; what: string; id: string }>({
    status: 403,
    retry: 'never',
    exit: 6,
    side: 'you',
    title: 'This connection may not touch that',
    message: (d) => `${d.connection} is restricted, and ${d.what} "${d.id}" is not among what it may touch.`,
    help: 'Nothing was sent. Use a target that is allowed, or have the restriction of the connection changed.',
  }),
  egress_denied: row<{ host: string; reason: string }>({
    status: 403,
    retry: 'never',
    exit: 6,
    side: 'you',
    title: 'We will not send to this address',
    message: (d) => `${d.host}: ${d.reason}`,
    help: 'No socket was opened. If the address is yours, allow it by name in the configuration (allowedPrivateHosts).',
  }),
  provider_rejected: row<{ provider: string; problem: string; requestId: string; providerCode?: string }>({
    status: 422,
    retry: 'never',
    exit: 5,
    side: 'you',
    title: 'The provider did not accept the request',
    message: (d) => `${d.provider}: ${d.problem}`,
    help: 'It had no effect there. Correct the input and call again.',
  }),
  provider_auth: row<{ provider: string; problem: string; requestId?: string; providerCode?: string }>({
    status: 401,
    retry: 'never',
    exit: 4,
    side: 'you',
    title: 'The provider no longer accepts our credential',
    message: (d) => `${d.provider}: ${d.problem}`,
    help: 'It had no effect there. Give the connection a working credential.',
  }),
  rate_limited: row<{ provider: string; retryAfterMs: number; requestId?: string; providerCode?: string }>({
    status: 429,
    retry: 'later',
    exit: 7,
    side: 'provider',
    title: 'The provider asked us to slow down',
    message: (d) => `${d.provider} takes more calls in ${Math.ceil(d.retryAfterMs / 1000)} s.`,
    help: 'Nothing is lost. Queued work waits and goes out by itself; a direct call can be repeated with the same key.',
  }),
  provider_unavailable: row<{
    provider: string;
    problem: string;
    requestId?: string;
    providerCode?: string;
    /** We hold calls back for so long. */
    retryAfterMs?: number;
  }>({
    status: 502,
    retry: 'later',
    exit: 9,
    side: 'provider',
    title: 'The provider is not working right now',
    message: (d) => `${d.provider}: ${d.problem}`,
    help: 'It had no effect there. Queued work is tried again by itself.',
  }),
  provider_contract: row<{ provider: string; path: string }>({
    status: 502,
    retry: 'never',
    exit: 1,
    side: 'provider',
    title: 'The provider answered in a form we do not know',
    message: (d) => `${d.provider}: the answer does not fit at ${d.path}.`,
    help: 'The call may have had its effect. The raw answer is kept with the call.',
  }),
  outcome_unknown: row<{ operation: string; callId: string }>({
    status: 504,
    retry: 'same-key',
    exit: 10,
    side: 'provider',
    title: 'We cannot know whether this took place',
    message: (d) => `${d.operation} was sent and no answer came back (${d.callId}).`,
    help: 'It is not sent again by itself. Look at the provider, then settle the call, or repeat it under the same key where the provider takes keys.',
  }),
  idempotency_mismatch: row<{ key: string }>({
    status: 422,
    retry: 'never',
    exit: 5,
    side: 'you',
    title: 'This key was used for another request',
    message: (d) => `The idempotency key ${d.key} belongs to a call with other input.`,
    help: 'Nothing was sent. Use a new key for a new call.',
  }),
  call_in_flight: row<{ key: string; retryAfterMs?: number }>({
    status: 409,
    retry: 'later',
    exit: 8,
    side: 'you',
    title: 'The same call is running already',
    message: (d) => `A call with the key ${d.key} has not ended yet.`,
    help: 'Nothing was sent twice. Ask again in a moment to get its result.',
  }),
  idempotency_required: row<{ operation: string }>({
    status: 400,
    retry: 'never',
    exit: 2,
    side: 'you',
    title: 'A payment needs a key of your own',
    message: (d) => `${d.operation} moves money, so it runs only with an idempotency key.`,
    help: 'Nothing was sent. Pass a key that you keep, so that a repeat is recognised.',
  }),

  // --- vault and audit -----------------------------------------------------------------------------------------------
  vault_sealed: row<{ keyId: string }>({
    status: 500,
    retry: 'never',
    exit: 78,
    side: 'you',
    title: 'The key that opens this secret is not here',
    message: (d) => `The secret was sealed under the key ${d.keyId}.`,
    help: 'Nothing is lost as long as the key exists. Put the key file back, or restore with --with-keys.',
  }),
  vault_tampered: row<{ what: string }>({
    status: 500,
    retry: 'never',
    exit: 74,
    side: 'fairlead',
    title: 'A sealed secret does not belong where it was found',
    message: (d) => `${d.what} does not open in this place: it was changed or moved.`,
    help: 'Nothing was revealed. Set the secret again, and find out who wrote to the database.',
  }),
  secret_destroyed: row<{ what: string }>({
    status: 410,
    retry: 'never',
    exit: 78,
    side: 'you',
    title: 'This secret was destroyed',
    message: (d) => `The secret of ${d.what} was destroyed, so no copy of it opens any more, not from a backup either.`,
    help: 'Nothing else is affected. Connect again, or set the secret again.',
  }),
  verification_failed: row<{ what: string; problem: string }>({
    status: 409,
    retry: 'never',
    exit: 11,
    side: 'you',
    title: 'A check did not pass',
    message: (d) => `${d.what}: ${d.problem}`,
    help: 'The report names the first place that does not fit.',
  }),
  timeout: row<{ operation: string; limitMs: number }>({
    status: 504,
    retry: 'same-key',
    exit: 124,
    side: 'you',
    title: 'The time that was allowed is over',
    message: (d) => `${d.operation} did not end within ${d.limitMs} ms.`,
    help: 'It may still be running. Ask for the call by its id.',
  }),
  cancelled: row<{ operation: string }>({
    status: 499,
    retry: 'now',
    exit: 130,
    side: 'you',
    title: 'The call was cancelled',
    message: (d) => `${d.operation} was stopped on request.`,
    help: 'What was already sent stays sent.',
  }),
  internal: row<{ id: string }>({
    status: 500,
    retry: 'later',
    exit: 1,
    side: 'fairlead',
    title: 'Something went wrong on our side',
    message: (d) => `The log has the details under ${d.id}.`,
    help: 'What was acknowledged is kept. Please report it with the id.',
  }),
};

export type ErrorCode = keyof typeof ERRORS;
export type ErrorData<Code extends ErrorCode> = (typeof ERRORS)[Code] extends ErrorRow<infer Data> ? Data : never;

/** What every door renders: problem+json, CLI text and MCP results are projections of this. */
export interface ErrorView {
  code: ErrorCode;
  title: string;
  detail: string;
  help: string;
  side: Side;
  retry: Retry;
  data: Record<string, unknown>;
}

/** The one error class. `data` is safe to show; `cause` is for the log. */
export class AppError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'AppError';
  readonly code: Code;
  readonly data: ErrorData<Code>;

  constructor(code: Code, data: ErrorData<Code>, options?: { cause?: unknown }) {
    const definition = ERRORS[code] as ErrorRow<ErrorData<Code>>;
    super(definition.message(data), options);
    this.code = code;
    this.data = data;
  }

  get row(): Omit<ErrorRow<unknown>, 'message'> {
    return ERRORS[this.code];
  }

  view(): ErrorView {
    const { title, help, side, retry } = this.row;
    return {
      code: this.code,
      title,
      detail: this.message,
      help,
      side,
      retry,
      data: this.data as Record<string, unknown>,
    };
  }
}

/** Narrows an unknown thrown thing, optionally to one code. */
export function isAppError<Code extends ErrorCode>(error: unknown, code?: Code): error is AppError<Code> {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/**
 * Turns whatever was thrown into an AppError, once per boundary. An unknown error becomes `internal` with an id; its
 * own text stays in `cause`, for the log, because nobody checked it for secrets.
 */
export function toAppError(error: unknown, newReference: () => string): AppError {
  if (isAppError(error)) return error;
  return new AppError('internal', { id: newReference() }, { cause: error });
}

/** A programmer error: on in production, fails this request or job, never swallowed. */
export function assert(condition: unknown, message: string): asserts condition {
  // The one plain Error: it marks a bug, not an outcome (test/meta/bans.test.ts knows it).
  if (!condition) throw new Error(`Assertion failed: ${message}`);
}
