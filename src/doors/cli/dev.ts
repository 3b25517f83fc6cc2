/** `fairlead dev`: a server to try things with, against simulated providers, with one source to send samples to. @module */
import { localPrincipal, LOCAL_ID } from '../../core/local-identity.js';
import { DEFAULT_TENANT } from '../../core/scope.js';
import { operationNamed, runOperation, type Gateway } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import { runServer } from './serve.js';
import type { RunningServer, SimulatedProvider } from './world.js';

const CREATE = operationNamed('sources.create');
const SCOPE = { tenant: DEFAULT_TENANT, environment: 'sandbox' } as const;

export async function dev(context: CommandContext, _words: readonly unknown[], flags: ParsedFlags): Promise<number> {
  const { world, print } = context;
  const simulated = await world.simulatedProviders();
  try {
    return await runServer(world, await context.config(), {
      kind: 'dev',
      wait: flags['wait'] !== false,
      note: (text) => print.note(text),
      simulated,
      onReady: async (running) => print.note(await welcome(world.command, running, simulated)),
    });
  } finally {
    for (const provider of simulated) await provider.close();
  }
}

async function welcome(
  command: string,
  { server, gateway }: RunningServer,
  simulated: readonly SimulatedProvider[],
): Promise<string> {
  const source = await ensureSource(gateway);
  const lines = [
    `Fairlead listens on ${server.url} (process ${server.pid}). Ctrl-C stops it.`,
    ...simulated.map((one) => `Simulated ${one.provider} on ${one.url}`),
    ...(simulated[0] === undefined ? [] : [`What they received: ${simulated[0].page}`]),
    ...(source === undefined
      ? []
      : [`Webhooks of ${source.provider} on ${source.address}`, ...nextCommands(command, source.provider)]),
  ];
  return lines.join('\n');
}

function nextCommands(command: string, provider: string): string[] {
  const commands = [
    [`trigger ${provider}`, 'send a signed sample'],
    ['event list', 'what came in, and what became of it'],
    ['audit search', 'who did what'],
  ] as const;
  const lines = commands.map(([words, says]) => `  ${`${command} ${words}`.padEnd(32)}  ${says}`);
  return ['', 'Next, in another terminal:', ...lines];
}

/** A source of a provider we have samples of: one that is there, or a new one. */
async function ensureSource(gateway: Gateway): Promise<{ provider: string; address: string } | undefined> {
  const samples = await gateway.samples();
  const sampled = Object.keys(samples);
  const mine = gateway.sources
    .list()
    .filter((row) => row.environment === SCOPE.environment && row.tenant === SCOPE.tenant);
  const known = mine.find((row) => sampled.includes(row.provider));
  if (known !== undefined) {
    return { provider: known.provider, address: known.publicUrl ?? gateway.address() + known.path };
  }
  const provider = sampled.find((name) => samples[name]!.forFirstSteps === true) ?? sampled[0];
  if (provider === undefined) return undefined;
  const principal = localPrincipal('api_key', LOCAL_ID, 'cli');
  const made = await runOperation(gateway, CREATE, { scope: SCOPE, principal }, { provider });
  return (made as { source: { provider: string; address: string } }).source;
}
