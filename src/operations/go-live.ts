/** `doctor --go-live`: what should hold before real accounts are acted on, each answer with what to do. @module */
import { z } from 'zod';
import { searchAudit, parseAuditQuery } from '../audit/index.js';
import { factsOf, hasAuth, missingScopes, parseFacts, wantedScopes, type DeclaredConnection } from '../auth/index.js';
import type { CallContext } from '../core/operation.js';
import { isLoopbackName } from '../core/host-list.js';
import { weigh, type Finding } from '../core/known-finding.js';
import { redact } from '../core/redact.js';
import { ENVIRONMENTS, type Scope } from '../core/scope.js';
import type { SecretSummary } from '../core/secret.js';
import type { Page, PageRequest } from '../core/store.js';
import type { ConnectionRow } from '../core/stored-connection.js';
import { checkReport } from './fields.js';
import { operation, type Check, type Gateway } from './gateway.js';

const PAGE = 200;
/** Of connections and of secrets: an installation with more has them looked at by a program, not by a person. */
const ROWS_MAX = 10_000;
const NAMED_MAX = 5;
const CANARY_BYTES = 18;

/** What the checks look at, read once. */
interface Inventory {
  rows: readonly ConnectionRow[];
  declared: readonly DeclaredConnection[];
  secrets: readonly SecretSummary[];
}

const goLive = operation({
  name: 'system.goLive',
  summary: 'Checks what should hold before Fairlead acts on real accounts, and says how to mend the rest',
  installation: true,
  input: z.strictObject({}),
  output: checkReport,
  effect: 'read',
  scope: 'admin',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'installation', id: '*' }) },
  http: { method: 'GET', path: '/v1/go-live' },
  cli: { words: 'go-live', table: { rows: 'checks', columns: ['ok', 'name', 'says'] } },
  async run(gateway, context) {
    const inventory = await take(gateway, context);
    const checks = [
      environmentCheck(context),
      publicUrlCheck(gateway),
      await keysApartCheck(gateway, context.scope),
      await rotationCheck(gateway, inventory),
      await scopesCheck(gateway, inventory),
      await sourcesCheck(gateway, context.scope),
      await canaryCheck(gateway, context),
    ];
    return { ok: checks.every(({ ok }) => ok), checks };
  },
});

async function take(gateway: Gateway, { scope }: CallContext): Promise<Inventory> {
  const { environment, stored } = await gateway.connections();
  return {
    rows: await all((page) => stored.list(scope, {}, page)).then((rows) => rows.filter(isAlive)),
    declared: environment.list(scope),
    secrets: await all((page) => gateway.secrets.list(scope, 'named', page)),
  };
}

const isAlive = ({ state }: ConnectionRow): boolean => state !== 'disconnected';

async function all<Row>(list: (page: PageRequest) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor });
    rows.push(...page.rows);
    cursor = page.cursor;
  } while (cursor !== undefined && rows.length < ROWS_MAX);
  return rows;
}

function environmentCheck({ scope }: CallContext): Check {
  const ok = scope.environment === 'live';
  const says = ok ? 'live' : `this is ${scope.environment}; start with INTEGRATION_ENV=live, with the keys for it`;
  return { name: 'environment', ok, says };
}

/** Providers and browsers have to reach us from outside, and what they send is to be read by nobody on the way. */
function publicUrlCheck(gateway: Gateway): Check {
  const url = new URL(gateway.address());
  const name = 'public url';
  if (isLoopbackName(url.hostname)) {
    return {
      name,
      ok: false,
      says: `${url.origin} is this machine alone; set FAIRLEAD_PUBLIC_URL to an https address`,
    };
  }
  const ok = url.protocol === 'https:';
  return { name, ok, says: ok ? url.origin : `${url.origin} is not encrypted; set FAIRLEAD_PUBLIC_URL to https://` };
}

/** One credential in both environments means that a test acts on real accounts. */
async function keysApartCheck(gateway: Gateway, scope: Scope): Promise<Check> {
  const name = 'live and test keys';
  const owners = new Map<string, string[]>();
  for (const environment of ENVIRONMENTS) {
    for (const [owner, text] of await credentialsOf(gateway, { ...scope, environment })) {
      owners.set(text, [...(owners.get(text) ?? []), `${environment} ${owner}`]);
    }
  }
  const both = [...owners.values()].find((of) => ENVIRONMENTS.every((one) => of.some((text) => text.startsWith(one))));
  if (both === undefined) return { name, ok: true, says: 'no credential is used in both environments' };
  const says = `${both.join(' and ')} use the same credential; connect one of them with a key of its own`;
  return { name, ok: false, says };
}

/** Whose credential, and the credential. What cannot be opened now is the business of other checks. */
async function credentialsOf(gateway: Gateway, scope: Scope): Promise<[owner: string, text: string][]> {
  const found: [string, string][] = [];
  const { environment, stored } = await gateway.connections();
  for (const { id } of (await all((page) => stored.list(scope, {}, page))).filter(isAlive)) {
    const text = await gateway.secrets.read(scope, 'connection', id).catch(() => undefined);
    if (text !== undefined) found.push([id, text]);
  }
  for (const { credentials, id } of environment.list(scope)) {
    for (const { reference } of credentials) {
      const text = await environment.read(reference).catch(() => undefined);
      if (text !== undefined) found.push([id, text]);
    }
  }
  return found;
}

/** A key that nobody answers for and nobody replaces is the one that leaks unnoticed. */
async function rotationCheck(gateway: Gateway, { rows, declared, secrets }: Inventory): Promise<Check> {
  const nowMs = gateway.clock.nowMs();
  const findings = [...secrets.flatMap((secret) => rotationOf(secret, nowMs)), ...rows.flatMap(rotationOfConnection)];
  const { baseUrlOf } = await gateway.connecting();
  const simulated: string[] = [];
  for (const { provider, environment, credentials } of declared) {
    const literal = credentials.filter(({ variable, reference }) => reference === `env:${variable}`);
    // In sandbox a key that goes to this machine alone is a simulator's: nobody has to answer for it.
    const isSimulated = environment === 'sandbox' && isOfThisMachine(baseUrlOf(provider, environment));
    if (isSimulated) simulated.push(...literal.map(({ variable }) => variable));
    else findings.push(...literal.map(({ variable }) => rotationOfVariable(variable)));
  }
  const beside = simulated.length === 0 ? '' : ` (${listed(simulated)} goes to a simulator on this machine)`;
  return weigh('rotation and owner', findings, gateway.knownFindings, {
    none: `known for every key${beside}`,
    open: (items) => `not known for ${listed(items)}`,
  });
}

const isOfThisMachine = (url: string): boolean => URL.canParse(url) && isLoopbackName(new URL(url).hostname);

function rotationOf(secret: SecretSummary, nowMs: number): Finding[] {
  const { owner, dueAtMs } = factsOf(secret);
  const { name: finding } = secret;
  const lacks = [owner === undefined ? '--owner' : '', dueAtMs === undefined ? '--due-in-days' : ''].filter(Boolean);
  if (lacks.length > 0) {
    return [{ finding, says: `secret ${finding} (fairlead secret rotate ${finding} ${lacks.join(' ')})` }];
  }
  return Number(dueAtMs) > nowMs ? [] : [{ finding, says: `secret ${finding} (was due; fairlead secret rotate it)` }];
}

function rotationOfConnection({ id, provider, facts }: ConnectionRow): Finding[] {
  const { grant, reference } = parseFacts(facts);
  const isNamed = grant !== undefined || reference !== undefined;
  return isNamed ? [] : [{ finding: id, says: `${provider} connection ${id} (${KEEP_IT})` }];
}

function rotationOfVariable(variable: string): Finding {
  return { finding: variable, says: `variable ${variable} (${KEEP_IT}, then ${variable}=vault:NAME)` };
}

const KEEP_IT = 'keep it: fairlead secret set NAME --owner WHO --due-in-days 90, and use vault:NAME';

/** Passes and lists: what may write is a decision, and somebody should see it once more. */
async function scopesCheck(gateway: Gateway, { rows }: Inventory): Promise<Check> {
  const connectors = await gateway.connectors();
  const beyond = rows.flatMap(({ id, provider, facts }) => {
    const connector = connectors.find((one) => one.provider === provider);
    const { granted } = parseFacts(facts);
    if (connector === undefined || granted === undefined || !hasAuth(connector)) return [];
    const more = missingScopes(connector.auth.scopes, wantedScopes(connector, {}), granted);
    return more.length === 0 ? [] : [`${provider} ${id}: ${more.join(' ')}`];
  });
  const says = beyond.length === 0 ? 'every connection by OAuth only reads' : `beyond reading: ${listed(beyond)}`;
  return { name: 'scopes', ok: true, says };
}

async function sourcesCheck(gateway: Gateway, scope: Scope): Promise<Check> {
  const unsigned = (await gateway.store.sources.list(scope)).filter((row) => row.unsignedReason !== undefined);
  const findings = unsigned.map(({ id, unsignedReason }) => ({ finding: id, says: `${id} (${unsignedReason})` }));
  return weigh('sources', findings, gateway.knownFindings, {
    none: 'each verifies what it receives',
    open: (items) => `take anything from anybody: ${listed(items)}; give them a secret`,
  });
}

/** Plants secrets that nobody has and looks for them in what would be written; then for real ones in what was. */
async function canaryCheck(gateway: Gateway, context: CallContext): Promise<Check> {
  const name = 'redaction';
  const canaries = ['sk_live_', 'xoxb-', 'ghp_', ''].map(
    (prefix) => prefix + Buffer.from(gateway.random.bytes(CANARY_BYTES)).toString('hex'),
  );
  gateway.secrets.handedOut(canaries.at(-1));
  const entry = gateway.entry(context, {
    phase: 'outcome',
    action: 'system.goLive',
    status: 'previewed',
    target: { type: 'installation', id: '*' },
    details: { planted: canaries.join(' ') },
  });
  const written = JSON.stringify([redact(canaries, gateway.recorder.secrets), entry.record]);
  const got = canaries.filter((canary) => written.includes(canary));
  if (got.length > 0) return { name, ok: false, says: 'a planted secret got through; do not go live, and report it' };
  const found = await searchAudit(gateway.store.audit, context.scope, parseAuditQuery('', gateway.clock.nowMs()), {
    limit: PAGE,
  });
  const leaked = found.entries.find((view) => gateway.recorder.secrets?.occursIn(JSON.stringify(view)) === true);
  const says =
    leaked === undefined
      ? `planted secrets were masked; none of the known ones is in the last ${found.entries.length} audit entries`
      : `audit entry ${leaked.id} holds a secret; replace that secret`;
  return { name, ok: leaked === undefined, says };
}

function listed(items: readonly string[]): string {
  const more = items.length - NAMED_MAX;
  return items.slice(0, NAMED_MAX).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

export const GO_LIVE_OPERATIONS = [goLive];
