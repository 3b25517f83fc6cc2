/** The half of `doctor --go-live` that lies in the project folder: its files, what git keeps, what CI is given. @module */
import { basename } from 'node:path';
import { weigh, type Finding, type KnownFinding } from '../../core/known-finding.js';
import { leakedTokens } from '../../core/secret-shapes.js';
import { SecretSet } from '../../core/secret-set.js';
import type { Check } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import { isReference } from './secret-arguments.js';
import type { CliWorld } from './world.js';

const FILE_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 20_000;
const NAMED_MAX = 5;
/** Looked at even where there is no git. */
const OWN_FILES = ['fairlead.config.ts', 'fairlead.config.mjs', 'fairlead.config.js', 'fairlead.config.json'];
const MORE_FILES = ['fairlead.policy.yaml', '.env.example', '.mcp.json', 'package.json'];
/** Files that hold secrets by intention, and therefore never belong into git. */
const PRIVATE_FILES = ['.env', '.env.local', '.env.production', '.fairlead'];
/** Forges keep them in a folder of their own, `.<forge>/workflows`, or in one file, `.<forge>-ci.yml`. */
const PIPELINES = /^(?:\.\w+\/(?:workflows\/[^/]+|config)|\.?[\w-]*(?:-ci|-pipelines))\.ya?ml$/;
/** What CI systems put in place of a secret when they run: `${{ secrets.X }}`, `$X`, `$(X)`. */
const FILLED_IN_LATER = /^["']?(?:\$\{\{[^}]*\}\}|\$\(?\w+\)?|\$\{\w+\})["']?$/;
const ASSIGNMENT = /^\s*-?\s*([A-Z][A-Z0-9_]{2,60})\s*[:=]\s*(\S.*?)\s*(?:#.*)?$/;
const SECRET_VARIABLE = /(?:_TOKEN|_SECRET|_KEYS?|_PASSWORD|_WEBHOOK_URL|_DATABASE_URL)$/;

interface Project extends Folder {
  known: readonly KnownFinding[];
}

interface Folder {
  /** Relative to the working directory; absent when it is in no git repository. */
  tracked?: readonly string[];
  read(path: string): Promise<string | undefined>;
}

export async function projectChecks(context: CommandContext): Promise<Check[]> {
  const { world } = context;
  // A configuration that cannot be read is a line of its own.
  const { knownFindings: known } = await context.checkConfig().catch(() => ({ knownFindings: [] }));
  const project = { ...(await openProject(world)), known };
  const secrets = await secretVariables(world);
  return [
    await secretsInFiles(project, secrets),
    await privateFiles(world, project),
    await pipelines(project, secrets),
  ];
}

async function openProject({ cwd, files, machine }: CliWorld): Promise<Folder> {
  const inFolder = files(cwd);
  const listed = await machine.git(cwd, ['ls-files', '-z', '--cached']);
  const read = async (path: string): Promise<string | undefined> => {
    const size = await inFolder.size(path).catch(() => undefined);
    if (size === undefined || size > FILE_BYTES_MAX) return undefined;
    const bytes = await inFolder.read(path).catch(() => undefined);
    // A zero byte tells a picture from a text.
    return bytes === undefined || bytes.includes(0) ? undefined : new TextDecoder().decode(bytes);
  };
  return listed === undefined ? { read } : { read, tracked: listed.split('\0').filter(Boolean).slice(0, FILES_MAX) };
}

/** The variables that hold secrets, as they are set here: their values are looked for, too. */
async function secretVariables(world: CliWorld): Promise<ReadonlyMap<string, string>> {
  const declared = (await world.connectorVariables()).map(({ name }) => name);
  const names = new Set([...declared, ...Object.keys(world.variables).filter((name) => SECRET_VARIABLE.test(name))]);
  return new Map([...names].map((name) => [name, world.variables[name] ?? '']));
}

async function secretsInFiles(
  { tracked = [], read, known: accepted }: Project,
  variables: ReadonlyMap<string, string>,
): Promise<Check> {
  const inUse = [...variables].filter(([, value]) => !isReference(value)).map(([name, value]) => secretOf(name, value));
  const found: Finding[] = [];
  for (const path of new Set([...OWN_FILES, ...MORE_FILES, ...tracked])) {
    const text = await read(path);
    if (text === undefined) continue;
    // What is in use is a finding of its own: who knows of a made-up token in a file does not know of this.
    const used = inUse.filter(({ secret }) => secret.occursIn(text));
    if (used.length > 0) found.push(...used.map(({ name }) => ({ finding: `${path} ${name}` })));
    else if (leakedTokens(text) > 0) found.push({ finding: path });
  }
  return weigh('secrets in files', found, accepted, {
    none: 'none in the configuration or in what git keeps',
    open: (paths) =>
      `${listed(paths)}: replace the secret at its provider, take it out, use vault:NAME or env:NAME instead`,
  });
}

function secretOf(name: string, value: string): { name: string; secret: SecretSet } {
  const secret = new SecretSet();
  secret.add(value);
  return { name, secret };
}

/** In the history as well: what was committed once is known to whoever has a clone. */
async function privateFiles({ cwd, machine }: CliWorld, { tracked, known }: Project): Promise<Check> {
  if (tracked === undefined) return { name: 'git', ok: true, says: 'this folder is in no git repository' };
  const isPrivate = (path: string): boolean =>
    PRIVATE_FILES.some((file) => basename(path) === file || path.split('/').includes(file));
  const kept = tracked.filter(isPrivate);
  const now = weigh('git', kept.map(asFinding), known, {
    none: '',
    open: (paths) => `${listed(paths)}: git rm --cached, add to .gitignore, and replace every secret in it`,
  });
  if (!now.ok) return now;
  const history = await machine.git(cwd, ['log', '--all', '--format=%h', '--', ...PRIVATE_FILES]);
  const commits = (history ?? '').split('\n').filter(Boolean);
  return weigh('git', [...kept, ...commits].map(asFinding), known, {
    none: 'no private file is or was in it',
    open: (ids) => `commit ${listed(ids)} had a private file: replace every secret that was in it`,
  });
}

const asFinding = (finding: string): Finding => ({ finding });

async function pipelines(
  { tracked = [], read, known }: Project,
  variables: ReadonlyMap<string, string>,
): Promise<Check> {
  const files = tracked.filter((path) => PIPELINES.test(path));
  const found: Finding[] = [];
  for (const path of files) {
    const lines = ((await read(path)) ?? '').split('\n');
    lines.forEach((line, at) => {
      const [, variable, value] = ASSIGNMENT.exec(line) ?? [];
      if (variable === undefined || value === undefined) return;
      const isSecret = variables.has(variable) || SECRET_VARIABLE.test(variable);
      if (isSecret && !FILLED_IN_LATER.test(value) && !isReference(value)) {
        found.push({ finding: `${path} ${variable}`, says: `${path}:${at + 1} ${variable}` });
      }
    });
  }
  return weigh('CI', found, known, {
    none: files.length === 0 ? 'no pipeline here' : `${files.length} pipelines take secrets from their store`,
    open: (places) => `written out: ${listed(places)}; use the secret store of your CI, see docs/guide/ci.md`,
  });
}

function listed(items: readonly string[]): string {
  const more = items.length - NAMED_MAX;
  return items.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
