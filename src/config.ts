/**
 * The configuration: environment and file become one frozen, checked value. Nobody else reads the environment.
 *
 * @module
 */
import { isAbsolute, resolve } from 'node:path';
import { PROVIDERS } from './connectors/providers.generated.js';
import { problemOfAuth } from './core/auth-metadata.js';
import type { ConnectorDefinition } from './core/connector.js';
import { AppError } from './core/errors.js';
import { parseHostEntry } from './core/host-list.js';
import { hasDuty, isNodeRole, NODE_ROLES, type NodeRole } from './core/node.js';
import type { LogLevel } from './core/ports.js';
import { NO_RULES, parsePolicy, PolicyProblem, type Policy } from './policy/index.js';
import { CHECKS_WITH_FINDINGS, type CheckWithFindings, type KnownFinding } from './core/known-finding.js';
import { problemOfRedirect, type LoginApp } from './core/return-path.js';
import { isEnvironment, type Environment } from './core/scope.js';
import type { Retention } from './core/store.js';
import type { HandlerDefinition } from './jobs/index.js';

/** What `fairlead.config.ts` exports as default; every field is optional. */
export interface UserConfig {
  handlers?: readonly HandlerDefinition[];
  connectors?: readonly ConnectorDefinition[];
  /** By provider: another base URL (a sandbox provider, an enterprise host). */
  connections?: Readonly<Record<string, { baseUrl?: string }>>;
  /** Private addresses that actions may reach, as `host`, `host:port` or a CIDR: your own internal tools. */
  allowedPrivateHosts?: readonly string[];
  jobs?: {
    concurrency?: number;
    maxAttempts?: number;
    leaseMs?: number;
    /** How long a job is put off without a failure of its own (a provider's limit, say). Default 24 hours. */
    waitMaxMs?: number;
    /** Where handlers run. Default `threads`. */
    isolation?: 'threads' | 'in-process';
    /** At most so many, default 2. Those after the first start when it is blocked or does not get through. */
    threads?: number;
    heapMb?: number;
  };
  /** Connecting accounts by OAuth. */
  connect?: {
    /** Where a browser is sent in the end, with `?success=<provider>` or `?error=<reason>`: a path, or an address. */
    returnTo?: string;
    /** Origins whose pages may show the connect page in a frame. */
    embedIn?: readonly string[];
    /** Of one request to a token endpoint. Default 30 s. */
    timeoutMs?: number;
  };
  /** People who sign in. */
  login?: {
    /** Applications that people may be sent back to with a code. */
    apps?: readonly LoginApp[];
  };
  retention?: { bodiesDays?: number; attemptsDays?: number; dedupeDays?: number; auditDays?: number };
  limits?: {
    inFlightBytesMax?: number;
    waitingMax?: number;
    /** Of one tool by one agent. Default 600. */
    toolCallsPerMinute?: number;
    /** Of one tool by one agent with the same arguments: more is a loop. Default 30. */
    sameToolCallsPerMinute?: number;
  };
  goLive?: {
    /** What `doctor --go-live` finds and is to leave, each with a reason. It is still told, as known. */
    known?: readonly KnownFinding[];
  };
  /** Who may do what, as in `fairlead.policy.yaml`; one of the two. */
  policy?: unknown;
}

export interface Config {
  environment: Environment;
  dataDir: string;
  listen: { host: string; port: number };
  /** The second listener, with only what the outside needs. */
  publicListen?: { host: string; port: number };
  /** Ports of their own for providers whose SDK keeps no path of a base URL, on the address of the private listener. */
  proxyPorts: readonly { provider: string; port: number }[];
  publicUrl?: string;
  /** Proxies of ours: addresses, lower case. */
  trustedProxies: readonly string[];
  auditLogPath: string;
  apiKey?: string;
  /** Where the vault's key-encryption keys come from: files of the data directory, a variable, or through a command. */
  vault: { kind: 'file' } | { kind: 'environment'; keys: string } | { kind: 'command'; command: string };
  logLevel: LogLevel;
  saasHosts: readonly string[];
  idempotentHosts: readonly string[];
  allowedPrivateHosts: readonly string[];
  handlers: readonly HandlerDefinition[];
  connectors: readonly ConnectorDefinition[];
  connections: Readonly<Record<string, { baseUrl?: string }>>;
  jobs: {
    concurrency: number;
    maxAttempts: number;
    leaseMs: number;
    waitMaxMs: number;
    isolation: 'threads' | 'in-process';
    threads: number;
    heapMb: number;
  };
  /** What this process does of the work, where it serves. `all`, unless nodes share a store. */
  role: NodeRole;
  /** The store that nodes share; absent means: a file of this one. */
  database?: DatabaseConfig;
  login: { apps: readonly LoginApp[] };
  connect: { returnTo: string; embedIn: readonly string[]; timeoutMs: number };
  retention: Retention;
  knownFindings: readonly KnownFinding[];
  policy: Policy;
  limits: {
    inFlightBytesMax: number;
    waitingMax: number;
    toolCallsPerMinute: number;
    sameToolCallsPerMinute: number;
  };
  /** The file the handlers came from; absent when there is none. */
  filePath?: string;
  /** What was made of that file to run it here, for threads. */
  fileCode?: ReadonlyMap<string, string>;
  /** The variables, for connectors' aliases and `env:` references. Values are secrets: never log them. */
  variables: Readonly<Record<string, string>>;
}

export interface DatabaseConfig {
  /** `postgres://...`, with its password: in no log, no error, no status. */
  url: string;
  /** The server itself, where a pooler stands before it: to hear of new jobs. A secret likewise. */
  directUrl?: string;
  /** Serve although the server may lose what was acknowledged. */
  mayLoseAcknowledged: boolean;
}

export const DEFAULT_PORT = 4650;
const DAY_MS = 86_400_000;
/** A dedupe key must outlive every retry and manual resend of any provider; 35 days covers all that are known. */
const DEDUPE_DAYS_MIN = 35;

export interface ConfigSources {
  variables: Readonly<Record<string, string | undefined>>;
  /** Directory that relative paths start from. */
  cwd: string;
  file?: { path: string; value: unknown; made?: ReadonlyMap<string, string> };
  /** What `fairlead.policy.yaml` says, checked. */
  policy?: Policy;
}

/** @throws AppError `config_invalid`, naming the variable or the field. */
export function readConfig({ variables, cwd, file, policy }: ConfigSources): Config {
  const set = Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  const user = file === undefined ? {} : checkUserConfig(file.path, file.value);
  const at = (path: string): string => (isAbsolute(path) ? path : resolve(cwd, path));
  const retention = user.retention ?? {};
  const config: Config = {
    environment: readEnvironment(set['INTEGRATION_ENV']),
    dataDir: at(set['FAIRLEAD_DATA_DIR'] ?? '.fairlead'),
    listen: {
      host: set['FAIRLEAD_HOST'] ?? '127.0.0.1',
      port: readPort('FAIRLEAD_PORT', set['FAIRLEAD_PORT'], DEFAULT_PORT),
    },
    trustedProxies: readAddresses('FAIRLEAD_TRUSTED_PROXIES', set['FAIRLEAD_TRUSTED_PROXIES']),
    proxyPorts: readProxyPorts(set['FAIRLEAD_PROXY_PORTS']),
    auditLogPath: at(set['AUDIT_LOG_PATH'] ?? 'logs/saas-audit.ndjson'),
    vault: readVault(set),
    logLevel: readLogLevel(set['FAIRLEAD_LOG_LEVEL']),
    role: readRole(set),
    saasHosts: readHosts('FAIRLEAD_SAAS_HOSTS', set['FAIRLEAD_SAAS_HOSTS']),
    idempotentHosts: readHosts('FAIRLEAD_IDEMPOTENT_HOSTS', set['FAIRLEAD_IDEMPOTENT_HOSTS']),
    allowedPrivateHosts: [...readList(set['FAIRLEAD_ALLOWED_PRIVATE_HOSTS']), ...(user.allowedPrivateHosts ?? [])],
    handlers: user.handlers ?? [],
    connectors: user.connectors ?? [],
    connections: user.connections ?? {},
    jobs: {
      concurrency: 16,
      maxAttempts: 10,
      leaseMs: 60_000,
      waitMaxMs: 24 * 3_600_000,
      isolation: 'threads',
      threads: 2,
      heapMb: 256,
      ...user.jobs,
    },
    connect: readConnect(user.connect ?? {}, file?.path ?? 'connect'),
    login: readLogin(user.login ?? {}, file?.path ?? 'login'),
    retention: {
      bodiesMs: (retention.bodiesDays ?? 30) * DAY_MS,
      attemptsMs: (retention.attemptsDays ?? 14) * DAY_MS,
      dedupeMs: Math.max(retention.dedupeDays ?? DEDUPE_DAYS_MIN, retention.bodiesDays ?? 30) * DAY_MS,
      auditMs: (retention.auditDays ?? 400) * DAY_MS,
    },
    knownFindings: readKnown(user.goLive ?? {}, file?.path ?? 'configuration'),
    policy: readPolicy(file, user, policy),
    limits: {
      inFlightBytesMax: 256 * 1024 * 1024,
      waitingMax: 20_000,
      toolCallsPerMinute: 600,
      sameToolCallsPerMinute: 30,
      ...user.limits,
    },
    variables: withoutOwnSecrets(set),
  };
  if (retention.dedupeDays !== undefined && retention.dedupeDays < DEDUPE_DAYS_MIN) {
    throw invalid('retention.dedupeDays', `at least ${DEDUPE_DAYS_MIN}: providers resend for that long`);
  }
  if (file !== undefined) config.filePath = file.path;
  if (file?.made !== undefined) config.fileCode = file.made;
  const database = readDatabase(set);
  if (database !== undefined) config.database = database;
  if (set['FAIRLEAD_API_KEY'] !== undefined) config.apiKey = set['FAIRLEAD_API_KEY'];
  if (set['FAIRLEAD_PUBLIC_URL'] !== undefined)
    config.publicUrl = readUrl('FAIRLEAD_PUBLIC_URL', set['FAIRLEAD_PUBLIC_URL']);
  if (set['FAIRLEAD_PUBLIC_LISTEN'] !== undefined) config.publicListen = readListen(set['FAIRLEAD_PUBLIC_LISTEN']);
  return Object.freeze(config);
}

const USER_FIELDS = [
  'handlers',
  'connectors',
  'connections',
  'allowedPrivateHosts',
  'jobs',
  'connect',
  'login',
  'retention',
  'limits',
  'goLive',
  'policy',
];

function checkUserConfig(path: string, value: unknown): UserConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, 'its default export is not an object; write `export default defineConfig({...})`');
  }
  const unknown = Object.keys(value).find((field) => !USER_FIELDS.includes(field));
  if (unknown !== undefined) throw invalid(path, `"${unknown}" is no field; there are ${USER_FIELDS.join(', ')}`);
  const config = value as UserConfig;
  checkHandlers(path, config.handlers ?? []);
  checkConnectors(path, config.connectors ?? []);
  for (const group of ['jobs', 'retention', 'limits'] as const) checkNumbers(path, group, config[group] ?? {});
  return config;
}

function checkHandlers(path: string, handlers: readonly HandlerDefinition[]): void {
  if (!Array.isArray(handlers)) throw invalid(path, 'handlers is a list of on(...) results');
  handlers.forEach((handler: Partial<HandlerDefinition> | null, index) => {
    const isRunnable = typeof handler?.run === 'function' || typeof handler?.run === 'object';
    if (typeof handler?.provider !== 'string' || typeof handler.type !== 'string' || !isRunnable) {
      throw invalid(path, `handlers[${index}] was not made by on(provider, type, options, run)`);
    }
  });
}

/** What is wrong inside of one is found by `fairlead connector check`; here, what would break others. */
function checkConnectors(path: string, connectors: readonly (Partial<ConnectorDefinition> | null)[]): void {
  if (!Array.isArray(connectors)) throw invalid(path, 'connectors is a list of defineConnector(...) results');
  const seen = new Set<string>(PROVIDERS);
  connectors.forEach((connector: Partial<ConnectorDefinition> | null, index) => {
    const at = `connectors[${index}]`;
    const provider = connector?.provider;
    if (typeof provider !== 'string' || !/^[a-z][a-z0-9-]{1,40}$/.test(provider)) {
      throw invalid(path, `${at} was not made by defineConnector: provider is not a lower-case word`);
    }
    if (connector?.apiVersion !== 1) throw invalid(path, `${at} (${provider}): apiVersion is not 1`);
    if (seen.has(provider))
      throw invalid(path, `${at}: there is a connector "${provider}" already; call yours otherwise`);
    seen.add(provider);
    const missing = REQUIRED_OF_CONNECTOR.find(([field, type]) => typeof connector[field] !== type);
    if (missing !== undefined) throw invalid(path, `${at} (${provider}): ${missing[0]} is missing`);
    if (!Array.isArray(connector.hosts) || !Array.isArray(connector.envAliases)) {
      throw invalid(path, `${at} (${provider}): hosts and envAliases are lists`);
    }
    const problem = connector.auth === undefined ? undefined : problemOfAuth(connector.auth);
    if (problem !== undefined) throw invalid(path, `${at} (${provider}): auth: ${problem}`);
  });
}

const REQUIRED_OF_CONNECTOR = [
  ['title', 'string'],
  ['baseUrl', 'string'],
  ['actions', 'object'],
  ['classify', 'function'],
  ['hosts', 'object'],
  ['envAliases', 'object'],
] as const;

function checkNumbers(path: string, group: string, values: object): void {
  for (const [field, value] of Object.entries(values)) {
    const isWord = field === 'isolation' && (value === 'threads' || value === 'in-process');
    if (!isWord && !(typeof value === 'number' && Number.isFinite(value) && value > 0)) {
      throw invalid(path, `${group}.${field} is ${JSON.stringify(value)}; it must be a number above 0`);
    }
  }
}

const RETURN_TO = '/settings/connections';
const TOKEN_TIMEOUT_MS = 30_000;

function readConnect(given: NonNullable<UserConfig['connect']>, path: string): Config['connect'] {
  const { returnTo = RETURN_TO, embedIn = [], timeoutMs = TOKEN_TIMEOUT_MS } = given;
  if (!isReturnAddress(returnTo)) throw invalid(path, 'connect.returnTo is neither a path nor an http(s) address');
  const wrong = embedIn.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong !== undefined) throw invalid(path, `connect.embedIn: "${wrong}" is no origin like https://app.example.com`);
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= 100 && timeoutMs <= 120_000)) {
    throw invalid(path, 'connect.timeoutMs is a number of milliseconds from 100 to 120000');
  }
  return { returnTo, embedIn, timeoutMs };
}

function readLogin({ apps = [] }: NonNullable<UserConfig['login']>, path: string): Config['login'] {
  for (const { redirectUri, fragment = false } of apps) {
    const problem = problemOfRedirect(String(redirectUri));
    if (problem !== undefined) throw invalid(path, `login.apps: "${String(redirectUri).slice(0, 100)}": ${problem}`);
    if (typeof fragment !== 'boolean' && fragment !== 'session') {
      throw invalid(path, "login.apps: fragment is true, false or 'session'");
    }
  }
  return { apps };
}

/** A reason is what makes it a decision; without one it would only be silence. */
function readKnown({ known = [] }: NonNullable<UserConfig['goLive']>, path: string): readonly KnownFinding[] {
  if (!Array.isArray(known)) throw invalid(path, 'goLive.known is a list of { check, finding, reason }');
  known.forEach((one: Partial<KnownFinding> | null, index) => {
    const missing = (['check', 'finding', 'reason'] as const).find((field) => !isWords(one?.[field]));
    if (missing !== undefined) throw invalid(path, `goLive.known[${index}]: ${missing} is missing`);
    if (!CHECKS_WITH_FINDINGS.includes(one?.check as CheckWithFindings)) {
      throw invalid(path, `goLive.known[${index}]: check is one of ${CHECKS_WITH_FINDINGS.join(', ')}`);
    }
  });
  return known as readonly KnownFinding[];
}

const isWords = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';

/** A path of ours cannot be read as the address of another host. */
function isReturnAddress(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- browsers drop them, and what is left may be another address
  if (/[\\\u0000-\u0020\u007f]/.test(text)) return false;
  if (text.startsWith('/')) return !text.startsWith('//');
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).username === '';
}

/** In a file of its own, or in the configuration; of two, nobody would know which one holds. */
function readPolicy(file: ConfigSources['file'], { policy: own }: UserConfig, policy: Policy | undefined): Policy {
  if (own === undefined) return policy ?? NO_RULES;
  const where = file?.path ?? 'configuration';
  if (policy !== undefined) throw invalid(where, `there is a policy in ${policy.where}, too; keep one of them`);
  try {
    return parsePolicy(own, `${where} (policy)`);
  } catch (error) {
    if (error instanceof PolicyProblem) throw invalid(`${where}: policy.${error.path.join('.')}`, error.message);
    throw error;
  }
}

function readEnvironment(text: string | undefined): Environment {
  if (text === undefined) return 'sandbox';
  if (!isEnvironment(text)) throw invalid('INTEGRATION_ENV', `"${text}" is neither sandbox nor live`);
  return text;
}

function readVault({
  FAIRLEAD_VAULT_KEYS: keys,
  FAIRLEAD_VAULT_COMMAND: command,
}: Readonly<Record<string, string>>): Config['vault'] {
  if (keys !== undefined && command !== undefined) {
    throw invalid('FAIRLEAD_VAULT_KEYS', 'FAIRLEAD_VAULT_COMMAND is set, too; unset one of them');
  }
  if (keys !== undefined) return { kind: 'environment', keys };
  return command === undefined ? { kind: 'file' } : { kind: 'command', command };
}

/** What everything lies under is nothing that a reference or a command of a secret manager may see. */
function withoutOwnSecrets({
  FAIRLEAD_VAULT_KEYS: _keys,
  FAIRLEAD_DATABASE_URL: _url,
  FAIRLEAD_DATABASE_DIRECT_URL: _directUrl,
  ...rest
}: Record<string, string>): Record<string, string> {
  return rest;
}

function readDatabase({
  FAIRLEAD_DATABASE_URL: url,
  FAIRLEAD_DATABASE_DIRECT_URL: directUrl,
  FAIRLEAD_DATABASE_MAY_LOSE_ACKNOWLEDGED: mayLose,
}: Readonly<Record<string, string>>): DatabaseConfig | undefined {
  if (mayLose !== undefined && mayLose !== 'yes') {
    throw invalid('FAIRLEAD_DATABASE_MAY_LOSE_ACKNOWLEDGED', 'it is "yes" or not set');
  }
  if (directUrl !== undefined) checkDatabaseUrl('FAIRLEAD_DATABASE_DIRECT_URL', directUrl);
  if (url === undefined) return undefined;
  checkDatabaseUrl('FAIRLEAD_DATABASE_URL', url);
  return { url, mayLoseAcknowledged: mayLose === 'yes', ...(directUrl === undefined ? {} : { directUrl }) };
}

function checkDatabaseUrl(name: string, url: string): void {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw invalid(name, 'it is no address like postgres://user:password@host:5432/database');
  }
}

/** In a file, one process does everything: no other could take up what it leaves. */
function readRole({ FAIRLEAD_ROLE: role, FAIRLEAD_DATABASE_URL: url }: Readonly<Record<string, string>>): NodeRole {
  if (role === undefined) return 'all';
  if (!isNodeRole(role)) throw invalid('FAIRLEAD_ROLE', `"${role.slice(0, 100)}" is none of ${NODE_ROLES.join(', ')}`);
  if (url === undefined && !(['receives', 'works', 'keeps'] as const).every((duty) => hasDuty(role, duty))) {
    const why = 'the store is a file, which one process owns, and nobody else could do the rest of the work';
    throw invalid('FAIRLEAD_ROLE', `"${role}" needs a store that nodes share: set FAIRLEAD_DATABASE_URL. Here ${why}`);
  }
  return role;
}

function readPort(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port >= 0 && port <= 65_535)) throw invalid(name, `"${text}" is no port (0 to 65535; 0 takes a free one)`);
  return port;
}

/** `stripe=4651,google=4652`. */
function readProxyPorts(text: string | undefined): Config['proxyPorts'] {
  return readList(text).map((item) => {
    const match = /^([a-z][a-z0-9_-]{0,63})=(\d{1,5})$/.exec(item);
    if (match === null) throw invalid('FAIRLEAD_PROXY_PORTS', `"${item.slice(0, 100)}" is not PROVIDER=PORT`);
    return { provider: match[1]!, port: readPort('FAIRLEAD_PROXY_PORTS', match[2], 0) };
  });
}

function readListen(text: string): { host: string; port: number } {
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(text);
  if (match === null) throw invalid('FAIRLEAD_PUBLIC_LISTEN', `"${text}" is not HOST:PORT`);
  const host = (match[1] ?? '0.0.0.0').replace(/^\[|\]$/g, '');
  return { host, port: readPort('FAIRLEAD_PUBLIC_LISTEN', match[2], 0) };
}

function readUrl(name: string, text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw invalid(name, 'it is no http(s) address');
  return text.replace(/\/$/, '');
}

function readLogLevel(text: string | undefined): LogLevel {
  if (text === undefined) return 'info';
  const levels: readonly string[] = ['debug', 'info', 'warn', 'error'];
  if (!levels.includes(text)) throw invalid('FAIRLEAD_LOG_LEVEL', `"${text}" is none of ${levels.join(', ')}`);
  return text as LogLevel;
}

function readList(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter((item) => item !== '');
}

function readAddresses(name: string, text: string | undefined): string[] {
  const addresses = readList(text).map((item) => item.toLowerCase());
  const wrong = addresses.find((item) => !/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/.test(item));
  if (wrong !== undefined) throw invalid(name, `"${wrong.slice(0, 100)}" is no address like 10.0.0.2`);
  return addresses;
}

function readHosts(name: string, text: string | undefined): string[] {
  const hosts = readList(text);
  const wrong = hosts.find((host) => parseHostEntry(host) === undefined);
  if (wrong !== undefined) throw invalid(name, `"${wrong.slice(0, 100)}" is no host; write host or host:port`);
  return hosts;
}

function invalid(where: string, problem: string): AppError {
  return new AppError('config_invalid', { where, problem });
}
