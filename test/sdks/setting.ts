/** A real server in this process with simulated providers behind it, and a credential that only Fairlead knows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord } from '../../src/core/audit.js';
import { freePort, realClock } from '../../src/host/index.js';
import type { Gateway } from '../../src/operations/index.js';
import { startSandboxes, type RunningSandbox } from '../../src/sandbox/index.js';
import { worldIn } from '../doors/real-world.js';

/** What the SDKs are given in the place of a token. */
export const KEY = 'fairlead-key-of-the-proof-0123456789';
export const SCOPE = { tenant: 'default', environment: 'sandbox' } as const;

export interface Setting {
  url: string;
  gateway: Gateway;
  /** Address of a provider that has a port of its own. */
  ownUrl(provider: string): string;
  sandbox(provider: string): RunningSandbox;
  /** Makes a simulated provider misbehave. */
  fault(provider: string, fault: Record<string, unknown>, when?: Record<string, string>, times?: number): Promise<void>;
  /** The last requests that a simulated provider got. */
  received(provider: string): Promise<{ method: string; path: string }[]>;
  records(): Promise<AuditRecord[]>;
  close(): Promise<void>;
}

export async function openSetting(names: readonly string[], ownPorts: readonly string[]): Promise<Setting> {
  const cwd = mkdtempSync(join(tmpdir(), 'fairlead-sdks-'));
  const sandboxes = await startSandboxes({ clock: realClock, names });
  const ports = new Map<string, number>();
  for (const provider of ownPorts) ports.set(provider, await freePort());
  const proxies = [...ports].map(([provider, port]) => `${provider}=${port}`).join(',');
  const variables = { FAIRLEAD_PORT: '0', FAIRLEAD_API_KEY: KEY, FAIRLEAD_PROXY_PORTS: proxies };
  const { world } = worldIn(cwd, 'serve', { variables });
  const config = await world.loadConfig({});
  const lock = await world.ownership(config).acquireLock();
  const { server, gateway, drain } = await world.openServer(config, lock!, { kind: 'serve', simulated: sandboxes });
  const sandbox = (provider: string): RunningSandbox => sandboxes.find((one) => one.provider === provider)!;
  const root = new URL(sandboxes[0]!.url).origin;
  return {
    url: server.url!,
    gateway,
    ownUrl: (provider) => `http://127.0.0.1:${ports.get(provider)}`,
    sandbox,
    async fault(provider, fault, when, times = 1) {
      const body = JSON.stringify({ provider, fault, times, ...(when && { when }) });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${root}/_sandbox/faults`, { method: 'POST', headers, body });
      if (!answer.ok) throw new TypeError(await answer.text());
    },
    async received(provider) {
      const all = (await (await fetch(`${root}/_sandbox/requests`)).json()) as Record<string, never>;
      return (all[provider] ?? []) as { method: string; path: string }[];
    },
    async records() {
      const page = await gateway.store.audit.search(SCOPE, {}, { limit: 1_000, order: 'oldest' });
      return page.rows.map(({ record }) => JSON.parse(record ?? '{}') as AuditRecord);
    },
    async close() {
      await drain();
      await Promise.all(sandboxes.map((one) => one.close()));
      rmSync(cwd, { recursive: true, force: true });
    },
  };
}
