/**
 * The numbers that go up: rowids in commit order, leaves of the two trees, how many events there are.
 *
 * Read once, counted in memory, and with one exception implied by the rows themselves: how many events retention has
 * taken is written down, so that nobody ever counts rows.
 *
 * @module
 */
import type { Environment } from '../../core/scope.js';
import type { Sql } from './sql.js';

interface Loaded {
  event: number;
  segment: number;
  audit: number;
  leaf: Record<Environment, number>;
  /** Numbers of events that have no row any more. */
  gone: number;
  storedAtMs: number;
}

export class Numbers {
  #loaded: Loaded | undefined;
  #goneWritten: number | null = null;

  constructor(readonly sql: Sql) {}

  reset(): void {
    this.#loaded = undefined;
  }

  nextEvent(): number {
    return ++this.#all().event;
  }

  /** The number of the newest event. */
  get lastEvent(): number {
    return this.#all().event;
  }

  nextSegment(): number {
    return ++this.#all().segment;
  }

  nextAudit(): number {
    return ++this.#all().audit;
  }

  /** The number of the next leaf of an environment's tree; its index is one less. */
  nextLeaf(environment: Environment): number {
    return ++this.#all().leaf[environment];
  }

  leaves(environment: Environment): number {
    return this.#all().leaf[environment];
  }

  get events(): number {
    const { event, gone } = this.#all();
    return event - gone;
  }

  eventsRemoved(count: number): void {
    this.#all().gone += count;
  }

  /** To be called before rows are deleted: a number that leaves or event rows still point to must not come again. */
  rememberHighest(): void {
    const { event, segment, audit } = this.#all();
    for (const [name, value] of Object.entries({ event, segment, audit })) this.sql.run(SET, name, value);
  }

  /** The time for `stored_at` columns: never less than any before, even if a clock was set back between two starts. */
  storedAtMs(nowMs: number): number {
    const at = this.#all();
    if (nowMs > at.storedAtMs) at.storedAtMs = nowMs;
    return at.storedAtMs;
  }

  flush(): void {
    if (this.#loaded === undefined || this.#loaded.gone === this.#goneWritten) return;
    this.sql.run(SET, 'events_gone', this.#loaded.gone);
    this.#goneWritten = this.#loaded.gone;
  }

  #all(): Loaded {
    return (this.#loaded ??= this.#load());
  }

  #load(): Loaded {
    const row = this.sql.one<Columns>(LOAD)!;
    this.#goneWritten = row.gone;
    return {
      event: row.event,
      segment: row.segment,
      audit: row.audit,
      leaf: { sandbox: row.sandbox, live: row.live },
      // A database whose events were counted one by one until now.
      gone: row.gone ?? (row.events === null ? 0 : row.event - row.events),
      storedAtMs: row.storedAtMs,
    };
  }
}

type Columns = Record<'event' | 'segment' | 'audit' | 'sandbox' | 'live' | 'storedAtMs', number> &
  Record<'events' | 'gone', number | null>;

const SET = `insert into meta (name, value) values (?, ?) on conflict (name) do update set value = excluded.value`;

const LOAD = `select
  max(coalesce((select max(seq) from event), 0), coalesce((select value from meta where name = 'event'), 0)) as event,
  max(coalesce((select max(id) from segment), 0), coalesce((select value from meta where name = 'segment'), 0))
    as segment,
  max(coalesce((select max(seq) from audit), 0), coalesce((select value from meta where name = 'audit'), 0)) as audit,
  coalesce((select max(n) from leaf_sandbox), 0) as sandbox,
  coalesce((select max(n) from leaf_live), 0) as live,
  (select value from meta where name = 'events') as events,
  (select value from meta where name = 'events_gone') as gone,
  max(
    coalesce((select stored_at from event order by seq desc limit 1), 0),
    coalesce((select stored_at from audit order by seq desc limit 1), 0)
  ) as storedAtMs`;
