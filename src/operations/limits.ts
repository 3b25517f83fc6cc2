/** How fast providers may be called: what is declared, what was learnt, and what is left now. @module */
import { z } from 'zod';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError, isAppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import { declaredLimit } from './described-action.js';
import { present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

type States = Awaited<ReturnType<Gateway['limits']>>;

const shown = z.object({
  provider: z.string(),
  bucket: z.string(),
  covers: z.string(),
  declared: z.number().optional().describe('units a second; absent: nobody knows, it is learnt'),
  connection: z.string().optional(),
  key: z.string().optional().describe('what tells the buckets of one name apart, e.g. the channel'),
  now: z.number().optional().describe('units a second, as the answers taught'),
  left: z.number().optional().describe('units that could go at once'),
  waitMs: z.number().optional().describe('until one unit may go'),
  underWay: z.number().optional(),
  source: z.string().optional(),
});
type Shown = z.output<typeof shown>;

const list = operation({
  name: 'limits.list',
  summary: 'Shows the rate limits: what is declared, what was learnt, what is left now',
  input: z.strictObject({ provider: z.string().max(100).optional().describe('only its limits') }),
  output: z.object({ limits: z.array(shown) }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: ({ provider }) => ({ type: 'limit', id: provider ?? '*' }) },
  http: { method: 'GET', path: '/v1/limits' },
  cli: {
    words: 'limits',
    positional: ['provider'],
    table: {
      rows: 'limits',
      columns: ['provider', 'bucket', 'key', 'connection', 'declared', 'now', 'left', 'waitMs', 'covers'],
    },
    examples: ['fairlead limits', 'fairlead limits slack --json'],
  },
  async run(gateway, context, { provider }) {
    const connectors = await gateway.connectors();
    const wanted = connectors.filter((one) => provider === undefined || one.provider === provider);
    if (provider !== undefined && wanted.length === 0)
      throw new AppError('not_found', { what: 'connector', id: provider });
    const states = await visible(gateway, context, await gateway.limits(context.scope));
    return { limits: wanted.flatMap((connector) => limitsOf(connector, context, states)) };
  },
});

/** Without those of another person's connections. */
async function visible(gateway: Gateway, { scope, principal }: CallContext, states: States): Promise<States> {
  const user = principal.onBehalfOf?.id;
  if (user === undefined) return states;
  const { stored } = await gateway.connections();
  const ids = [...new Set(states.map(({ connection }) => connection))].filter((id) => !id.startsWith('env:'));
  const hidden = new Set<string>();
  for (const id of ids) {
    await stored.row(scope, id, user).catch((error: unknown) => {
      if (!isAppError(error, 'not_found')) throw error;
      hidden.add(id);
    });
  }
  return states.filter(({ connection }) => !hidden.has(connection));
}

/** Each declared limit, once for every bucket that was used, or once where none was. */
function limitsOf({ provider, limits = {} }: ConnectorDefinition, { scope }: CallContext, states: States): Shown[] {
  const own = states.filter((state) => state.provider === provider);
  const declared = Object.entries(limits).flatMap(([bucket, limit]): Shown[] => {
    const { covers, unitsPerSecond: rate, source } = declaredLimit(limit);
    const perSecond = typeof rate === 'object' ? rate[scope.environment] : rate;
    const facts = { provider, bucket, covers, source, ...present({ declared: perSecond }) };
    const used = own.filter((state) => state.bucket === bucket);
    return used.length === 0 ? [facts] : used.map((state) => ({ ...facts, ...stateOf(state) }));
  });
  const whole = own.filter(({ bucket }) => bucket === '*');
  const covers = 'one connection, whatever it calls';
  return [...declared, ...whole.map((state) => ({ provider, bucket: '*', covers, ...stateOf(state) }))];
}

function stateOf({ connection, key, unitsPerSecond, left, waitMs, underWay }: States[number]): Partial<Shown> {
  return { connection, waitMs, underWay, ...present({ now: unitsPerSecond, left }), ...(key !== '' && { key }) };
}

export const LIMIT_OPERATIONS = [list];
