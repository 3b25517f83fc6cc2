/** The door for agents with its list of actions; loaded when the first agent asks. @module */
import type { Config } from '../config.js';
import { newId } from '../core/ids.js';
import type { Clock, Log, Random } from '../core/ports.js';
import type { FrontParts } from '../doors/http/index.js';
import { loadMcp, loadTools, MCP_PATHS, type ToolLibrary } from '../doors/mcp/index.js';
import type { Gateway } from '../operations/index.js';
import { VERSION } from '../version.js';

const SECRET_BYTES = 32;

const loadListed = async (): Promise<readonly string[]> =>
  (await import('../connectors/listed-actions.js')).LISTED_ACTIONS;

/** What the private listener hands to agents. */
export function agentDoor(
  gateway: Gateway,
  { environment, limits }: Config,
  identify: FrontParts['identify'],
): NonNullable<FrontParts['agents']> {
  const load = async () => loadMcp({ gateway, identify, environment, listedActions: await loadListed(), pace: limits });
  return { paths: MCP_PATHS, load };
}

/** The tools for commands, which ask for the data only when one of them is called. */
export async function agentTools(
  { connectors: own, policy, environment, limits }: Config,
  { clock, random, log }: { clock: Clock; random: Random; log: Log },
): Promise<ToolLibrary> {
  const { CONNECTORS } = await import('../connectors/index.js');
  const onUnforeseen = (cause: unknown): string => {
    const id = newId('request', clock, random);
    log('error', 'a tool failed', { request: id, cause });
    return id;
  };
  const connectors = [...CONNECTORS, ...own];
  return await loadTools({
    connectors,
    policy,
    environment,
    listedActions: await loadListed(),
    version: VERSION,
    clock,
    pace: limits,
    onUnforeseen,
    onMalformed: (cause) => log('debug', 'a message of the protocol was refused', { cause }),
    secret: Buffer.from(random.bytes(SECRET_BYTES)).toString('base64'),
  });
}
