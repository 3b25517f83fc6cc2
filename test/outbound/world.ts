/**
 * The outbound pipeline in virtual time: the real one, over the real ledger in memory, against routes of a test. The
 * provider `acme` has one action for each way in which a provider can, or cannot, tell a repeat.
 */
import { z } from 'zod';
import { auditEntry, type Sealer } from '../../src/audit/index.js';
import { EnvironmentConnections, FetchedSecrets, type ConnectionSettings } from '../../src/auth/index.js';
import { CONNECTORS } from '../../src/connectors/index.js';
import type { AuditRecord } from '../../src/core/audit.js';
import type { CallResult } from '../../src/core/call.js';
import type { ConnectionSource } from '../../src/core/connection.js';
import {
  defineAction,
  defineConnector,
  type ActionDefinition,
  type ConnectorDefinition,
} from '../../src/core/connector.js';
import { newId } from '../../src/core/ids.js';
import { isObject, parseJsonObject } from '../../src/core/json.js';
import type { CallContext } from '../../src/core/operation.js';
import type { Net } from '../../src/core/ports.js';
import type { Principal } from '../../src/core/principal.js';
import { failureByStatus } from '../../src/core/provider-failure.js';
import type { Environment } from '../../src/core/scope.js';
import { SecretSet } from '../../src/core/secret-set.js';
import { found, NOT_FOUND, UNDECIDED } from '../../src/core/verdict.js';
import { Outbound, type OutboundSettings } from '../../src/outbound/index.js';
import type { Policy } from '../../src/policy/index.js';
import { openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import { virtualHost, type VirtualHostOptions } from '../../src/testing/index.js';

export const API = 'https://api.acme.test/v1';
export const TOKEN = 'acme-token-of-nobody-0123456789';
export const DAY_MS = 86_400_000;
export const SETTLE_MS = 10_000;

const input = z.strictObject({ name: z.string().max(100) });
const output = z.strictObject({ id: z.string() });

type Thing = ActionDefinition<z.output<typeof input>, z.output<typeof output>>;

const thing: Thing = {
  summary: 'Makes a thing at acme',
  effect: 'create',
  input,
  output,
  target: ({ name }) => ({ type: 'thing', id: name }),
  request: (json) => ({ method: 'POST', url: '/things', json }),
  parse: ({ body }) => parseJsonObject(body),
  idempotency: 'none',
  settleMs: SETTLE_MS,
};

const keyed: Thing['idempotency'] = { header: 'Idempotency-Key', keyTtlMs: DAY_MS, source: 'test' };

const listed: Thing['reconcile'] = {
  request: (_input, _mark, _view, sinceMs) => ({ method: 'GET', url: `/things?since=${sinceMs}` }),
  read: ({ body }, _input, mark) => {
    const things = parseJsonObject(body)?.['things'];
    if (!Array.isArray(things)) return UNDECIDED;
    const thing: unknown = things.find((one: unknown) => isObject(one) && one['mark'] === mark);
    return isObject(thing) ? found({ id: thing['id'] as string }) : NOT_FOUND;
  },
};

export const acme = defineConnector({
  apiVersion: 1,
  provider: 'acme',
  title: 'Acme',
  hosts: ['api.acme.test'],
  baseUrl: API,
  envAliases: [{ variable: 'ACME_TOKEN', makes: 'connection', credential: 'bearer' }],
  classify: (answer, nowMs) => failureByStatus(answer, nowMs),
  actions: {
    make: defineAction(thing),
    makeKeyed: defineAction({ ...thing, idempotency: keyed }),
    makeListed: defineAction({ ...thing, reconcile: listed }),
    change: defineAction({ ...thing, effect: 'update', reconcile: listed }),
    read: defineAction({
      ...thing,
      effect: 'read',
      request: ({ name }) => ({ method: 'GET', url: `/things/${name}` }),
    }),
    pay: defineAction({ ...thing, effect: 'pay', idempotency: keyed }),
    reveal: defineAction({ ...thing, secretFields: ['id'] }),
    stray: defineAction({ ...thing, request: () => ({ method: 'POST', url: 'https://evil.test/things' }) }),
    stumble: defineAction({ ...thing, request: () => JSON.parse('{') as never }),
  },
});

export const PERSON: Principal = { type: 'person', id: 'prn_ada', scopes: ['read', 'write'], via: 'cli' };

export interface WorldOptions extends VirtualHostOptions {
  settings?: Partial<ConnectionSettings>;
  outbound?: Partial<OutboundSettings>;
  connectors?: readonly ConnectorDefinition[];
  policy?: Policy;
  /** Another network than the virtual one. */
  net?: Net;
  /** Around every commit of the store, see `openSqliteInProcess`. */
  pause?: (before: 'commit' | 'answer') => Promise<void>;
  /** Other connections than those of the environment. */
  connections?: (own: ConnectionSource) => ConnectionSource;
}

/** Seals nothing: what is sealed beside an entry is not this file's subject. */
const sealer: Sealer = { seal: (plain) => plain, open: (sealed) => sealed };

export async function outboundWorld(options: WorldOptions = {}) {
  const variables = { ACME_TOKEN: TOKEN, ...options.env };
  const secrets = new SecretSet();
  const host = virtualHost({ ...options, env: variables, secrets });
  const { clock, random, net, log } = host;
  let store = await openSqliteInProcess(':memory:', { clock, ...(options.pause && { pause: options.pause }) });
  const connectors = options.connectors ?? [acme, ...CONNECTORS];
  const environment: Environment = options.settings?.environment ?? 'sandbox';
  const settings = { environment, variables, connections: {}, saasHosts: [], idempotentHosts: [], ...options.settings };
  const reader = new FetchedSecrets({ sources: host.secretSources, clock, secrets });
  const own = new EnvironmentConnections(settings, connectors, reader);
  const connections = options.connections?.(own) ?? own;
  const scope = { tenant: 'default', environment };
  const nobody = new Promise<never>(() => {});
  let kill = (): void => {};
  /** What a killed process has begun stays as it is: it sends nothing more, and hears nothing. */
  const mortalNet = (under: Net): Net => {
    let isAlive = true;
    kill = () => (isAlive = false);
    return {
      async send(request) {
        if (!isAlive) return await nobody;
        const result = await under.send(request);
        return isAlive ? result : await nobody;
      },
    };
  };
  /** Another process over the same ledger. */
  const newProcess = (mortal: Net = options.net ?? net): Outbound =>
    new Outbound({
      connectors,
      connections,
      calls: store.calls,
      approvals: store.approvals,
      spend: store.spend,
      audit: store.audit,
      entry: (at, draft) => auditEntry({ clock, random, sealer, secrets }, at, draft),
      net: mortal,
      clock,
      random,
      log,
      secrets,
      ...(options.policy && { policy: options.policy }),
      ...(options.outbound && { settings: options.outbound }),
    });
  let outbound = newProcess(mortalNet(options.net ?? net));
  const begin = (
    action: string,
    given: unknown,
    more: Partial<CallContext> & { uses?: readonly string[]; connectionId?: string; by?: Outbound } = {},
  ): Promise<CallResult> => {
    const { uses, connectionId, by = outbound, ...context } = more;
    return by.call({
      action,
      input: given,
      context: { scope, principal: PERSON, callId: newId('call', clock, random), dryRun: false, ...context },
      ...(uses && { uses }),
      ...(connectionId !== undefined && { connectionId }),
    });
  };
  return {
    ...host,
    secrets,
    get store() {
      return store;
    },
    connections,
    newProcess,
    /** Kills the process as it is: what it has begun stays undone. */
    kill(): void {
      kill();
      store.crash();
    },
    /** Kills it, and opens what is on the disk in the next one. */
    async restart(): Promise<void> {
      kill();
      store.crash();
      store = await store.reopen();
      outbound = newProcess(mortalNet(options.net ?? net));
    },
    begin,
    /** Makes a call and lets time pass until it has ended. */
    call: (...call: Parameters<typeof begin>) => clock.runUntil(begin(...call)),
    /** The audit records so far, oldest first. */
    records: async (): Promise<AuditRecord[]> => {
      const page = await store.audit.search(scope, {}, { limit: 1_000, order: 'oldest' });
      return page.rows.map(({ record }) => JSON.parse(record ?? '{}') as AuditRecord);
    },
    row: async (callId: string) => await store.calls.get(scope, callId),
  };
}

export type World = Awaited<ReturnType<typeof outboundWorld>>;
