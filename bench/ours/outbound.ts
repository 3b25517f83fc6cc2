/** The whole pipeline for calls out, over a store on disk, for bench/outbound.mjs and bench/limiter.mjs. @module */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { composeFairlead } from '../../src/compose.js';
import { readConfig } from '../../src/config.js';
import { classifier, defineAction, defineConnector, parseJsonObject } from '../../src/connector.js';
import { newId } from '../../src/core/ids.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import { openParts } from '../../src/open-parts.js';

const input = z.strictObject({ id: z.string().max(100) });
const output = z.strictObject({ id: z.string() });
const common = { input, output, target: ({ id }: { id: string }) => ({ type: 'thing', id }), settleMs: 1_000 };
const parse = ({ body }: { body: Uint8Array }): unknown => ({ id: parseJsonObject(body)?.['id'] });

/** @param isLimited whether its connector says how often it may be called; far more often than anybody can */
const connector = (isLimited: boolean) =>
  defineConnector({
    apiVersion: 1,
    provider: 'bench',
    title: 'Bench',
    hosts: ['api.bench.example'],
    baseUrl: 'https://api.bench.example/v1',
    envAliases: [{ variable: 'BENCH_TOKEN', makes: 'connection', credential: 'bearer' }],
    classify: classifier({}),
    ...(isLimited && {
      limits: { all: { covers: 'all', ratePerSecond: 1_000_000, burst: 1_000_000, everyCall: 1, source: 'bench' } },
    }),
    actions: {
      read: defineAction<{ id: string }, { id: string }>({
        ...common,
        summary: 'Reads',
        effect: 'read',
        request: ({ id }) => ({ method: 'GET', url: `/things/${id}` }),
        parse,
        idempotency: 'none',
      }),
      write: defineAction<{ id: string }, { id: string }>({
        ...common,
        summary: 'Writes',
        effect: 'create',
        request: ({ id }) => ({ method: 'POST', url: '/things', json: { id } }),
        parse,
        idempotency: { header: 'Idempotency-Key', keyTtlMs: 86_400_000, source: 'bench' },
      }),
    },
  });

export interface PipelineUnderTest {
  /** How long to wait, where it is not done. @throws when it fails in another way */
  call(action: 'read' | 'write', id: string): Promise<number | undefined>;
  /** Ends when all that was called is on the disk and in its place in the audit log. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export async function openPipeline(dir: string, baseUrl: string, isLimited: boolean): Promise<PipelineUnderTest> {
  mkdirSync(dir, { recursive: true });
  const value = {
    connectors: [connector(isLimited)],
    connections: { bench: { baseUrl } },
    allowedPrivateHosts: ['127.0.0.1'],
  };
  const variables = {
    FAIRLEAD_DATA_DIR: join(dir, 'data'),
    AUDIT_LOG_PATH: join(dir, 'audit.ndjson'),
    FAIRLEAD_LOG_LEVEL: 'error',
    BENCH_TOKEN: 'a token of this bench',
  };
  const config = readConfig({ variables, cwd: dir, file: { path: join(dir, 'fairlead.config.mjs'), value } });
  const { parts, close } = await openParts(config);
  const { gateway, start, drain } = await composeFairlead(parts);
  await start();
  const scope = { tenant: 'default', environment: 'sandbox' } as const;
  const principal = localPrincipal('person', 'bench', 'library');
  return {
    async call(action, id) {
      const callId = newId('call', parts.clock, parts.random);
      const context = { scope, principal, callId, dryRun: false };
      const { state, error, retryAfterMs } = await gateway.callAction({
        context,
        action: `bench.${action}`,
        input: { id },
      });
      if (state === 'done') return undefined;
      if (error?.code === 'rate_limited') return retryAfterMs ?? 1_000;
      throw new Error(`a call came to ${state}: ${error?.detail}`);
    },
    settled: () => gateway.sequenceAudit(),
    async close() {
      await drain();
      await close();
    },
  };
}
