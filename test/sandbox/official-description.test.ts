/** The checks themselves: what they are there to find is found. */
import { describe, expect, it } from 'vitest';
import { jsonReply, type SandboxRequest } from '../../src/sandbox/index.js';
import { officialDescription, specs } from './official-description.js';

const request = (json: unknown, more: Partial<SandboxRequest> = {}): SandboxRequest => ({
  method: 'POST',
  path: '/repos/octo/widgets/issues',
  query: new URLSearchParams(),
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(json)),
  nowMs: 0,
  ...more,
});

describe.skipIf(!specs.available)('the check against an official description', () => {
  it.each<[string, SandboxRequest, ReturnType<typeof jsonReply>, RegExp]>([
    ['an unknown field', request({ title: 'x', tittle: 'y' }), jsonReply(201, {}), /request: body\.tittle is unknown/],
    ['a wrong type', request({ title: 'x', body: 7 }), jsonReply(201, {}), /request: body\/body must be string/],
    ['a missing field', request({ body: 'x' }), jsonReply(201, {}), /required property 'title'/],
    [
      'an unknown query parameter',
      request({ title: 'x' }, { query: new URLSearchParams('page_size=3') }),
      jsonReply(201, {}),
      /page_size is not in the document/,
    ],
    [
      'a missing field of an answer',
      request({ title: 'x' }),
      jsonReply(201, { id: 1 }),
      /201: answer must have required/,
    ],
    [
      'an unknown field of an answer',
      request({ title: 'x' }),
      jsonReply(201, { nummer: 1 }),
      /answer\.nummer is unknown/,
    ],
    ['a wrong type in an answer', request({ title: 'x' }), jsonReply(201, { id: 'x' }), /answer\/id must be integer/],
  ])('finds %s', async (_what, asked, reply, expected) => {
    const checker = await officialDescription({ file: 'github/openapi.json' });
    checker.see(asked, reply);
    expect(checker.problems.join('\n')).toMatch(expected);
  });

  it('finds an unknown field of a form, however deep', async () => {
    const checker = await officialDescription({ file: 'stripe/openapi.json' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = Buffer.from(
      'success_url=https://x.test&line_items[0][price]=p&line_items[0][colour]=red&metadata[a]=b',
    );
    checker.see(request({}, { path: '/v1/checkout/sessions', headers, body }), jsonReply(200, {}));
    expect(checker.problems).toContainEqual('POST /v1/checkout/sessions request: body.line_items.0.colour is unknown');
    expect(checker.problems.filter((problem) => /metadata|price/.test(problem) && / request: /.test(problem))).toEqual(
      [],
    );
  });

  it('counts what it cannot check', async () => {
    const checker = await officialDescription({ file: 'github/openapi.json' });
    checker.see(request({}, { path: '/nowhere' }), jsonReply(200, {}));
    expect([...checker.unchecked]).toEqual([['POST /nowhere', 1]]);
  });
});
