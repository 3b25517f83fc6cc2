/** The connector that docs/guide/connectors.md explains. */
import { z } from 'zod';
import {
  bodyCursor,
  classifier,
  defineAction,
  defineConnector,
  found,
  isObject,
  NOT_FOUND,
  parseJsonObject,
  path,
  UNDECIDED,
} from '../../src/connector.js';

const rental = z.strictObject({ id: z.string(), bike: z.string(), amount: z.int(), currency: z.string() });
type Rental = z.output<typeof rental>;

/** What the provider sends has more fields than we promise. */
const rentalFrom = (value: unknown): unknown => {
  if (!isObject(value)) return undefined;
  return { id: value['id'], bike: value['bike_id'], amount: value['amount'], currency: value['currency'] };
};

const startInput = z.strictObject({
  station: z.string().min(1).max(100).describe('id or name of the station'),
  bike: z.string().regex(/^b_\w{1,40}$/),
  amount: z.int().positive().describe('in the smallest unit'),
  currency: z.string().length(3),
});

const startRental = defineAction<z.output<typeof startInput>, Rental>({
  summary: 'Starts the rental of a bike and charges the deposit',
  effect: 'pay',
  endpoint: 'POST /stations/{station}/rentals',
  input: startInput,
  output: rental,
  target: ({ bike }) => ({ type: 'bike', id: bike }),
  touches: ({ station }) => [{ type: 'station', id: station }],
  money: [{ amount: 'amount', currency: 'currency' }],
  lookups: [
    {
      what: 'station',
      name: ({ station }) => (station.startsWith('st_') ? undefined : station),
      request: (name) => ({ method: 'GET', url: '/stations', query: { name } }),
      read: ({ body }, name) => {
        const stations = parseJsonObject(body)?.['stations'];
        if (!Array.isArray(stations)) return UNDECIDED;
        const station: unknown = stations.find((one: unknown) => isObject(one) && one['name'] === name);
        return isObject(station) ? found(String(station['id'])) : NOT_FOUND;
      },
      apply: (input, station) => ({ ...input, station }),
    },
  ],
  request: ({ station, bike, amount, currency }, _connection, marker) => ({
    method: 'POST',
    url: path`/stations/${station}/rentals`,
    form: { bike_id: bike, deposit: { amount, currency }, metadata: { key: marker } },
  }),
  parse: ({ body }) => rentalFrom(parseJsonObject(body)),
  idempotency: { header: 'Idempotency-Key', keyTtlMs: 86_400_000, source: 'bikes.example/docs/idempotency' },
  reconcile: {
    request: (_input, _marker, _connection, sinceMs) => ({
      method: 'GET',
      url: '/rentals',
      query: { since: Math.floor(sinceMs / 1000), limit: 100 },
    }),
    read: ({ body }, _input, marker) => {
      const listing = parseJsonObject(body);
      const rentals = listing?.['rentals'];
      if (!Array.isArray(rentals)) return UNDECIDED;
      const ours: unknown = rentals.find((one: unknown) => isObject(one) && one['key'] === marker);
      if (ours !== undefined) return found(rentalFrom(ours) as Rental);
      return listing?.['next'] === null ? NOT_FOUND : UNDECIDED;
    },
  },
  settleMs: 5_000,
  settleSource: 'bikes.example/docs/consistency',
  limits: ({ station }) => [{ bucket: 'station', key: station }],
});

const listInput = z.strictObject({ cursor: z.string().max(200).optional() });
const listOutput = z.strictObject({ rentals: z.array(rental), nextCursor: z.string().optional() });

const listRentals = defineAction<z.output<typeof listInput>, z.output<typeof listOutput>>({
  summary: 'Lists rentals, newest first',
  effect: 'read',
  endpoint: 'GET /rentals',
  input: listInput,
  output: listOutput,
  target: () => ({ type: 'rental', id: '*' }),
  request: ({ cursor }) => ({ method: 'GET', url: '/rentals', query: { after: cursor, limit: 100 } }),
  parse: ({ body }) => {
    const listing = parseJsonObject(body);
    const rentals = listing?.['rentals'];
    const nextCursor = bodyCursor(listing, 'next');
    return { rentals: Array.isArray(rentals) ? rentals.map(rentalFrom) : undefined, ...(nextCursor && { nextCursor }) };
  },
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'rentals' },
});

const classify = classifier({
  requestId: ['x-bikes-request'],
  providerCode: ['error.code'],
  says: ['error.message'],
  prefix: 'Bikes says: ',
  rules: [{ when: { status: 403, headers: { 'x-quota-left': '0' } }, code: 'rate_limited', unsaidWaitMs: 60_000 }],
  codes: {
    bike_taken: 'somebody else has taken the bike',
    card_declined: 'Card was declined',
    key_revoked: { code: 'provider_auth', problem: 'the key was revoked' },
  },
  waits: [{ from: { header: 'x-quota-reset' }, as: 'epoch-seconds' }],
});

const RENTAL = { id: 'r_1', bike_id: 'b_7', amount: 500, currency: 'JPY', key: 'example-key', colour: 'red' };
const OUTPUT = { id: 'r_1', bike: 'b_7', amount: 500, currency: 'JPY' };
const START = { station: 'Main Square', bike: 'b_7', amount: 500, currency: 'JPY' };

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'bikes',
  title: 'Bikes',
  hosts: ['api.bikes.example'],
  baseUrl: 'https://api.bikes.example/v2',
  headers: { 'bikes-version': '2026-01-15' },
  envAliases: [{ variable: 'BIKES_API_KEY', makes: 'connection', credential: 'bearer' }],
  actions: { startRental, listRentals },
  classify,
  limits: {
    all: { covers: 'one account', ratePerSecond: 10, burst: 20, everyCall: 1, source: 'bikes.example/docs/limits' },
    station: { covers: 'one station', per: 'account', ratePerSecond: 1, source: 'bikes.example/docs/limits' },
  },
  identity: {
    request: () => ({ method: 'GET', url: '/me' }),
    read: ({ body }) => {
      const me = parseJsonObject(body);
      if (typeof me?.['id'] !== 'string' || typeof me['name'] !== 'string') return undefined;
      return { accountId: me['id'], account: me['name'] };
    },
  },
  health: { request: () => ({ method: 'GET', url: '/me' }), intervalMs: 300_000 },
  examples: {
    answers: [
      { name: 'a rental', answer: { status: 201, body: RENTAL }, means: 'success' },
      {
        name: 'no money',
        answer: { status: 402, headers: { 'x-bikes-request': 'q1' }, body: { error: { code: 'card_declined' } } },
        means: { code: 'provider_rejected', problem: 'Card was declined', requestId: 'q1' },
      },
      {
        name: 'too fast, without a time',
        answer: { status: 403, headers: { 'x-quota-left': '0' } },
        means: { code: 'rate_limited', retryAfterMs: 60_000, safeToRetry: true },
      },
    ],
    calls: {
      startRental: [
        {
          input: START,
          lookups: [{ body: { stations: [{ id: 'st_1', name: 'Main Square' }] } }],
          request: {
            method: 'POST',
            url: '/stations/st_1/rentals',
            headers: { 'bikes-version': '2026-01-15' },
            form: { bike_id: 'b_7', deposit: { amount: 500, currency: 'JPY' }, metadata: { key: 'example-key' } },
          },
          answer: { status: 201, body: RENTAL },
          output: OUTPUT,
        },
      ],
      listRentals: [
        {
          input: { cursor: 'c1' },
          request: { method: 'GET', url: '/rentals', query: { after: 'c1', limit: 100 } },
          answer: { body: { rentals: [RENTAL], next: 'c2' } },
          output: { rentals: [OUTPUT], nextCursor: 'c2' },
        },
      ],
    },
    reconciles: {
      startRental: [
        { input: START, answers: [{ body: { rentals: [RENTAL], next: 'c2' } }], means: { found: OUTPUT } },
        { input: START, answers: [{ body: { rentals: [], next: null } }], means: 'not_found' },
      ],
    },
    identity: { answer: { body: { id: 'acc_1', name: 'Acme' } }, is: { accountId: 'acc_1', account: 'Acme' } },
  },
});
