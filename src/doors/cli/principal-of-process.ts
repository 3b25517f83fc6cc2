/** Who runs this command. @module */
import { LOCAL_ID, localPrincipal } from '../../core/local-identity.js';
import type { Principal } from '../../core/principal.js';
import { agentOf } from './agent-marks.js';

export interface ProcessTraits {
  /** One of stdin, stdout and stderr is a terminal. */
  isTty: boolean;
  variables: Readonly<Record<string, string | undefined>>;
}

/**
 * The principal of a process, by the first rule that fits:
 *
 * 1. It carries the mark of a coding agent: an agent, whatever key it has and whether or not it sees a terminal.
 * 2. It has a key in FAIRLEAD_API_KEY: that key.
 * 3. It sees a terminal: the person who sits there.
 * 4. Otherwise a script: an api key called `local`, which may do all but approve, so that set-up can be scripted.
 *    ADR 0006 says why a process without a terminal is not an agent by itself.
 */
export function principalOfProcess({ isTty, variables }: ProcessTraits): Principal {
  const client = agentOf(variables);
  const keyId = variables['FAIRLEAD_API_KEY'] ? 'env' : LOCAL_ID;
  if (client !== undefined) {
    const session = variables['FAIRLEAD_AGENT_SESSION'];
    return localPrincipal('agent', keyId, 'cli', { client, ...(session ? { session } : {}) });
  }
  if (keyId === 'env') return localPrincipal('api_key', keyId, 'cli');
  return localPrincipal(isTty ? 'person' : 'api_key', keyId, 'cli');
}
