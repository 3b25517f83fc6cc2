import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActionRequest, ConnectionView } from '../core/connector.js';
import { isAppError } from '../core/errors.js';
import { renderRequest, withKey } from './request.js';

const CONNECTOR = { hosts: ['api.acme.test', '*.acme-files.test'], baseUrl: 'https://api.acme.test/v1' };
const VIEW: ConnectionView = {
  id: 'env:acme',
  environment: 'sandbox',
  credential: 'bearer',
  baseUrl: 'https://api.acme.test/v1',
};

const render = (request: Partial<ActionRequest>, connector: object = CONNECTOR, view: object = {}) =>
  renderRequest({ method: 'POST', ...request }, { ...CONNECTOR, ...connector }, { ...VIEW, ...view });

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

describe('the address of a request', () => {
  it.each([
    ['/things', 'https://api.acme.test/v1/things'],
    ['/things?x=1#part', 'https://api.acme.test/v1/things?x=1'],
    ['/things/../others', 'https://api.acme.test/v1/others'],
    ['//evil.test/x', 'https://api.acme.test/v1//evil.test/x'],
    ['https://api.acme.test/v2/things', 'https://api.acme.test/v2/things'],
    ['https://eu.acme-files.test/a', 'https://eu.acme-files.test/a'],
  ])('%s is %s', (url, expected) => {
    expect(render({ url }).url?.href).toBe(expected);
  });

  it.each([
    ['/../../etc', 'egress_denied'],
    ['/..', 'egress_denied'],
    ['/%2e%2e/x', 'egress_denied'],
    ['/\\..\\..\\x', 'egress_denied'],
    ['https://evil.test/', 'egress_denied'],
    ['http://api.acme.test/v1/things', 'egress_denied'],
    ['https://api.acme.test:8443/', 'egress_denied'],
    ['https://user:pass@api.acme.test/', 'egress_denied'],
    ['https://a.b.acme-files.test/', 'egress_denied'],
    ['https://api.acme.test.evil.test/', 'egress_denied'],
    ['file:///etc/passwd', 'egress_denied'],
    ['javascript:alert(1)', 'egress_denied'],
    ['things', 'invalid_argument'],
    ['', 'invalid_argument'],
    [undefined, 'invalid_argument'],
  ])('%s is refused: %s', (url, code) => {
    expect(codeOf(() => render(url === undefined ? {} : { url }))).toBe(code);
  });

  it('is left open while it is itself the secret', () => {
    expect(render({}, {}, { credential: 'secret_url' }).url).toBeUndefined();
  });

  it('can be anywhere for the connector whose caller names the target, but http(s)', () => {
    const open = { anyTarget: true, hosts: [] };
    const view = { baseUrl: '' };
    expect(render({ url: 'http://tools.test:8080/x' }, open, view).url?.href).toBe('http://tools.test:8080/x');
    expect(codeOf(() => render({ url: 'ftp://tools.test/' }, open, view))).toBe('egress_denied');
    expect(codeOf(() => render({ url: '/x' }, open, view))).toBe('invalid_argument');
  });

  it('follows the base URL of the operator, and stays below its path', () => {
    const view = { baseUrl: 'http://127.0.0.1:5123/acme/v1' };
    expect(render({ url: '/things' }, {}, view).url?.href).toBe('http://127.0.0.1:5123/acme/v1/things');
    expect(codeOf(() => render({ url: '/../v2' }, {}, view))).toBe('egress_denied');
    expect(codeOf(() => render({ url: '/../v1x' }, {}, view))).toBe('egress_denied');
  });

  it('never leaves the hosts, whatever is put into the path', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.webUrl()), (text) => {
        try {
          expect(render({ url: `/things/${text}` }).url?.href).toMatch(/^https:\/\/api\.acme\.test\/v1(\/|$)/);
          expect(render({ url: text }).url?.origin).toMatch(/^https:\/\/(api\.acme\.test|[^./]+\.acme-files\.test)$/);
        } catch (error) {
          if (!isAppError(error)) throw error;
        }
      }),
    );
  });
});

describe('the body and headers of a request', () => {
  const url = '/things';
  const text = (body: Uint8Array | undefined) => Buffer.from(body ?? '').toString();

  it('are JSON, a form, bytes, or nothing', () => {
    const json = render({ url, json: { a: 'é' } });
    expect([text(json.body), json.headers['content-type']]).toEqual(['{"a":"é"}', 'application/json; charset=utf-8']);
    const form = render({ url, form: { a: '1 &', b: 'é' } });
    expect([text(form.body), form.headers['content-type']]).toEqual([
      'a=1+%26&b=%C3%A9',
      'application/x-www-form-urlencoded',
    ]);
    const bytes = render({ url, bytes: { body: Buffer.from([0, 255]), contentType: 'image/png' } });
    expect([[...bytes.body!], bytes.headers['content-type']]).toEqual([[0, 255], 'image/png']);
    const none = render({ url });
    expect([none.body, none.headers]).toEqual([undefined, { accept: 'application/json', 'user-agent': 'fairlead' }]);
    expect(text(render({ url, json: null }).body)).toBe('null');
  });

  it('take headers of the action, in lower case', () => {
    expect(render({ url, headers: { 'X-Version': '2', Accept: 'text/csv' } }).headers).toMatchObject({
      'x-version': '2',
      accept: 'text/csv',
    });
  });

  it.each([
    ['Authorization', 'Bearer x'],
    ['cookie', 'a=b'],
    ['Host', 'evil.test'],
    ['Content-Length', '1'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'close'],
    ['x y', '1'],
    ['x-a', 'b\r\nc: d'],
    ['x-a', 'b\u0000'],
    ['x-a', '日本'],
    ['', 'x'],
  ])('refuse %s: %j', (name, value) => {
    expect(codeOf(() => render({ url, headers: { [name]: value } }))).toBe('invalid_argument');
  });

  it('carry the key where the provider looks for it', () => {
    const rendered = render({ url, headers: { 'idempotency-key': 'other' } });
    const idempotency = { header: 'Idempotency-Key', keyTtlMs: 1, source: '' };
    expect(withKey(rendered, idempotency, 'k1').headers['idempotency-key']).toBe('k1');
    expect(withKey(rendered, 'none', 'k1')).toBe(rendered);
  });
});
