/** What `status` shows and what `doctor` checks of a running Fairlead. @module */
import type { Check, Gateway } from './operations/index.js';
import type { Parts } from './parts.js';

interface Running {
  /** The id of this process among the nodes. */
  node: () => string;
  refusals: () => number;
  held: () => number;
  waiting: () => number;
  fileProblem: () => string | undefined;
}

export function systemView(parts: Parts, running: Running): Pick<Gateway, 'checks' | 'status'> {
  const { config, store, clock } = parts;
  const startedAtMs = clock.nowMs();
  return {
    async status() {
      const [{ jobs, ...view }, nodes] = await Promise.all([store.system.status(), store.nodes.list()]);
      return {
        version: parts.version,
        environment: config.environment,
        address: parts.address(),
        startedAtMs,
        store: view,
        jobs,
        jobsHeld: running.held(),
        deliveriesWaiting: running.waiting(),
        deliveriesRefused: running.refusals(),
        role: config.role,
        node: running.node(),
        nodes,
      };
    },
    async checks() {
      return [
        await integrityCheck(parts),
        auditFileCheck(running.fileProblem()),
        await clockCheck(parts),
        unsafeCheck(parts),
      ];
    },
  };
}

async function integrityCheck({ store }: Parts): Promise<Check> {
  const problems = await store.system.integrity();
  return {
    name: 'database',
    ok: problems.length === 0,
    says:
      problems.length === 0 ? 'sound' : `damaged: ${problems.slice(0, 3).join('; ')}. Restore from the last backup.`,
  };
}

function auditFileCheck(problem: string | undefined): Check {
  return {
    name: 'audit file',
    ok: problem === undefined,
    says: problem === undefined ? 'written up to the last entry' : `behind the log: ${problem}`,
  };
}

/** Signatures and tokens live by the clock; one that stands before this version was made is certainly wrong. */
async function clockCheck({ clock }: Parts): Promise<Check> {
  const ok = clock.nowMs() > Date.UTC(2026, 0, 1);
  return {
    name: 'clock',
    ok,
    says: ok ? new Date(clock.nowMs()).toISOString() : 'the system clock is years behind; set it',
  };
}

function unsafeCheck({ config }: Parts): Check {
  const open = config.listen.host !== '127.0.0.1' && config.listen.host !== '::1' && config.listen.host !== 'localhost';
  return {
    name: 'private listener',
    ok: !open,
    says: open
      ? `it listens on ${config.listen.host}: use FAIRLEAD_PUBLIC_LISTEN for webhooks and keep this one on 127.0.0.1`
      : 'on loopback only',
  };
}
