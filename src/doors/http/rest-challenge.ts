/** What a program is told with a refusal that another token would not meet (RFC 6750, 3; RFC 9728, 5.1). @module */
import type { ErrorView } from '../../core/errors.js';
import { isGrantScope } from '../../core/grant.js';
import { challengeHeader, FIRST_SCOPES, type Challenge } from '../../core/protected-resource.js';
import type { PlainAnswer } from './problem.js';

export function challenged(
  issuer: string,
  { code, data }: Pick<ErrorView, 'code' | 'data'>,
  answer: PlainAnswer,
): PlainAnswer {
  const challenge = challengeOf(code, data['scope']);
  if (challenge === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': challengeHeader(issuer, 'rest', challenge) } };
}

function challengeOf(code: ErrorView['code'], scope: unknown): Challenge | undefined {
  if (code === 'unauthenticated') return { scopes: FIRST_SCOPES };
  const canBeGiven = code === 'insufficient_scope' && typeof scope === 'string' && isGrantScope(scope);
  return canBeGiven ? { error: 'insufficient_scope', scopes: [scope] } : undefined;
}
