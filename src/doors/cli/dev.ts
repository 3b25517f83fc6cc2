/** `fairlead dev`: a server to try things with, against simulated providers, with one source to send samples to. @module */
import { localPrincipal, LOCAL_ID } from '../../core/local-identity.js';
import { DEFAULT_TENANT } from '../../core/scope.js';
import { operationNamed, runOperation, type Gateway } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import { runServer } from './serve.js';
import type { RunningServer, SimulatedProvider } from './world.js';

const CREATE = operationNamed('sources.create');
const SCOPE = { tenant: DEFAULT_TENANT, environment: 'sandbox' } as const;

export async function dev(context: CommandContext): Promise<number> {
  const { world, print } = context;
  const simulated = await world.simulatedProviders();
  try {
    return await runServer(world, await context.config(), {
      kind: 'dev',
      note: (text) => print.note(text),
      simulated,
      onReady: async (running) => print.note(await welcome(running, simulated)),
    });
  } finally {
    for (const provider of simulated) await provider.close();
  }
}

async function welcome({ server, gateway }: RunningServer, simulated: readonly SimulatedProvider[]): Promise<string> {
  const provider = await ensureSource(gateway);
  const lines = [
    `Fairlead listens on ${server.url} (process ${server.pid}). Ctrl-C stops it.`,
    ...simulated.map((one) => `Simulated ${one.provider} on ${one.url}`),
    ...(provider === undefined ? [] : nextCommands(provider)),
  ];
  return lines.join('\n');
}

function nextCommands(provider: string): string[] {
  const commands = [
    [`fairlead trigger ${provider}`, 'send a signed sample'],
    ['fairlead event list', 'what came in, and what became of it'],
    ['fairlead audit search', 'who did what'],
  ] as const;
  return ['', 'Next, in another terminal:', ...commands.map(([line, says]) => `  ${line.padEnd(32)}${says}`)];
}

/** A source of a provider we have samples of: one that is there, or a new one. */
async function ensureSource(gateway: Gateway): Promise<string | undefined> {
  const samples = await gateway.samples();
  const sampled = Object.keys(samples);
  const mine = gateway.sources
    .list()
    .filter((row) => row.environment === SCOPE.environment && row.tenant === SCOPE.tenant);
  const known = mine.find((row) => sampled.includes(row.provider));
  if (known !== undefined) return known.provider;
  const provider = sampled.find((name) => samples[name]!.forFirstSteps === true) ?? sampled[0];
  if (provider === undefined) return undefined;
  const principal = localPrincipal('api_key', LOCAL_ID, 'cli');
  await runOperation(gateway, CREATE, { scope: SCOPE, principal }, { provider });
  return provider;
}
