/**
 * S-703: one tenant's key with another tenant's ids, in every field of every operation, at every door. What it gets is
 * what it gets for something that never was, nothing of the other one is in it, and nothing of the other one has moved.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputFields, jsonSchemaOf, type JsonSchema, type Operation } from '../../src/operations/index.js';
import { allOf, HIDDEN, leaked, openTwoTenants, requestFor, shape, TABLE, type TwoTenants } from './two-tenants.js';

const RUNS = Number(process.env['FAIRLEAD_TENANT_RUNS'] ?? 150);

/** Fields that can name something of a tenant: each gets every id and word of the other one. */
const NAMING = new Set(['id', 'ids', 'source', 'event', 'connection', 'reconnect', 'callId', 'eventId', 'cause']);
for (const field of ['entity', 'name', 'key', 'cursor', 'idempotencyKey', 'targetId', 'answer', 'binding']) {
  NAMING.add(field);
}
/** Fields whose value may be a reference to a secret of the vault. */
const REFERRING = new Set(['secret', 'value']);
/** Fields that name nothing that a tenant has of its own. A new field goes here or above. */
const PLAIN = new Set(
  `provider type credential state since until again rate handler limit words schemas operation outcome note method url json text
   base64 contentType headers user label hosts check only lift scope action minutes grant app installation subject as
   environment given approver passphrase owner expiresInDays ratePerMinute by byPassphrase overlapHours purpose dueInDays
   query last follow waitSeconds format whole proofs checkpoint publicKey status target durationMs details count duplicate forge
   outOfOrder path scheme unsigned refusalStatus bodyLimit tolerance publicUrl pair scopes tenant role password email
   paymentEvent`.split(/\s+/),
);
/** In place of an id that there is. */
const NOBODYS = 'con_06gzzzzzzzzzzzzzzzzzzzzzzz';
/** Of what else is to be said for a call that makes sense. */
const BASES: Readonly<Record<string, Record<string, unknown>>> = {
  'sources.create': { provider: 'github' },
  'sources.rotateSecret': { id: NOBODYS },
  'specs.search': { provider: 'github', words: ['issue'] },
  'specs.show': { provider: 'github', operation: 'x' },
  'specs.add': { provider: 'github', document: '{}' },
  'actions.search': { words: ['message'] },
  'actions.describe': { name: 'slack.sendMessage' },
  'calls.settle': { outcome: 'took-place', note: 'a note' },
  'requests.send': { method: 'GET', url: 'https://slack.com/api/auth.test', provider: 'slack' },
  'connections.add': { provider: 'slack', secret: 'xoxb-000000000000-of-another', check: false },
  'connections.restrict': { only: ['channel=C1'] },
  'connections.connect': { provider: 'linear' },
  'connections.authorize': { provider: 'linear' },
  'connections.complete': { provider: 'linear', answer: '?code=c&state=s', binding: 'b' },
  'connections.machine': { provider: 'linear', grant: 'client_credentials' },
  'policy.explain': { action: 'slack.sendMessage', as: 'agent' },
  'approvals.approve': { approver: 'ada', passphrase: 'a passphrase of nobody' },
  'approvals.reject': { approver: 'ada', passphrase: 'a passphrase of nobody' },
  'keys.create': { name: 'one' },
  'secrets.set': { name: 'one', value: 'a secret of beta alone' },
  'secrets.rotate': { name: 'one', value: 'another secret of beta' },
  'secrets.delete': { name: 'one' },
  'audit.write': { action: 'beta.did', status: 'succeeded' },
  'audit.verify': { checkpoint: 'none', publicKey: 'none' },
  'webhooks.trigger': { provider: 'github' },
  'events.replay': { provider: 'github' },
  'dead.replay': { provider: 'github' },
  'states.get': { entity: 'order:1' },
};

/** What keeps the names it is given: asked last, since its own tenant sees them from then on, as it should. */
const KEEPING = new Set(['keys.create', 'secrets.set', 'audit.write', 'sources.create', 'connections.add']);
/** The audit log of whoever asks has what it asked for: asked first. */
const rank = ({ name, effect }: Operation): number => {
  if (name.startsWith('audit.') && effect === 'read') return 0;
  return KEEPING.has(name) ? 3 : effect === 'read' ? 1 : 2;
};

/** Operations on what tenants have; actions of providers have a test of their own. */
const OPERATIONS = TABLE.filter(({ audit, installation, name }) => {
  return (audit !== 'call' || name === 'requests.send') && installation !== true;
}).toSorted((a, b) => rank(a) - rank(b));
const ACTIONS = TABLE.filter(({ audit, name }) => audit === 'call' && name !== 'requests.send');

interface Case {
  operation: Operation;
  field: string;
  /** The input with this in the field. */
  input(value: string): Record<string, unknown>;
}

function casesOf(operation: Operation): Case[] {
  const base = BASES[operation.name] ?? {};
  const naming = inputFields(operation).filter(({ name }) => NAMING.has(name) || REFERRING.has(name));
  return naming.map(({ name: field }) => ({
    operation,
    field,
    input(value) {
      const given = REFERRING.has(field) ? `vault:${value}` : value;
      return { ...base, [field]: field === 'ids' ? [given] : given };
    },
  }));
}

function valuesFor(field: string): string[] {
  if (field === 'cursor') return world.has.cursors;
  // A secret has no colon in its name.
  return allOf(world.has).filter((value) => !REFERRING.has(field) || !value.includes(':'));
}

let world: TwoTenants;
let before: string;
beforeAll(async () => {
  world = await openTwoTenants();
  before = await world.shown();
});
afterAll(() => world.setting.close());

/** After all that the other tenant tried. */
async function untouched(): Promise<void> {
  expect(await world.shown()).toBe(before);
  const { rows } = await world.setting.store.audit.search(
    { tenant: 'acme', environment: 'sandbox' },
    {},
    { limit: 1000 },
  );
  expect(rows.filter(({ record }) => record?.includes(world.ourKeyId))).toEqual([]);
  expect(world.sent.filter((one) => one.includes('-of-this-test'))).toHaveLength(1);
}

describe('S-703: the first tenant', () => {
  it('has something of every kind, and sees it', () => {
    expect(Object.entries(world.has).filter(([, all]) => all.length === 0)).toEqual([]);
    for (const id of allOf(world.has)) expect(id.length).toBeGreaterThan(5);
    expect(before).toContain(HIDDEN);
  });
});

describe('S-703: every operation', () => {
  it('has only fields of which it is known whether they name something', () => {
    const fields = OPERATIONS.flatMap((operation) => inputFields(operation).map(({ name }) => [operation.name, name]));
    const unknown = fields.filter(([, name]) => ![NAMING, REFERRING, PLAIN].some((set) => set.has(name!)));
    expect(unknown).toEqual([]);
    expect(Object.keys(BASES).filter((name) => !TABLE.some((operation) => operation.name === name))).toEqual([]);
  });

  it.each(OPERATIONS.map((operation) => [operation.name, operation] as const))(
    'gives a key nothing of another tenant: %s',
    async (_name, operation) => {
      const cases = casesOf(operation);
      const bare = await world.ours(...requestFor(operation, { ...BASES[operation.name] }));
      expect(leaked(world.has, bare.text, '')).toEqual([]);
      if (cases.length === 0) {
        expect(operation.input.safeParse({ ...BASES[operation.name] }).success, bare.text).toBe(true);
        expect(bare.json['code']).not.toBe('internal');
      }
      for (const one of cases) {
        // A case that is refused for its form shows nothing.
        expect(operation.input.safeParse(one.input(NOBODYS)).success, `${operation.name} ${one.field}`).toBe(true);
        const nobodys = await world.ours(...requestFor(operation, one.input(NOBODYS)));
        for (const value of valuesFor(one.field)) {
          const answer = await world.ours(...requestFor(operation, one.input(value)));
          expect(answer.json['code'], `${one.field}=${value}: ${answer.text}`).not.toBe('internal');
          expect(leaked(world.has, answer.text, value), `${one.field}=${value}`).toEqual([]);
          if (one.field === 'cursor' || !operation.input.safeParse(one.input(value)).success) continue;
          const seen = [answer.status, shape(answer.text, [value])];
          expect(seen, `${one.field}=${value}`).toEqual([nobodys.status, shape(nobodys.text, [NOBODYS])]);
        }
      }
    },
  );

  it('changes nothing of the other tenant', untouched);
});

describe('S-703: every action', () => {
  it('goes through no connection of another tenant', async () => {
    let valid = 0;
    for (const operation of ACTIONS) {
      const input = sample(jsonSchemaOf(operation.input, 'input')) as Record<string, unknown>;
      valid += Number(operation.input.safeParse(input).success);
      const [method, path, body] = requestFor(operation, input);
      const send = (id: string) => world.ours(method, path, body, { 'fairlead-connection': id });
      const nobodys = await send(NOBODYS);
      const [theirs = ''] = world.has.connections;
      const answer = await send(theirs);
      expect(leaked(world.has, answer.text, theirs), operation.name).toEqual([]);
      expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
      expect([answer.status, shape(answer.text, [theirs])], operation.name).toEqual([
        nobodys.status,
        shape(nobodys.text, [NOBODYS]),
      ]);
    }
    expect(valid / ACTIONS.length).toBeGreaterThan(0.5);
    await untouched();
  });

  it('gives no answer of a call that another tenant made under the same key', async () => {
    const message = { channel: 'C024BE91L', text: `${HIDDEN} says hello` };
    const key = { 'idempotency-key': 'canary-of-acme-call' };
    const added = await world.ours('POST', '/v1/connections', { ...BASES['connections.add'] });
    const { id } = added.json['connection'] as { id: string };
    const headers = { ...key, 'fairlead-connection': id };
    const sent = await world.ours('POST', '/v1/actions/slack.sendMessage', message, headers);
    expect([sent.status, sent.json['state']]).toEqual([200, 'done']);
    expect(world.sent.at(-1)).toContain('-of-another');
    await untouched();
  });
});

describe('S-703: any input', () => {
  it('of any operation gives nothing of another tenant', { timeout: 60_000 }, async () => {
    const pool = fc.constantFrom(...allOf(world.has), ...world.has.cursors, 'acme', 'canary-of-acme', '*', '%', '');
    // What it asked for and kept itself by now is no secret; the rest of what the other one has is.
    const hidden = [HIDDEN, 'a secret of acme', '-of-this-test'];
    const value = fc.oneof(pool, fc.string(), fc.nat(5), fc.boolean(), fc.array(pool, { maxLength: 3 }));
    const asked = fc.constantFrom(...TABLE).chain((operation) => {
      const names = inputFields(operation).map(({ name }) => name);
      const fields = fc.dictionary(fc.constantFrom('tenant', ...names), value, { maxKeys: 4, noNullPrototype: true });
      return fc.record({ operation: fc.constant(operation), fields, isBased: fc.boolean(), isLines: fc.boolean() });
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ operation, fields, isBased, isLines }) => {
        const input = isBased ? { ...BASES[operation.name], ...fields } : fields;
        if (input['follow'] !== undefined) delete input['follow'];
        const headers: Record<string, string> = isLines ? { accept: 'application/x-ndjson' } : {};
        const answer = await world.ours(...requestFor(operation, input), headers);
        expect(answer.json['code'], answer.text).not.toBe('internal');
        expect(hidden.filter((one) => answer.text.includes(one))).toEqual([]);
      }),
      { numRuns: RUNS, seed: 7 },
    );
    await untouched();
  });
});

/** An open stream of server-sent events, read as it comes: one that nobody reads is cut off. */
async function follow({ app }: TwoTenants, key: string, path: string, from: Record<string, string> = {}) {
  const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream', ...from };
  const { status, body } = await app.request(`http://localhost${path}`, { headers });
  const reader = body!.getReader();
  const stream = { status, text: '', close: () => reader.cancel() };
  const take = async (): Promise<void> => {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      stream.text += new TextDecoder().decode(piece.value);
    }
  };
  void take();
  return stream;
}

describe('S-703: every stream', () => {
  const STREAMS = TABLE.filter(({ resumes }) => resumes !== undefined).map(({ name, http }) => [name, http.path]);
  const A_ROW = /^id: (.*)$/m;
  const QUIET_MS = 20_000;

  it.each(STREAMS)('sends nothing of another tenant, from anywhere: %s', async (_name, path = '') => {
    const { clock, gateway } = world.setting;
    const known = await follow(world, world.theirKey, `${path}?cursor=0`);
    await clock.advance(QUIET_MS);
    const [, place = ''] = A_ROW.exec(known.text)!;
    const ours = [
      await follow(world, world.ourKey, `${path}?cursor=0`),
      await follow(world, world.ourKey, path),
      await follow(world, world.ourKey, path, { 'last-event-id': place }),
    ];
    const theirs = await follow(world, world.theirKey, path);
    await world.theirs('POST', '/v1/webhooks/trigger', { provider: 'github' });
    await world.theirs('POST', '/v1/audit', { action: `${HIDDEN}.moved` });
    await gateway.sequenceAudit();
    await clock.advance(QUIET_MS);
    expect(theirs.text).toMatch(A_ROW);
    // Its own audit log has what it asked for by now; the rest of what the other one saw it cannot know.
    const asked = allOf(world.has);
    const fresh = [...theirs.text.matchAll(/\b(?:evt|aud|call)_\w{26}/g)]
      .map(([id]) => id)
      .filter((id) => !asked.includes(id));
    expect(fresh.length).toBeGreaterThan(0);
    for (const { status, text } of ours) {
      expect([status, text]).toEqual([200, expect.stringContaining(': still here')]);
      expect([HIDDEN, ...fresh].filter((one) => text.includes(one))).toEqual([]);
    }
    await Promise.all([known, theirs, ...ours].map((stream) => stream.close()));
  });
});

/** Something that fits a schema, where that is easy to say. */
function sample(schema: JsonSchema): unknown {
  const {
    type,
    properties = {},
    required = [],
    enum: values,
    anyOf,
    minItems = 0,
    items,
    minimum = 1,
    pattern,
    format,
  } = schema as Loose;
  if (schema.const !== undefined) return schema.const;
  if (values !== undefined) return values[0];
  if (anyOf !== undefined) return sample(anyOf[0]!);
  if (type === 'object') return Object.fromEntries(required.map((name) => [name, sample(properties[name] ?? {})]));
  if (type === 'array') return Array.from({ length: minItems }, () => sample(items ?? {}));
  if (type === 'number' || type === 'integer') return minimum;
  if (type === 'boolean') return false;
  if (pattern !== undefined) return fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 1, seed: 7 })[0];
  return format === 'date-time' ? '2026-01-31T12:00:00Z' : format === 'uri' ? 'https://example.com/' : 'C024BE91L';
}

interface Loose {
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  enum?: unknown[];
  anyOf?: JsonSchema[];
  minItems?: number;
  items?: JsonSchema;
  minimum?: number;
  pattern?: string;
  format?: string;
}
