import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from './ports.js';
import { failureByStatus, requestIdOf } from './provider-failure.js';

const answer = (status: number, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers,
  body: new Uint8Array(),
  truncated: false,
});

describe('the failure that a status stands for', () => {
  it.each([200, 201, 202, 204, 206, 299])('%i is a success', (status) => {
    expect(failureByStatus(answer(status), 0)).toBeUndefined();
  });

  it.each([
    [301, 'provider_rejected', false],
    [302, 'provider_unavailable', false],
    [303, 'provider_unavailable', false],
    [307, 'provider_rejected', false],
    [400, 'provider_rejected', false],
    [401, 'provider_auth', false],
    [403, 'provider_rejected', false],
    [404, 'provider_rejected', false],
    [408, 'provider_unavailable', false],
    [409, 'provider_rejected', false],
    [418, 'provider_rejected', false],
    [422, 'provider_rejected', false],
    [425, 'provider_unavailable', true],
    [429, 'rate_limited', true],
    [500, 'provider_unavailable', false],
    [501, 'provider_rejected', false],
    [502, 'provider_unavailable', false],
    [503, 'provider_unavailable', false],
    [504, 'provider_unavailable', false],
    [524, 'provider_unavailable', false],
    [529, 'provider_unavailable', false],
    [100, 'provider_unavailable', false],
    [999, 'provider_unavailable', false],
    [0, 'provider_unavailable', false],
  ] as const)('%i is %s, safe to retry: %s', (status, code, safeToRetry) => {
    const failure = failureByStatus(answer(status), 0);
    expect(failure).toMatchObject({ code, safeToRetry, providerCode: `http_${status}` });
    expect(failure!.problem).not.toMatch(/\d{3}/);
  });

  it('obeys Retry-After, and leaves a missing one to backoff', () => {
    expect(failureByStatus(answer(429, { 'retry-after': '7' }), 0)).toMatchObject({ retryAfterMs: 7_000 });
    expect(failureByStatus(answer(429), 0)).not.toHaveProperty('retryAfterMs');
    expect(failureByStatus(answer(429, { 'retry-after': '0' }), 0)).not.toHaveProperty('retryAfterMs');
  });

  it('takes the words of the connector over its own, cut to a length', () => {
    const words = { providerCode: 'channel_not_found', problem: 'x'.repeat(1_000), requestId: 'r-1' };
    const failure = failureByStatus(answer(400, { 'x-request-id': 'r-2' }), 0, words);
    expect(failure).toMatchObject({ code: 'provider_rejected', providerCode: 'channel_not_found', requestId: 'r-1' });
    expect(failure!.problem).toHaveLength(301);
  });

  it('does not keep a promise of safety that belonged to another code', () => {
    expect(failureByStatus(answer(429), 0, { code: 'provider_unavailable' })).toMatchObject({ safeToRetry: false });
    expect(failureByStatus(answer(403), 0, { code: 'rate_limited', safeToRetry: true })).toMatchObject({
      code: 'rate_limited',
      safeToRetry: true,
    });
  });

  it('finds the id of the request where providers put it', () => {
    expect(requestIdOf(answer(500, { 'request-id': 'req_1' }))).toBe('req_1');
    expect(requestIdOf(answer(500, { 'x-request-id': 'a'.repeat(500) }))).toHaveLength(129);
    expect(requestIdOf(answer(500))).toBeUndefined();
  });
});
