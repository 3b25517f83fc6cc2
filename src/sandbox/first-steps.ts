/** The simulated providers that `fairlead dev` starts, and what their connectors need in order to reach them. @module */
import type { Clock } from '../core/ports.js';
import { startSandbox } from './server.js';
import { SlackSandbox } from './slack/index.js';

export interface SimulatedForFirstSteps {
  provider: string;
  /** Base URL of its API. */
  url: string;
  /** What the connector reads from the environment. */
  variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** On a free port of this machine. */
export async function startForFirstSteps(clock: Clock): Promise<SimulatedForFirstSteps[]> {
  const slack = new SlackSandbox();
  const server = await startSandbox({ providers: [slack], clock });
  return [
    {
      provider: slack.name,
      url: server.urlOf(slack) + slack.basePath,
      variables: slack.variablesAt(server.urlOf(slack)),
      close: () => server.close(),
    },
  ];
}
