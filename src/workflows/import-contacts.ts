/**
 * Contacts of a table into SendGrid's marketing lists: part by part, in order, each part once, going on where it was. What
 * cannot be a contact is set aside with its reason; it stops nobody else.
 *
 * @module
 */
import { csvDelimiter, parseCsv } from '../core/csv.js';
import { AppError } from '../core/errors.js';
import { failureOf, isOver, read, write, type RunOperation, type Step } from './steps.js';

/** The action that takes them; its input says what a contact is. */
export const CONTACTS_ACTION = 'sendgrid.addContacts';
const STATUS_ACTION = 'sendgrid.getImportStatus';
export const BATCH_MAX = 30_000;
/** Of one request, with room for what surrounds the contacts. */
const BYTES_MAX = 5_500_000;
const ROWS_MAX = 1_000_000;
const JOBS_FOLLOWED_MAX = 50;
const POLLS_MAX = 720;
const POLL_MS = 5_000;
const WAITS_MAX = 20;

/** Names that people give the columns, without case, spaces and underscores. */
const COLUMNS: Readonly<Record<string, string>> = {
  email: 'email',
  emailaddress: 'email',
  mail: 'email',
  phonenumberid: 'phoneNumberId',
  externalid: 'externalId',
  anonymousid: 'anonymousId',
  firstname: 'firstName',
  lastname: 'lastName',
  surname: 'lastName',
  addressline1: 'addressLine1',
  addressline2: 'addressLine2',
  city: 'city',
  stateprovinceregion: 'stateProvinceRegion',
  state: 'stateProvinceRegion',
  region: 'stateProvinceRegion',
  postalcode: 'postalCode',
  zip: 'postalCode',
  country: 'country',
};

export type ContactRow = Readonly<Record<string, string>>;

export interface RejectedRow {
  /** Row of the table, its head being row 1. */
  row: number;
  problem: string;
}

export interface ContactTable {
  contacts: readonly ContactRow[];
  rejected: readonly RejectedRow[];
}

/**
 * @param problemOf what keeps a row from being a contact
 * @throws AppError `invalid_argument` for a table without a known column, with one twice, or with too many rows
 */
export function contactsOfCsv(text: string, problemOf: (contact: ContactRow) => string | undefined): ContactTable {
  const plain = text.replace(/^\ufeff/, '');
  const { rows, isCut } = parseCsv(plain, { delimiter: csvDelimiter(plain), rowsMax: ROWS_MAX + 1 });
  if (isCut) throw invalid(`it has more than ${ROWS_MAX} rows`);
  const [head = [], ...body] = rows;
  const fields = head.map((name) => COLUMNS[name.toLowerCase().replace(/[^a-z0-9]/g, '')]);
  const known = fields.filter((field) => field !== undefined);
  const stranger = head[fields.indexOf(undefined)];
  if (stranger !== undefined) throw invalid(`its column "${stranger.slice(0, 60)}" is no field of a contact`);
  if (known.length === 0) throw invalid('its first row names no column, such as email');
  if (new Set(known).size < known.length) throw invalid('two of its columns are the same field');
  const contacts: ContactRow[] = [];
  const rejected: RejectedRow[] = [];
  body.forEach((cells, index) => {
    const values = fields.flatMap((field, at) => (cells[at]?.trim() ? [[field!, cells[at].trim()] as const] : []));
    const contact = Object.fromEntries(values);
    const problem = cells.length > head.length ? 'it has more cells than the first row' : problemOf(contact);
    if (problem === undefined) contacts.push(contact);
    else rejected.push({ row: index + 2, problem });
  });
  return { contacts, rejected };
}

/** What outlives a killed process: kept before the next part is sent. */
export interface ImportMark {
  /** Names this import; part of the key of every part. */
  run: string;
  /** So many contacts from the beginning are taken. */
  taken: number;
  jobs: readonly string[];
}

export interface ImportContactsInput {
  contacts: readonly ContactRow[];
  mark: ImportMark;
  batch?: number;
  listIds?: readonly string[];
  connection?: string;
}

export interface ImportPorts {
  keep: (mark: ImportMark) => Promise<void>;
  wait: (ms: number) => Promise<void>;
}

export interface ImportedContacts {
  state: 'done' | 'pending_approval' | 'unknown' | 'failed';
  taken: number;
  jobs: number;
  /** Jobs of which SendGrid says that some or all of their contacts were refused. */
  refused: { jobId: string; errored?: number; errorsUrl?: string }[];
  error?: Step['error'];
}

/** @throws AppError what reading the state of a job came to */
export async function importContacts(
  run: RunOperation,
  { contacts, mark, batch = BATCH_MAX, listIds, connection }: ImportContactsInput,
  { keep, wait }: ImportPorts,
): Promise<ImportedContacts> {
  let current = mark;
  while (current.taken < contacts.length) {
    const part = partOf(contacts, current.taken, Math.min(batch, BATCH_MAX));
    const step = await sendPart(run, { contacts: part, ...(listIds && { listIds }) }, current, connection, wait);
    if (!isOver(step)) return { ...stopped(step), taken: current.taken, jobs: current.jobs.length, refused: [] };
    const { jobId } = step.output as { jobId: string };
    // Jobs of many small parts are not followed, and not kept.
    const jobs = [...current.jobs, jobId].slice(0, JOBS_FOLLOWED_MAX + 1);
    current = { ...current, taken: current.taken + part.length, jobs };
    await keep(current);
  }
  const followed = current.jobs.length > JOBS_FOLLOWED_MAX ? [] : current.jobs;
  const refused: ImportedContacts['refused'] = [];
  for (const jobId of followed) {
    const { status, errored, errorsUrl } = await followJob(run, jobId, connection, wait);
    if (status !== 'completed') refused.push({ jobId, ...(errored && { errored }), ...(errorsUrl && { errorsUrl }) });
  }
  return { state: refused.length === 0 ? 'done' : 'failed', taken: current.taken, jobs: current.jobs.length, refused };
}

/** What fits into one request. */
function partOf(contacts: readonly ContactRow[], from: number, batch: number): ContactRow[] {
  const part: ContactRow[] = [];
  let bytes = 0;
  for (let at = from; at < contacts.length && part.length < batch; at++) {
    bytes += Buffer.byteLength(JSON.stringify(contacts[at])) + 100;
    if (bytes > BYTES_MAX && part.length > 0) break;
    part.push(contacts[at]!);
  }
  return part;
}

/** Its key is the place of the part, so that one that was sent before a kill is answered from the ledger. */
async function sendPart(
  run: RunOperation,
  input: { contacts: ContactRow[]; listIds?: readonly string[] },
  { run: name, taken }: ImportMark,
  connection: string | undefined,
  wait: ImportPorts['wait'],
): Promise<Step> {
  for (let waits = 0; ; waits++) {
    const idempotencyKey = `contacts-import:${name}:${taken}:${input.contacts.length}${waits === 0 ? '' : `:${waits}`}`;
    const step = await write(run, CONTACTS_ACTION, input, { idempotencyKey, ...(connection && { connection }) });
    if (step.error?.code !== 'rate_limited' || waits === WAITS_MAX) return step;
    const { retryAfterMs } = step.error.data as { retryAfterMs?: number };
    await wait(retryAfterMs ?? POLL_MS);
  }
}

interface JobStatus {
  status: string;
  errored?: number;
  errorsUrl?: string;
}

async function followJob(
  run: RunOperation,
  jobId: string,
  connection: string | undefined,
  wait: ImportPorts['wait'],
): Promise<JobStatus> {
  for (let polls = 0; ; polls++) {
    const job = await read<JobStatus>(run, STATUS_ACTION, { jobId }, connection);
    if (job.status !== 'pending' || polls === POLLS_MAX) return job;
    await wait(POLL_MS);
  }
}

function stopped(step: Step): Pick<ImportedContacts, 'state' | 'error'> {
  const error = step.error ?? failureOf(step.action, step).view();
  if (step.state === 'pending_approval') return { state: 'pending_approval', error };
  return { state: step.state === 'unknown' || step.state === 'running' ? 'unknown' : 'failed', error };
}

function invalid(problem: string): AppError {
  return new AppError('invalid_argument', { argument: 'file', problem });
}
