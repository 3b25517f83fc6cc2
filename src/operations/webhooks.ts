/** Operations on webhooks themselves: signed samples for a source of ours. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { signDelivery } from '../core/signature/index.js';
import type { SourceRow } from '../core/source.js';
import type { SampleSet } from '../core/webhook.js';
import { present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

interface Sample {
  body: Uint8Array;
  headers: Record<string, string>;
}

/** Builds a delivery as the provider would send it; a forged one is signed with a secret nobody has. */
async function signedSample(
  gateway: Gateway,
  row: SourceRow,
  set: SampleSet,
  type: string,
  forge: boolean,
): Promise<Sample> {
  const nowMs = gateway.clock.nowMs();
  const id = newId('event', gateway.clock, gateway.random).slice(4);
  const sample = set.sample(type, id, nowMs);
  const body = new TextEncoder().encode(sample.body);
  const webhooks = gateway.webhooks[row.provider];
  const scheme = webhooks?.schemes[row.scheme ?? Object.keys(webhooks.schemes)[0]!];
  const secret = forge ? inventedSecret(gateway) : (await gateway.secretsOf(row))[0];
  if (row.unsignedReason !== undefined || scheme === undefined) return { body, headers: sample.headers };
  if (secret === undefined)
    throw new AppError('conflict', { what: `source ${row.id}`, problem: 'it has no secret to sign with' });
  const url = row.publicUrl ?? gateway.address() + row.path;
  const signed = signDelivery(scheme, { body, secret, nowMs, id, url, method: 'POST', headers: sample.headers });
  if (!signed.ok)
    throw new AppError('conflict', { what: `source ${row.id}`, problem: `we cannot sign for it: ${signed.reason}` });
  return { body: signed.body, headers: { ...sample.headers, ...signed.headers } };
}

/** Of the shape that providers with decoded secrets want, and as good as any for the others. */
function inventedSecret(gateway: Gateway): string {
  return `whsec_${Buffer.from(gateway.random.bytes(32)).toString('base64')}`;
}

function pickSource(
  gateway: Gateway,
  scope: { tenant: string; environment: string },
  provider: string,
  id?: string,
): SourceRow {
  const mine = gateway.sources
    .list()
    .filter((row) => row.tenant === scope.tenant && row.environment === scope.environment);
  const found = mine.filter((row) => (id === undefined ? row.provider === provider : row.id === id));
  if (found.length === 0 && id === undefined) {
    const problem = `${provider} has none in ${scope.environment}; make one with \`fairlead source create ${provider}\``;
    throw new AppError('conflict', { what: 'source', problem });
  }
  if (found.length === 0) throw new AppError('not_found', { what: 'source', id: id ?? provider });
  if (found.length > 1) {
    const problem = `there are ${found.length} of ${provider}; name one of ${found.map((row) => row.id).join(', ')}`;
    throw new AppError('invalid_argument', { argument: 'source', problem });
  }
  return found[0]!;
}

const verdict = z.object({ status: z.number(), duplicate: z.boolean(), reason: z.string().optional() });

async function deliver(gateway: Gateway, row: SourceRow, { body, headers }: Sample): Promise<z.output<typeof verdict>> {
  const request = new Request(gateway.address() + row.path, { method: 'POST', headers, body: Buffer.from(body) });
  const response = await gateway.door.fetch(request);
  const text = await response.text();
  const answer = (text.startsWith('{') ? JSON.parse(text) : {}) as {
    duplicate?: boolean;
    reason?: string;
    error?: string;
  };
  return {
    status: response.status,
    duplicate: answer.duplicate === true,
    ...present({ reason: answer.reason ?? answer.error }),
  };
}

const trigger = operation({
  name: 'webhooks.trigger',
  summary: 'Sends correctly signed sample deliveries through the intake, or forged ones',
  input: z.strictObject({
    provider: z.string(),
    type: z.string().optional().describe('event type; the usual one when absent'),
    source: z.string().optional().describe('id of the source; needed where the provider has several'),
    count: z.coerce.number().int().min(1).max(10_000).default(1),
    duplicate: z.boolean().default(false).describe('send each one twice'),
    forge: z.boolean().default(false).describe('sign with a wrong secret'),
    outOfOrder: z.boolean().default(false).describe('send in reverse order of creation'),
  }),
  output: z.object({
    source: z.string(),
    type: z.string(),
    sent: z.number(),
    accepted: z.number(),
    duplicates: z.number(),
    refused: z.number(),
    reasons: z.record(z.string(), z.number()),
  }),
  effect: 'create',
  scope: 'write',
  errors: ['not_found', 'invalid_argument', 'conflict'],
  audit: { target: (input) => ({ type: 'provider', id: input.provider }) },
  http: { method: 'POST', path: '/v1/webhooks/trigger' },
  cli: {
    words: 'trigger',
    positional: ['provider', 'type'],
    examples: [
      'fairlead trigger stripe checkout.session.completed',
      'fairlead trigger github --count 20 --duplicate',
      'fairlead trigger slack --forge',
    ],
  },
  async run(gateway, context, input) {
    if (context.scope.environment === 'live') {
      throw new AppError('invalid_argument', {
        argument: 'env',
        problem: 'samples are for sandbox; a live source takes only what its provider sends',
      });
    }
    const samples = await gateway.samples();
    const set = Object.hasOwn(samples, input.provider) ? samples[input.provider] : undefined;
    if (set === undefined) {
      throw new AppError('invalid_argument', {
        argument: 'provider',
        problem: `no samples of "${input.provider}"; there are ${Object.keys(samples).join(', ')}`,
      });
    }
    const type = input.type ?? set.types[0]!;
    if (!set.types.includes(type)) {
      throw new AppError('invalid_argument', {
        argument: 'type',
        problem: `no sample of "${type}"; there are ${set.types.join(', ')}`,
      });
    }
    const row = pickSource(gateway, context.scope, input.provider, input.source);
    const deliveries: Sample[] = [];
    for (let i = 0; i < input.count; i++) deliveries.push(await signedSample(gateway, row, set, type, input.forge));
    if (input.outOfOrder) deliveries.reverse();
    const total = {
      source: row.id,
      type,
      sent: 0,
      accepted: 0,
      duplicates: 0,
      refused: 0,
      reasons: {} as Record<string, number>,
    };
    for (const sample of input.duplicate ? deliveries.flatMap((one) => [one, one]) : deliveries) {
      const { status, duplicate, reason } = await deliver(gateway, row, sample);
      total.sent += 1;
      if (status < 300) total[duplicate ? 'duplicates' : 'accepted'] += 1;
      else {
        total.refused += 1;
        total.reasons[reason ?? String(status)] = (total.reasons[reason ?? String(status)] ?? 0) + 1;
      }
    }
    return total;
  },
});

export const WEBHOOK_OPERATIONS = [trigger];
