import { describe, expect, it } from 'vitest';
import type { Connection } from '../core/connection.js';
import type { ConnectorDefinition, CredentialKind } from '../core/connector.js';
import { isAppError } from '../core/errors.js';
import { complete, needsSecret } from './credential.js';
import type { RenderedRequest } from './request.js';

const ACME = { hosts: ['api.acme.test'] } as unknown as ConnectorDefinition;
const OPEN = { hosts: [], anyTarget: true } as unknown as ConnectorDefinition;

const connection = (credential: CredentialKind, more: Partial<Connection> = {}, baseUrl = ''): Connection => ({
  provider: 'acme',
  view: { id: 'env:acme', environment: 'sandbox', credential, baseUrl },
  hosts: [],
  idempotentHosts: [],
  ...more,
});

const to = (url?: string): RenderedRequest => ({ method: 'POST', headers: {}, ...(url && { url: new URL(url) }) });

function outcome(run: () => { headers: Record<string, string>; withheld: boolean }): string {
  try {
    const { headers, withheld } = run();
    return withheld ? 'withheld' : (headers['authorization'] ?? 'none');
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

describe('putting the secret into a request', () => {
  it.each<[CredentialKind, Partial<Connection>, Record<string, string>]>([
    ['bearer', {}, { authorization: 'Bearer s3cret' }],
    ['basic', {}, { authorization: `Basic ${Buffer.from('s3cret').toString('base64')}` }],
    ['header', { header: 'x-acme-token' }, { 'x-acme-token': 's3cret' }],
    ['header', {}, { authorization: 's3cret' }],
    ['none', {}, {}],
  ])('%s %j', (credential, more, headers) => {
    const rendered = to('https://api.acme.test/x');
    expect(complete(rendered, ACME, connection(credential, more), 's3cret').headers).toEqual(headers);
    // What was rendered stays as it is, for the log and for the next attempt.
    expect(rendered.headers).toEqual({});
  });

  it.each<[string, string, ConnectorDefinition, Partial<Connection>, string]>([
    ['its own host', 'https://api.acme.test/x', ACME, {}, 'Bearer s3cret'],
    ['its own host in the clear', 'http://api.acme.test/x', ACME, {}, 'egress_denied'],
    ['another host', 'https://evil.test/x', ACME, {}, 'egress_denied'],
    ['a listed host', 'https://tools.test/x', OPEN, { hosts: ['tools.test'] }, 'Bearer s3cret'],
    ['a host that is not listed', 'https://evil.test/x', OPEN, { hosts: ['tools.test'] }, 'withheld'],
    ['a listed host in the clear', 'http://tools.test/x', OPEN, { hosts: ['tools.test'] }, 'withheld'],
    ['a host listed as clear', 'http://tools.test/x', OPEN, { hosts: ['http://tools.test'] }, 'Bearer s3cret'],
    ['this machine', 'http://127.0.0.1:1/x', OPEN, { hosts: ['127.0.0.1'] }, 'Bearer s3cret'],
  ])('for %s', (_, url, connector, more, expected) => {
    const held = connection('bearer', more);
    expect(outcome(() => complete(to(url), connector, held, 's3cret'))).toBe(expected);
    expect(needsSecret(to(url), connector, held)).toBe(expected === 'Bearer s3cret');
  });

  it('follows the base URL of the operator, with its port', () => {
    const held = connection('bearer', {}, 'http://127.0.0.1:5123/api');
    expect(outcome(() => complete(to('http://127.0.0.1:5123/api/x'), ACME, held, 's3cret'))).toBe('Bearer s3cret');
    expect(outcome(() => complete(to('http://127.0.0.1:5124/api/x'), ACME, held, 's3cret'))).toBe('egress_denied');
  });

  it.each([undefined, '', 'a\nb', 'a\u0000', 'schlüssel'])('refuses %j as a secret', (secret) => {
    expect(outcome(() => complete(to('https://api.acme.test/x'), ACME, connection('bearer'), secret))).toBe(
      'config_invalid',
    );
  });
});

describe('a secret address', () => {
  const held = connection('secret_url');
  const at = (secret: string) => outcome(() => complete(to(), ACME, held, secret));

  it('becomes the address', () => {
    expect(complete(to(), ACME, held, 'https://api.acme.test/hook/abc').url.href).toBe(
      'https://api.acme.test/hook/abc',
    );
    expect(needsSecret(to(), ACME, held)).toBe(true);
  });

  it.each([
    ['https://evil.test/hook', 'egress_denied'],
    ['http://api.acme.test/hook', 'egress_denied'],
    ['https://user@api.acme.test/hook', 'egress_denied'],
    ['hook', 'config_invalid'],
  ])('%s is refused: %s', (secret, code) => {
    expect(at(secret)).toBe(code);
  });

  it('is not shown by the error that refuses it', () => {
    try {
      complete(to(), ACME, held, 'https://evil.test/hook/very-secret');
      expect.fail('not refused');
    } catch (error) {
      expect(String(error)).not.toContain('very-secret');
    }
  });
});
