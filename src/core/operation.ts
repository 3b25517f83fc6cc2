/**
 * An operation: a row of the table that doors project. It says everything about itself: name, strict input, output,
 * effect, errors, audit, permission. A row without an audit declaration or a permission does not compile.
 *
 * @module
 */
import type { ErrorCode } from './errors.js';
import type { PermissionScope, Principal } from './principal.js';
import type { Schema } from './schema.js';
import type { Scope } from './scope.js';

export type Effect = 'read' | 'create' | 'update' | 'delete' | 'send' | 'pay';

/** Text that comes in pieces, each one or more whole lines. Who stops asking ends it. */
export interface TextStream extends AsyncIterable<string> {
  /** A short text that belongs to it and is known when it begins, e.g. the checkpoint that covers an export. */
  companion?: { name: 'checkpoint'; text: string };
  /** Of one that can be followed: the place behind which it begins, for who is cut off before the first row. */
  begins?: string;
}

/** What a caller brings besides the input. */
export interface CallContext {
  scope: Scope;
  principal: Principal;
  callId: string;
  /** Present when the caller chose it; otherwise each call is new. */
  idempotencyKey?: string;
  /** Of a caller whose keys are derived: do it once more, although the same was done a moment ago. */
  repeat?: boolean;
  /** Of an action: the connection it shall go through, by its id (`env:slack` for what a variable declares). */
  connection?: string;
  /** Say what would be done; send no write. */
  dryRun: boolean;
  signal?: AbortSignal;
  /** The event, entry or call that led here. */
  cause?: string;
}

export interface OperationDefinition<Input, Output, Gateway> {
  /** `noun.verb`, the same word in every door. */
  name: string;
  /** One sentence, no markup. */
  summary: string;
  input: Schema<Input>;
  output: Schema<Output>;
  effect: Effect;
  scope: PermissionScope;
  /** Who may is proven in the input, by an approver's passphrase; the scopes of the caller say nothing. Never an agent. */
  provenBy?: 'approver';
  errors: readonly ErrorCode[];
  /** How it shows in the audit log: what its target is; `none` only for what
   * touches no data at all; `call` for actions, whose pipeline writes intent and outcome itself. */
  audit: { target: (input: Input) => { type: string; id: string } } | 'none' | 'call';
  /**
   * The output is a {@link TextStream} of this media type: an export, or a log that is followed. NDJSON has one row a
   * line. What the audit log says of it is that it began.
   */
  streams?: (input: Input) => 'application/x-ndjson' | 'text/csv';
  /** Its rows can be followed from behind any one of them: the place of a row, which the input field `cursor` takes. */
  resumes?: (row: Readonly<Record<string, unknown>>) => string;
  /** Of an action: what `output` of its call is, for descriptions. The pipeline has checked it. */
  answer?: Schema<unknown>;
  /** It concerns the whole installation: only the tenant that runs it, `default`, may ask for it. */
  installation?: true;
  /** It honours `dryRun`: it says what it would do and does nothing. */
  previews?: true;
  /** Where it is in the REST door. */
  http: { method: 'GET' | 'POST' | 'DELETE'; path: string };
  /** Where it is in the CLI: words, positional input fields in order, and the field that holds rows to print as a table (`empty`: what is said without any). */
  cli: {
    words: string;
    positional?: readonly string[];
    table?: { rows: string; columns: readonly string[]; empty?: string };
    /** Fields that are read from stdin or a file, never from a flag's value. */
    secretInput?: string;
    /** The secret is a passphrase that goes with this field: asked for where that is given; no reference stands for it. */
    secretFor?: string;
    examples?: readonly string[];
    /** For people, behind the result: what they would otherwise miss. */
    note?: string;
  };
  run(gateway: Gateway, context: CallContext, input: Input): Promise<Output>;
}
