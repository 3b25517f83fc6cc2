/**
 * What Figma's answers mean.
 *
 * @source figma/rest-api-spec (both forms of errors); developers.figma.com/docs/rest-api/rate-limits; the words of 403
 * from memory
 * @module
 */
import { classifier } from '../../core/failure-table.js';

const token = { code: 'provider_auth', providerCode: 'invalid_token' } as const;

export const classify = classifier({
  says: ['err', 'message'],
  prefix: 'Figma says: ',
  rules: [
    {
      when: { status: 403, body: { err: /invalid token|token expired/i } },
      ...token,
      problem: 'the token is not valid, or it has expired',
    },
    { when: { status: 403, body: { err: /scope/i } }, code: 'provider_auth', providerCode: 'missing_scope' },
    { when: { status: 403, body: { message: /scope|invalid token/i } }, ...token },
    {
      when: { status: 403 },
      code: 'provider_rejected',
      providerCode: 'forbidden',
      problem: 'the account behind the token may not do this, or may not see the file',
    },
    {
      when: { status: 429, headers: { 'x-figma-rate-limit-type': 'low' } },
      code: 'rate_limited',
      problem: 'the few requests that this kind of seat has for such files are used up for now',
      unsaidWaitMs: 60_000,
    },
    {
      when: { status: 429 },
      code: 'rate_limited',
      problem: 'too many requests for the plan of the file and this kind of seat',
    },
  ],
});
