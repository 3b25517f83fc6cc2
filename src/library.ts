/**
 * Fairlead inside a server of the user's own: the same composition, with the intake mounted where the user says.
 *
 * Handlers given here run in this process: the caller's own process is the isolation.
 *
 * @module
 */
import type { Caller, Operation } from './operations/index.js';
import { readConfig, type UserConfig } from './config.js';
import { composeFairlead } from './compose.js';
import { AppError } from './core/errors.js';
import { newId } from './core/ids.js';
import { loginMount, type LoginMount } from './doors/http/index.js';
import { DEFAULT_TENANT, type Environment } from './core/scope.js';
import type { Principal } from './core/principal.js';
import type { RequestHandler } from './receive/index.js';
import { withActions, type LibraryActions } from './library-actions.js';
import { openParts } from './open-parts.js';
import {
  createTicket,
  workflowsOn,
  type RecordedEvent,
  type RunOptions,
  type Ticket,
  type TicketInput,
  type Workflows,
} from './workflows/index.js';

export interface LibraryOptions extends UserConfig {
  /** Default `./.fairlead`. One process owns a data directory at a time. */
  dataDir?: string;
  environment?: Environment;
  /** The address under which the outside reaches this server, for schemes that sign the URL. */
  publicUrl?: string;
  auditLogPath?: string;
  /** Variables for connectors, sources and `env:` references. Default: none; pass `process.env` to honour it. */
  variables?: Readonly<Record<string, string | undefined>>;
}

/** The intake for three kinds of server. Mount it in front of any body parser. */
export interface Receivers {
  /** A node:http request listener; calls `next`, if there is one, for a path that is no source. */
  node: RequestHandler;
  /** The same as Express middleware. */
  express: RequestHandler;
  /** For servers on the Fetch standard. */
  fetch: (request: Request) => Promise<Response>;
}

/** What the library can do, and every action of the connectors: `fairlead.slack.sendMessage({...})`. */
export type FairleadLibrary = Fairlead & LibraryActions;

interface Fairlead {
  receive(): Receivers;
  /** Signing in with Google and GitHub: pages to mount, and who is signed in. Set `publicUrl`. */
  login: LoginMount;
  /** Runs one operation of the table by name, e.g. `run('sources.create', {provider: 'github'})`. */
  run(operation: string, input?: unknown, options?: Omit<Caller, 'scope' | 'principal'>): Promise<unknown>;
  /** Writes an audit entry about something that was done elsewhere. */
  writeAudit(entry: Record<string, unknown>): Promise<unknown>;
  /** An issue of GitHub, or of a team of Linear. The same key is the same ticket. */
  createTicket(input: TicketInput, options?: RunOptions): Promise<Ticket>;
  /** Sees to it that a verified payment event is recorded: `evt_...`, as `events.list` shows it. */
  recordPaymentEvent(input: { eventId: string }): Promise<RecordedEvent>;
  /** The ready-made flows. */
  workflows: Workflows;
  /** Ends what runs, gives back what waits, closes the store. */
  close(): Promise<void>;
}

/** @throws AppError `config_invalid`, `store_locked`, `store_corrupt`, ... */
export async function createFairlead(options: LibraryOptions = {}): Promise<FairleadLibrary> {
  const { dataDir, environment, publicUrl, auditLogPath, variables, ...user } = options;
  const config = readConfig({
    variables: {
      ...variables,
      ...(dataDir === undefined ? {} : { FAIRLEAD_DATA_DIR: dataDir }),
      ...(environment === undefined ? {} : { INTEGRATION_ENV: environment }),
      ...(publicUrl === undefined ? {} : { FAIRLEAD_PUBLIC_URL: publicUrl }),
      ...(auditLogPath === undefined ? {} : { AUDIT_LOG_PATH: auditLogPath }),
    },
    cwd: '.',
    file: { path: 'createFairlead(...)', value: user },
  });
  const { parts, close } = await openParts({ ...config, filePath: undefined });
  const fairlead = await composeFairlead(parts);
  await fairlead.start();
  const principal: Principal = {
    type: 'api_key',
    id: 'library',
    scopes: ['read', 'write', 'operate', 'admin'],
    via: 'library',
  };
  const run: Fairlead['run'] = async (name, input, extra) => {
    const { operationTable, runOperation } = await import('./operations/index.js');
    const table: readonly Operation[] = operationTable(await fairlead.gateway.connectors());
    const operation = table.find((row) => row.name === name);
    if (operation === undefined) throw new AppError('not_found', { what: 'operation', id: name });
    const scope = { tenant: DEFAULT_TENANT, environment: config.environment };
    return await runOperation(fairlead.gateway, operation, { scope, principal, ...extra }, input);
  };
  const workflows = workflowsOn(run);
  const library: Fairlead = {
    receive: () => ({ node: fairlead.door.node, express: fairlead.door.node, fetch: fairlead.door.fetch }),
    login: loginMount(fairlead.gateway),
    run,
    writeAudit: (entry) => run('audit.write', entry),
    createTicket: (input, { idempotencyKey = newId('key', parts.clock, parts.random), ...rest } = {}) =>
      createTicket(run, input, { idempotencyKey, ...rest }),
    recordPaymentEvent: workflows.billing.recordPaymentEvent,
    workflows,
    async close() {
      await fairlead.drain();
      await close();
    },
  };
  return withActions(library, run);
}
