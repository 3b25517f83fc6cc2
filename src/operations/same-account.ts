/**
 * The same account connected twice is one connection: what was granted last goes into the one that was there first.
 *
 * @module
 */
import { parseFacts, type NewOAuthConnection } from '../auth/index.js';
import type { Scope } from '../core/scope.js';
import type { ConnectionRow } from '../core/stored-connection.js';
import { present } from './fields.js';
import type { Gateway } from './gateway.js';

const PAGE = 500;
/** One after the other in this process: of two that end at once, each has to see what the other has come to. */
const turns = new WeakMap<Gateway, Promise<unknown>>();

/**
 * @param row the connection that was just made, which knows its account
 * @returns the connection that stays; its grant is the one of `given`
 */
export async function joinSameAccount(
  gateway: Gateway,
  scope: Scope,
  row: ConnectionRow,
  given: NewOAuthConnection,
): Promise<ConnectionRow> {
  const turn = (turns.get(gateway) ?? Promise.resolve()).then(() => join(gateway, scope, row, given));
  turns.set(
    gateway,
    turn.catch(() => undefined),
  );
  return await turn;
}

async function join(
  gateway: Gateway,
  scope: Scope,
  row: ConnectionRow,
  given: NewOAuthConnection,
): Promise<ConnectionRow> {
  const { connections } = await gateway.connecting();
  const { stored } = await gateway.connections();
  const same = await sameAccount(gateway, scope, row);
  const [first] = same;
  if (first === undefined) return row;
  // One that is older stays. Of younger ones, which another process made this moment, none does.
  if (!isOlder(first, row)) {
    for (const { id } of same) await stored.disconnect(scope, id, undefined);
    return row;
  }
  const renewed = await connections.replace(scope, first.id, given);
  await stored.disconnect(scope, row.id, undefined);
  return renewed;
}

/** The others of this account, the oldest first. */
async function sameAccount(gateway: Gateway, scope: Scope, row: ConnectionRow): Promise<ConnectionRow[]> {
  const { stored } = await gateway.connections();
  const wanted = accountOf(row);
  if (wanted === undefined) return [];
  const filter = { provider: row.provider, usable: true, ...present({ user: row.user }) } as const;
  const same: ConnectionRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await stored.list(scope, filter, { limit: PAGE, order: 'oldest', ...present({ cursor }) });
    same.push(...page.rows.filter((one) => one.id !== row.id && one.user === row.user && accountOf(one) === wanted));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return same;
}

/** Account and actor of what a person agreed to; `undefined` where either is not known for sure. */
function accountOf({ facts }: ConnectionRow): string | undefined {
  const { grant, account } = parseFacts(facts);
  if (grant !== 'authorization_code' || account === undefined) return undefined;
  return JSON.stringify([account.accountId, account.actor ?? '']);
}

/** Ids are in the order of their time. */
function isOlder(one: ConnectionRow, two: ConnectionRow): boolean {
  return one.createdAtMs === two.createdAtMs ? one.id < two.id : one.createdAtMs < two.createdAtMs;
}
