/**
 * The intake as a plain node:http request handler, which is also an Express handler. No framework, no parsing.
 *
 * @module
 */
import {
  alreadyParsed,
  compressed,
  NO_SUCH_SOURCE,
  ONLY_POST,
  tooLarge,
  unavailable,
  type IntakeAnswer,
} from './answer.js';
import type { Delivery } from '../core/webhook.js';
import { ByteBudget, readBody, type IncomingBody } from './body-reader.js';
import type { Intake } from './intake.js';
import type { ReadySource, SourceTable } from './source-table.js';

export interface IncomingRequest extends IncomingBody {
  method?: string | undefined;
  url?: string | undefined;
  /** Express: the path below the mount point is `url`, the whole one is here. */
  originalUrl?: string;
  /** Set by a body parser that ran before us. */
  body?: unknown;
}

/** A POST that arrived in one piece, with lower-case names of headers that occurred once. */
export interface WholeRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface OutgoingAnswer {
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  end(body?: string): unknown;
  headersSent?: boolean;
}

export type RequestHandler = (request: IncomingRequest, response: OutgoingAnswer, next?: () => void) => void;

const PARSED_FIX =
  'Mount fairlead.receive() before express.json() or any other body parser, or give the parser another path.';

export interface DoorLimits {
  /** Bodies in memory over all requests. */
  inFlightBytesMax: number;
  /** Deliveries that wait for the store. */
  waitingMax: number;
}

const OVERLOAD_RETRY_SECONDS = 2;

export interface DoorParts {
  intake: Intake;
  sources: SourceTable;
  limits: DoorLimits;
  /** The address under which the outside knows us; URL-signing schemes verify against it, never against Host. */
  publicUrl?: string | undefined;
  /** False while we shut down: new deliveries are sent away, running ones finish. */
  accepting: () => boolean;
}

/** Every delivery goes through here, whichever server it came from. */
export class IntakeDoor {
  readonly #budget: ByteBudget;
  #waiting = 0;

  constructor(private readonly parts: DoorParts) {
    this.#budget = new ByteBudget(parts.limits.inFlightBytesMax);
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** For node:http and Express. Calls `next`, if there is one, for a path that is no source of ours. */
  readonly node: RequestHandler = (request, response, next) => {
    const path = pathOf(request.originalUrl ?? request.url);
    const known = this.parts.sources.known(path);
    if (known !== undefined) return this.#serve(request, response, known);
    if (!this.parts.sources.has(path)) {
      if (next !== undefined) next();
      else send(response, NO_SUCH_SOURCE);
      return;
    }
    this.parts.sources.find(path).then(
      (source) => (source === undefined ? send(response, NO_SUCH_SOURCE) : this.#serve(request, response, source)),
      () => send(response, unavailable('store_unavailable', OVERLOAD_RETRY_SECONDS)),
    );
  };

  /**
   * For a server that reads whole requests. Takes what is usual; of the rest it returns false, and {@link node} says
   * what is wrong with it.
   */
  readonly whole = ({ url, headers, body }: WholeRequest, answer: (answer: IntakeAnswer) => void): boolean => {
    const source = this.parts.sources.known(pathOf(url));
    if (source === undefined || this.#early('POST', headers['content-encoding']) !== undefined) return false;
    const bytes = body.length;
    if (bytes > source.bodyLimitBytes || !this.#budget.take(bytes)) return false;
    this.#receive(source, { headers, body }, url, (result) => {
      this.#budget.give(bytes);
      answer(result);
    });
    return true;
  };

  /** For servers built on the Fetch standard. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const source = await this.parts.sources.find(url.pathname);
    const answer = source === undefined ? NO_SUCH_SOURCE : await this.#serveFetch(request, source, url);
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  };

  #serve(request: IncomingRequest, response: OutgoingAnswer, source: ReadySource): void {
    const early = this.#early(request.method, request.headers['content-encoding']);
    if (early !== undefined) return refuse(request, response, early);
    if (request.body !== undefined || request.readableEnded === true) return send(response, alreadyParsed(PARSED_FIX));
    readBody(request, source.bodyLimitBytes, this.#budget, (result) => {
      if (!result.ok) {
        if (result.problem === 'too_large') refuse(request, response, tooLarge(source.bodyLimitBytes));
        if (result.problem === 'over_budget') refuse(request, response, OVERLOADED);
        return;
      }
      const url = request.originalUrl ?? request.url ?? '';
      this.#receive(source, { headers: flatHeaders(request.headers), body: result.body }, url, (answer) => {
        result.release();
        send(response, answer);
      });
    });
  }

  /** @param done called once, later. */
  #receive(source: ReadySource, delivery: Delivery, url: string, done: (answer: IntakeAnswer) => void): void {
    this.#waiting += 1;
    const finish = (answer: IntakeAnswer): void => {
      this.#waiting -= 1;
      done(answer);
    };
    this.parts.intake
      .receive(source, delivery, this.#publicUrl(source, url))
      .then(finish, () => finish(unavailable('store_unavailable', OVERLOAD_RETRY_SECONDS)));
  }

  async #serveFetch(request: Request, source: ReadySource, url: URL): Promise<IntakeAnswer> {
    const early = this.#early(request.method, request.headers.get('content-encoding') ?? undefined);
    if (early !== undefined) return early;
    if (request.bodyUsed) return alreadyParsed('Pass the request to Fairlead before anything reads request.body.');
    const body = await readFetchBody(request, source.bodyLimitBytes);
    if (body === undefined) return tooLarge(source.bodyLimitBytes);
    if (!this.#budget.take(body.byteLength)) return OVERLOADED;
    try {
      const headers = Object.fromEntries(request.headers);
      return await this.parts.intake.receive(
        source,
        { headers, body },
        this.#publicUrl(source, url.pathname + url.search),
      );
    } finally {
      this.#budget.give(body.byteLength);
    }
  }

  #early(method: string | undefined, encoding: string | string[] | undefined): IntakeAnswer | undefined {
    if (method !== 'POST') return ONLY_POST;
    if (!this.parts.accepting() || this.#waiting >= this.parts.limits.waitingMax) return OVERLOADED;
    if (encoding !== undefined && encoding !== 'identity') return compressed(String(encoding));
    return undefined;
  }

  #publicUrl(source: ReadySource, pathAndQuery: string): string | undefined {
    if (source.row.publicUrl !== undefined) return source.row.publicUrl;
    const base = this.parts.publicUrl;
    return base === undefined ? undefined : base.replace(/\/$/, '') + pathAndQuery;
  }
}

const OVERLOADED = unavailable('overloaded', OVERLOAD_RETRY_SECONDS);

function pathOf(url: string | undefined): string {
  if (url === undefined) return '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** As they are when every one is a text, which is how requests are; a repeated one is joined as HTTP has it. */
function flatHeaders(headers: IncomingBody['headers']): Record<string, string> {
  if (isFlat(headers)) return headers;
  const flat: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}

function isFlat(headers: IncomingBody['headers']): headers is Record<string, string> {
  for (const name in headers) if (typeof headers[name] !== 'string') return false;
  return true;
}

function send(response: OutgoingAnswer, answer: IntakeAnswer): void {
  if (response.headersSent === true) return;
  const { status, headers, body } = answer;
  const hasLength = headers['content-length'] !== undefined;
  response.writeHead(status, hasLength ? headers : { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Answers before the body has been read; the connection cannot be used again, for the rest of the body is still coming. */
function refuse(request: IncomingRequest, response: OutgoingAnswer, answer: IntakeAnswer): void {
  request.pause();
  send(response, { ...answer, headers: { ...answer.headers, connection: 'close' } });
}

async function readFetchBody(request: Request, limitBytes: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
