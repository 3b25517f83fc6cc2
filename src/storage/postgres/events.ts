/** Verbs on events: take one in, look one up. Lists are in event-list.ts. @module */
import type { Acceptance, EventRow, NewEvent } from '../../core/event.js';
import type { Scope } from '../../core/scope.js';
import type { Engine } from './engine.js';
import { listEvents, summaryOf, SUMMARY_COLUMNS, type SummaryColumns } from './event-list.js';
import { contentOf, EVENT_JOINED, PARCEL } from './event-row.js';

function accept(engine: Engine, scope: Scope, event: NewEvent): Promise<Acceptance> {
  return engine.groups.accept(scope, event);
}

async function get(engine: Engine, scope: Scope, id: string): Promise<EventRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<SummaryColumns & { parcel: Uint8Array | null }>(SELECT, scopeId, id);
  return row && { ...summaryOf(row), ...contentOf(row) };
}

const SELECT = `select ${SUMMARY_COLUMNS}, ${PARCEL} from ${EVENT_JOINED} where event.scope = $1 and event.id = $2`;

export const events = { accept, get, list: listEvents };
