/** A Fairlead of its own for a test of a workflow: simulated providers on loopback, a folder that goes away. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFairlead, type FairleadLibrary, type UserConfig } from '../../src/index.js';
import type { SandboxProvider } from '../../src/sandbox/index.js';
import { simulate, type Simulated } from '../../src/testing/simulated.js';

export interface Setting {
  fairlead: FairleadLibrary;
  simulated: Simulated;
  close(): Promise<void>;
}

export async function setting(
  providers: readonly SandboxProvider[],
  config: (simulated: Simulated) => UserConfig & { variables?: Record<string, string> } = () => ({}),
): Promise<Setting> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-workflow-'));
  const simulated = await simulate(providers);
  const { variables, ...user } = config(simulated);
  const fairlead = await createFairlead({
    dataDir,
    auditLogPath: join(dataDir, 'audit.ndjson'),
    ...simulated.options,
    variables: { ...simulated.options.variables, ...variables },
    ...user,
  });
  return {
    fairlead,
    simulated,
    async close() {
      await fairlead.close();
      await simulated.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
