/** The client: one method for each thing one does at SendGrid. @module */
import { realClock, type Clock } from './clock.js';
import type { ContactsAccepted, ContactsRequest, ImportStatus, List, ListRequest } from './contact-types.js';
import { SendGridError } from './error.js';
import type { Mail, MailAccepted } from './mail-types.js';
import type { StatisticsPeriod, StatisticsQuery } from './statistics-types.js';
import { Transport, type DebugLine, type FetchLike, type Request } from './transport.js';

export interface SendGridOptions {
  /** `SG.…` */
  apiKey: string;
  /** Default: that of this machine. */
  fetch?: FetchLike;
  /** Default `https://api.sendgrid.com`; `https://api.eu.sendgrid.com` for subusers in the EU. */
  baseUrl?: string;
  /** A subuser whose account is meant. */
  onBehalfOf?: string;
  /** Sees every exchange, with the key masked. */
  debug?: (line: DebugLine) => void;
  /** For tests. */
  clock?: Clock;
}

interface CallOptions {
  signal?: AbortSignal;
}

/**
 * SendGrid v3. Each method sends one request and none again: a mail that got no answer may be on its way.
 *
 * @example
 *   const sendgrid = new SendGrid({ apiKey: process.env.SENDGRID_API_KEY });
 *   await sendgrid.sendMail({ personalizations: [{ to: [{ email: 'ada@example.org' }] }], ... });
 *
 * @throws SendGridError from every method, for everything but a success
 */
export class SendGrid {
  readonly #transport: Transport;
  readonly clock: Clock;

  constructor({ apiKey, fetch, baseUrl = 'https://api.sendgrid.com', onBehalfOf, debug, clock }: SendGridOptions) {
    if (typeof apiKey !== 'string' || !/^[\x21-\x7e]{1,500}$/.test(apiKey))
      throw unusable('apiKey', 'It is no API key');
    if (!/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(baseUrl)) throw unusable('baseUrl', 'It is no address');
    this.clock = clock ?? realClock;
    this.#transport = new Transport({
      apiKey,
      baseUrl: baseUrl.replace(/\/+$/, ''),
      // oxlint-disable-next-line no-restricted-globals
      fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
      clock: this.clock,
      onBehalfOf,
      debug,
    });
  }

  /** `POST /v3/mail/send` */
  async sendMail(mail: Mail, { signal }: CallOptions = {}): Promise<MailAccepted> {
    const { header } = await this.#transport.ask({ method: 'POST', path: '/v3/mail/send', json: mail, signal });
    const id = header('x-message-id');
    return id === undefined ? {} : { message_id: id };
  }

  /** `POST /v3/marketing/lists` */
  async createList(list: ListRequest, { signal }: CallOptions = {}): Promise<List> {
    return await this.#read({ method: 'POST', path: '/v3/marketing/lists', json: list, signal }, hasText('id'));
  }

  /** `PUT /v3/marketing/contacts`. A job begins; see {@link SendGrid.getImport}. */
  async addContacts(request: ContactsRequest, { signal }: CallOptions = {}): Promise<ContactsAccepted> {
    const path = '/v3/marketing/contacts';
    return await this.#read({ method: 'PUT', path, json: request, signal }, hasText('job_id'));
  }

  /** `GET /v3/marketing/contacts/imports/{id}` */
  async getImport(jobId: string, { signal }: CallOptions = {}): Promise<ImportStatus> {
    if (jobId === '' || jobId === '.' || jobId === '..') throw unusable('jobId', 'It is no id of a job');
    const path = `/v3/marketing/contacts/imports/${encodeURIComponent(jobId)}`;
    return await this.#read({ method: 'GET', path, signal }, hasText('status'));
  }

  /** `GET /v3/stats` */
  async getStatistics(query: StatisticsQuery, { signal }: CallOptions = {}): Promise<StatisticsPeriod[]> {
    return await this.#read({ method: 'GET', path: '/v3/stats', query: { ...query }, signal }, Array.isArray);
  }

  /** A body that lacks what everything else rests on is no answer. */
  async #read<Body>(request: Request, isExpected: (body: unknown) => boolean): Promise<Body> {
    const { status, body } = await this.#transport.ask(request);
    if (isExpected(body)) return body as Body;
    const message = 'SendGrid answered with something else than its description says';
    throw new SendGridError({ status, code: 'unreadable_answer', problems: [{ message }] });
  }
}

function hasText(name: string): (body: unknown) => boolean {
  return (body) => typeof (body as Record<string, unknown> | null | undefined)?.[name] === 'string';
}

function unusable(field: string, message: string): SendGridError {
  return new SendGridError({ status: 0, code: 'invalid_request', problems: [{ message, field }] });
}
