/**
 * What Linear's answers mean: GraphQL says inside 200 as well that it failed, and Linear says "slow down" with 400.
 *
 * @source @linear/sdk (LinearErrorType, extensions, header names). From memory: the codes beside the types, the unit of
 * the resets (epoch milliseconds), the words for an id that is taken.
 * @module
 */
import { classifier } from '../../core/failure-table.js';
import { USUAL_WAITS, type WaitSignal } from '../../core/wait-signal.js';

const CODE = 'errors.0.extensions.code';
const TYPE = 'errors.0.extensions.type';

const reset = (of: string, spentOnly: boolean): WaitSignal => ({
  from: { header: `x-ratelimit-${of}-reset` },
  as: 'epoch-milliseconds',
  ...(spentOnly && { when: { header: `x-ratelimit-${of}-remaining`, is: '0' } }),
});

const tooFast = {
  code: 'rate_limited',
  providerCode: 'RATELIMITED',
  problem: 'the requests or points that this key may use in an hour are used up for now',
  waits: [
    ...USUAL_WAITS,
    reset('requests', true),
    reset('complexity', true),
    reset('requests', false),
    reset('complexity', false),
  ],
} as const;
/** What is counted by the hour is not there again in a moment. */
const unsaid = { unsaidWaitMs: 60_000 } as const;

const denied = { code: 'provider_auth' } as const;
const broken = { code: 'provider_unavailable', safeToRetry: false } as const;

export const classify = classifier({
  failsInside2xx: { body: { 'errors.0.message': /^/ } },
  providerCode: [CODE, TYPE],
  says: ['errors.0.extensions.userPresentableMessage', 'errors.0.message'],
  prefix: 'Linear says: ',
  rules: [
    { when: { body: { [CODE]: /^RATELIMITED$/i } }, ...tooFast, ...unsaid },
    { when: { body: { [TYPE]: /^ratelimited$/i } }, ...tooFast, ...unsaid },
    { when: { status: 429 }, ...tooFast },
    {
      when: { body: { 'errors.0.message': /conflict on insert|with id .{1,60} already exists/i } },
      code: 'provider_rejected',
      providerCode: 'id_taken',
      problem: 'it has been made already, by an earlier request of this call',
    },
    {
      when: { body: { 'errors.0.message': /^Entity not found/i } },
      code: 'provider_rejected',
      providerCode: 'not_found',
      problem: 'there is no such thing in Linear, or the key may not see it',
    },
  ],
  codes: {
    AUTHENTICATION_ERROR: { ...denied, problem: 'the key is not valid, or it was revoked' },
    'authentication error': { ...denied, problem: 'the key is not valid, or it was revoked' },
    FORBIDDEN: { ...denied, problem: 'the key may not do this: it lacks a permission or access to the team' },
    forbidden: { ...denied, problem: 'the key may not do this: it lacks a permission or access to the team' },
    INTERNAL_SERVER_ERROR: broken,
    'internal error': broken,
    NETWORK_ERROR: broken,
    'network error': broken,
    LOCK_TIMEOUT: { ...broken, problem: 'somebody else is changing the same thing' },
    'lock timeout': { ...broken, problem: 'somebody else is changing the same thing' },
    USAGE_LIMIT_EXCEEDED: 'the plan of the workspace allows no more of it',
    'usage limit exceeded': 'the plan of the workspace allows no more of it',
    'feature not accessible': 'the plan of the workspace does not include this',
  },
});
