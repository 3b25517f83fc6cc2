/**
 * What stands between a call and its provider: circuit breaker, bulkhead, rate limits and retry budget, each per
 * connection, kept for as long as the connection is used.
 *
 * @module
 */
import type { Connection } from '../core/connection.js';
import type { ConnectorDefinition, Method } from '../core/connector.js';
import type { LimitBucket, LimitHeaders, LimitUse } from '../core/limit.js';
import type { LimitVerbs } from '../core/limit-verbs.js';
import type { Clock, HttpAnswer } from '../core/ports.js';
import type { Environment, Scope } from '../core/scope.js';
import { waitOfText } from '../core/wait-signal.js';
import { Breaker } from './breaker.js';
import { Bucket, type BucketNews } from './bucket.js';
import { Limiter, type Admission, type Take } from './limiter.js';
import { RetryBudget } from './retry-budget.js';

/** What is asked for: one attempt of a call. */
export interface Departure {
  connector: ConnectorDefinition;
  connection: Connection;
  tenant: string;
  /** Where it goes; a connection to addresses of the caller's own is as many lines as there are hosts. */
  host: string;
  method: Method;
  /** What the action takes beside what every call takes. */
  uses: readonly LimitUse[];
  holdMs: number;
  signal?: AbortSignal;
  /** The name of its line, from {@link lineName}; found out anew where it is absent. */
  line?: string;
}

export type Clearance =
  | { kind: 'cleared'; arrived: (news: Arrival) => void }
  | { kind: 'later'; why: 'limit' | 'circuit'; retryAfterMs: number }
  | { kind: 'aborted' };

/** How the attempt ended, as far as others of the same connection have to know. */
export interface Arrival {
  /** Whether the provider works. */
  provider: 'good' | 'bad' | 'neither';
  refused: boolean;
  waitMs?: number;
  headers?: HttpAnswer['headers'];
}

/** What a call asks for is known by these. */
type Lane = Pick<Departure, 'connector' | 'connection' | 'tenant' | 'host' | 'line'>;

interface NamedTake extends Take {
  learns?: LimitHeaders;
  /** The account that a connection leads to can change under it. */
  isOfAccount: boolean;
}

/**
 * The part that this process may use of what several cannot draw from together: the requests under way, and what a
 * provider says is left of a window.
 */
export interface RateShare {
  fraction(): number;
}

/** One bucket as it stands. */
export interface LimitState {
  provider: string;
  connection: string;
  /** Name in the connector's `limits`; `*` is what is learnt of a connection as a whole. */
  bucket: string;
  key: string;
  /** What is believed at the moment; absent while nothing limits it. */
  unitsPerSecond?: number;
  /** Units that could go at once now. */
  left?: number;
  /** Until one unit may go. */
  waitMs: number;
  underWay: number;
}

interface BucketName {
  tenant: string;
  environment: Environment;
  provider: string;
  /** The connection that drew from it first. */
  connection: string;
  bucket: string;
  key: string;
}

interface NamedBucket extends BucketName {
  state: Bucket;
}

interface Line {
  name: BucketName;
  breaker: Breaker;
  budget: RetryBudget;
  /** Bounds what a connection has under way, and learns where nothing is declared. */
  bulkhead: Bucket;
  /** Of those of the connector, the ones that its calls drew from: by name and key. */
  drawn: Map<string, Bucket>;
  /** What a call takes that takes nothing of its own, by method. */
  takes: Map<Method, readonly NamedTake[]>;
  /** Whoever its calls may stand in the way of. */
  group: string;
}

const BUCKETS_MAX = 50_000;
/** Callers choose hosts, so these could grow without end. */
const LINES_MAX = 10_000;

export interface TrafficParts {
  clock: Clock;
  /** Requests that one connection may have under way at once. */
  concurrency: number;
  share?: RateShare;
  /** Limits that several processes draw from; all are in this one's memory when absent. */
  limits?: LimitVerbs;
}

export class Traffic {
  readonly #clock: Clock;
  readonly #limiter: Limiter;
  readonly #concurrency: number;
  readonly #share: RateShare;
  readonly #isDrawnFrom: boolean;
  readonly #lines = new Map<string, Line>();
  readonly #buckets = new Map<string, NamedBucket>();

  constructor({ clock, concurrency, share, limits }: TrafficParts) {
    this.#clock = clock;
    this.#limiter = new Limiter(clock, limits);
    this.#isDrawnFrom = limits !== undefined;
    this.#concurrency = concurrency;
    this.#share = share ?? { fraction: () => 1 };
  }

  /** Whether the attempt may be made, now or when it is its turn. What is cleared must arrive. */
  depart(departure: Departure): Clearance | Promise<Clearance> {
    const line = this.#line(departure);
    const openMs = line.breaker.enter(this.#clock.monotonicMs());
    if (openMs > 0) return { kind: 'later', why: 'circuit', retryAfterMs: openMs };
    const takes = this.#takes(departure, line);
    const { holdMs, signal } = departure;
    const { group } = line;
    const party = departure.line ?? lineName(departure);
    const cleared = (admission: Admission): Clearance => {
      if (admission.kind === 'admitted') return { kind: 'cleared', arrived: this.#arrival(line, takes, group) };
      line.breaker.ended('neither', this.#clock.monotonicMs());
      return admission.kind === 'later' ? { ...admission, why: 'limit' } : admission;
    };
    const admission = this.#limiter.admit({ group, party, takes, holdMs, signal });
    return admission instanceof Promise ? admission.then(cleared) : cleared(admission);
  }

  /** Counts a call, for the budget of its retries. */
  began(departure: Lane): void {
    this.#line(departure).budget.first(this.#clock.monotonicMs());
  }

  mayRetry(departure: Lane): boolean {
    return this.#line(departure).budget.mayRetry(this.#clock.monotonicMs());
  }

  /** The buckets that calls of this tenant and environment opened and that are still remembered. */
  limits({ tenant, environment }: Scope): LimitState[] {
    const lines = [...this.#lines.values()].map(({ name, bulkhead }) => ({ ...name, state: bulkhead }));
    const nowMs = this.#clock.monotonicMs();
    return [...this.#buckets.values(), ...lines]
      .filter((one) => one.tenant === tenant && one.environment === environment)
      .map(({ provider, connection, bucket, key, state }) => {
        const [unitsPerSecond, left] = [state.ratePerSecond(nowMs), state.leftAt(nowMs)];
        const waitMs = Math.ceil(state.waitMs(0, 1, nowMs));
        const numbers = {
          ...(unitsPerSecond !== undefined && { unitsPerSecond }),
          ...(left !== undefined && { left }),
        };
        return { provider, connection, bucket, key, ...numbers, waitMs, underWay: state.running };
      });
  }

  #arrival(line: Line, takes: readonly NamedTake[], group: string): (news: Arrival) => void {
    return ({ provider, refused, waitMs, headers = {} }) => {
      const atMs = this.#clock.monotonicMs();
      line.breaker.ended(provider, atMs);
      takes.forEach(({ bucket, cost, learns }, index) => {
        bucket.release();
        const left = learns && leftOf(headers, learns, this.#clock.nowMs());
        // "Slow down" does not say which limit was hit. It is taken to be the narrowest.
        const isRefused = refused && index === 0;
        if (!isRefused && left === undefined && (refused || provider !== 'good')) return;
        bucket.learn(cost, { atMs, refused: isRefused, waitMs, left });
      });
      this.#limiter.released(group);
    };
  }

  /** The narrowest first: what the action names, then what every call takes, then the connection as a whole. */
  #takes(departure: Departure, line: Line): readonly NamedTake[] {
    const { method, uses } = departure;
    if (uses.length > 0) return this.#newTakes(departure, line);
    const kept = line.takes;
    const known = kept.get(method);
    if (known !== undefined) return known;
    const takes = this.#newTakes(departure, line);
    // Not `line.takes`: a new bucket can make others be forgotten, of these perhaps, and what was kept with them.
    if (!takes.some(({ isOfAccount }) => isOfAccount)) kept.set(method, takes);
    return takes;
  }

  #newTakes(departure: Departure, line: Line): NamedTake[] {
    const { connector, method, uses } = departure;
    const takes: NamedTake[] = [];
    for (const use of [...uses, ...everyCallsUses(connector, method)]) {
      const declared = connector.limits?.[use.bucket];
      if (declared === undefined) continue;
      const bucket = this.#drawn(departure, line, use, declared);
      const isOfAccount = declared.per === 'account';
      takes.push({ bucket, cost: use.cost ?? 1, learns: declared.learns, isOfAccount });
    }
    takes.push({ bucket: line.bulkhead, cost: 1, learns: undefined, isOfAccount: false });
    return takes;
  }

  /** Names are put together once a line; the account that a connection leads to can change under it. */
  #drawn(departure: Departure, line: Line, use: LimitUse, declared: LimitBucket): Bucket {
    if (declared.per === 'account') return this.#bucket(departure, use, declared);
    const name = use.key === undefined ? use.bucket : `${use.bucket}\n${use.key}`;
    const known = line.drawn.get(name);
    if (known !== undefined) return known;
    const bucket = this.#bucket(departure, use, declared);
    line.drawn.set(name, bucket);
    return bucket;
  }

  #bucket(departure: Departure, use: LimitUse, declared: LimitBucket): Bucket {
    const { environment, account } = departure.connection.view;
    const owner = declared.per === 'account' ? (account ?? '') : (departure.line ?? lineName(departure));
    const name = JSON.stringify([departure.connector.provider, environment, owner, use.bucket, use.key ?? '']);
    const known = this.#buckets.get(name);
    if (known !== undefined) return known.state;
    const { ratePerSecond: rate, burst = 1, concurrency = Infinity } = declared;
    const ratePerSecond = typeof rate === 'object' ? rate[environment] : rate;
    const fraction = (): number => this.#share.fraction();
    const bucket = new Bucket({
      burst,
      concurrency,
      fraction,
      slowStart: rate === undefined && declared.concurrency === undefined,
      ...(ratePerSecond !== undefined && { ratePerSecond }),
      ...(this.#isDrawnFrom && { drawnFrom: name }),
    });
    if (this.#buckets.size >= BUCKETS_MAX) this.#forget();
    this.#buckets.set(name, { ...bucketName(departure, use.bucket, use.key), state: bucket });
    return bucket;
  }

  /** Buckets that nobody draws from and that are full again are as good as new ones. */
  #forget(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [name, { state }] of this.#buckets) if (state.isRested(nowMs)) this.#buckets.delete(name);
    for (const line of this.#lines.values()) {
      line.drawn.clear();
      line.takes = new Map();
    }
  }

  #forgetLines(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [name, { breaker, bulkhead }] of this.#lines) {
      if (breaker.state(nowMs) === 'closed' && bulkhead.isRested(nowMs)) this.#lines.delete(name);
    }
  }

  #line(departure: Lane): Line {
    const name = departure.line ?? lineName(departure);
    let line = this.#lines.get(name);
    if (line === undefined) {
      line = {
        name: bucketName(departure, '*'),
        breaker: new Breaker(),
        budget: new RetryBudget(),
        bulkhead: new Bucket({
          concurrency: this.#concurrency,
          slowStart: true,
          fraction: () => this.#share.fraction(),
        }),
        drawn: new Map(),
        takes: new Map(),
        group: `${departure.connector.provider} ${departure.connection.view.environment}`,
      };
      if (this.#lines.size >= LINES_MAX) this.#forgetLines();
      this.#lines.set(name, line);
    }
    return line;
  }
}

function bucketName({ connection, tenant }: Lane, bucket: string, key = ''): BucketName {
  const { id, environment } = connection.view;
  return { tenant, environment, provider: connection.provider, connection: id, bucket, key };
}

const everyCall = new WeakMap<ConnectorDefinition, Map<Method, readonly LimitUse[]>>();

/** What each call takes, by method: a connector stays as it is. */
function everyCallsUses(connector: ConnectorDefinition, method: Method): readonly LimitUse[] {
  let byMethod = everyCall.get(connector);
  if (byMethod === undefined) everyCall.set(connector, (byMethod = new Map()));
  const known = byMethod.get(method);
  if (known !== undefined) return known;
  const uses = Object.entries(connector.limits ?? {}).flatMap(([bucket, declared]): LimitUse[] => {
    const cost = typeof declared.everyCall === 'object' ? declared.everyCall[method] : declared.everyCall;
    return cost === undefined ? [] : [{ bucket, cost }];
  });
  byMethod.set(method, uses);
  return uses;
}

/** The line that a connection was used in last: a declared one is the same object in every call. */
const lastLines = new WeakMap<Connection, { tenant: string; host: string; line: string }>();

/** Calls of one line share a circuit, a bulkhead and a turn. */
export function lineName({ connector, connection, tenant, host: asked }: Lane): string {
  const host = connector.anyTarget === true ? asked : '';
  const last = lastLines.get(connection);
  if (last?.tenant === tenant && last.host === host) return last.line;
  const { environment, id } = connection.view;
  const line = JSON.stringify([tenant, environment, connection.provider, id, host]);
  lastLines.set(connection, { tenant, host, line });
  return line;
}

/** How much of a window is left, where an answer says it whole. */
function leftOf(headers: HttpAnswer['headers'], learns: LimitHeaders, nowMs: number): BucketNews['left'] {
  if (learns.when !== undefined && headers[learns.when.header]?.trim() !== learns.when.is) return undefined;
  const count = (name: string | undefined): number | undefined => {
    const text = name === undefined ? undefined : headers[name]?.trim();
    return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  };
  const remaining = count(learns.remaining);
  const resetMs = waitOfText(headers[learns.reset.header], learns.reset.as, nowMs);
  const limit = count(learns.limit);
  if (remaining === undefined || resetMs === undefined) return undefined;
  return { remaining, resetMs, ...(limit !== undefined && { limit }) };
}
