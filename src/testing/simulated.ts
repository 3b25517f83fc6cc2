/** Simulated providers on this machine, and what a Fairlead is opened with that speaks to them and to nobody else. @module */
import { realClock } from '../host/index.js';
import { startSandbox, type SandboxProvider } from '../sandbox/index.js';

export interface Simulated {
  /** To be given to `createFairlead`, beside a `dataDir` and what is tested. */
  options: {
    connections: Record<string, { baseUrl: string }>;
    allowedPrivateHosts: string[];
    variables: Record<string, string>;
  };
  /** Address of one of them. */
  urlOf(provider: SandboxProvider): string;
  close(): Promise<void>;
}

/**
 * Serves them on loopback, with the time of this machine. Their webhooks stay in their outbox.
 *
 * @example
 *   const slack = new SlackSandbox();
 *   const simulated = await simulate([slack]);
 *   const fairlead = await createFairlead({ dataDir, ...simulated.options });
 *   await fairlead.slack.sendMessage({ channel: '#general', text: 'hello' });
 *   slack.posts; // one message
 */
export async function simulate(providers: readonly SandboxProvider[]): Promise<Simulated> {
  const server = await startSandbox({ providers, clock: realClock });
  const host = new URL(server.url).host;
  // One without variables is nobody's connection: it is called by its address, and honours our keys.
  const variables = Object.assign({}, ...providers.map((one) => one.variablesAt(server.urlOf(one))));
  const connected = providers.filter((one) => Object.keys(one.variablesAt(server.urlOf(one))).length > 0);
  return {
    options: {
      connections: Object.fromEntries(
        connected.map((one) => [one.name, { baseUrl: server.urlOf(one) + one.basePath }]),
      ),
      allowedPrivateHosts: [host],
      variables: { ...variables, FAIRLEAD_IDEMPOTENT_HOSTS: `http://${host}`, FAIRLEAD_LOG_LEVEL: 'error' },
    },
    urlOf: (provider) => server.urlOf(provider),
    close: () => server.close(),
  };
}
