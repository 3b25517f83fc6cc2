import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAddresses, isOwnListener } from './check-addresses.js';
import { checkUrl, type Target } from './check-url.js';
import { parseEgressRules } from './egress-rules.js';

function target(url: string, allowed: string[] = []): Target {
  const verdict = checkUrl(url, parseEgressRules(allowed));
  if (!verdict.ok) expect.unreachable(verdict.reason);
  return verdict.target;
}

const refusal = (url: string, allowed: string[] = []) => {
  const verdict = checkUrl(url, parseEgressRules(allowed));
  return verdict.ok ? undefined : verdict.reason;
};

describe('checkUrl', () => {
  it('takes a URL apart', () => {
    expect(target('https://Example.com/a?b=c')).toEqual({
      secure: true,
      host: 'example.com',
      port: 443,
      origin: 'https://example.com',
      path: '/a?b=c',
      named: false,
    });
    expect(target('https://[2606:4700::1111]:8443/')).toMatchObject({
      host: '2606:4700::1111',
      address: '2606:4700::1111',
      port: 8443,
    });
  });

  it('allows what the operator named, and nothing beside it', () => {
    const allowed = ['127.0.0.1:4000', 'tool.internal', '[::1]:4001', '10.1.0.0/16', '[fd00::/8]:8080', 'LocalHost:9'];
    for (const url of [
      'http://127.0.0.1:4000/x',
      'https://127.0.0.1:4000/',
      'http://tool.internal/',
      'http://tool.internal:81/',
      'http://[::1]:4001/',
      'http://10.1.2.3:8080/',
      'http://[fd00::1]:8080/',
      'http://localhost:9/',
    ]) {
      expect(refusal(url, allowed), url).toBeUndefined();
    }
    for (const url of [
      'http://127.0.0.1:4001/',
      'http://127.0.0.2:4000/',
      'http://x.tool.internal/',
      'http://tool.internal.example.com/',
      'http://10.2.0.1/',
      'http://[fd00::1]:8081/',
      'http://localhost/',
      'http://2130706433:4000/',
      'http://u@tool.internal/',
      'ftp://tool.internal/',
    ]) {
      expect(refusal(url, allowed), url).toBeDefined();
    }
  });

  it('says why in words', () => {
    expect(refusal('https://10.0.0.5/')).toBe('points inside a private network (10.0.0.5)');
    expect(refusal('https://0x7f.1/')).toBe('points at this machine itself (127.0.0.1)');
    expect(refusal('http://example.com/')).toBe('the scheme http: is not https');
    expect(refusal('https://example.com:22/')).toBe('port 22 is not allowed');
  });

  it('is total', () => {
    const parts = fc.constantFrom(
      'https://',
      'http:',
      '//',
      '\\',
      '@',
      ':',
      '#',
      '?',
      '[',
      ']',
      '%00',
      '127.0.0.1',
      'a.b',
      '\t',
      '①',
      '::1',
      '443',
    );
    const urls = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.array(parts).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(urls, (url) => {
        const verdict = checkUrl(url);
        if (verdict.ok) expect(verdict.target.secure && [443, 8443].includes(verdict.target.port)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseEgressRules', () => {
  it.each([
    '',
    ' ',
    '*',
    '*.internal',
    'http://tool',
    'tool:0',
    'tool:65536',
    'tool:x',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/7',
    '10.0.0/8',
    '1.2.3',
    '127.1',
    'a/b',
    '[::1',
    'a b',
    '-a',
  ])('refuses "%s"', (entry) =>
    expect(() => parseEgressRules([entry])).toThrowError(expect.objectContaining({ code: 'config_invalid' })),
  );
});

describe('checkAddresses', () => {
  const check = (url: string, addresses: string[], allowed: string[] = []) =>
    checkAddresses(target(url, allowed), addresses, parseEgressRules(allowed));

  it('takes public answers, in normal spelling, each once', () => {
    expect(check('https://a.example/', ['1.1.1.1', '::ffff:1.1.1.1', '2606:4700:0:0::1'])).toEqual({
      ok: true,
      addresses: ['1.1.1.1', '2606:4700::1'],
    });
  });

  it('refuses an answer with anything else in it', () => {
    for (const addresses of [[], ['127.0.0.1'], ['1.1.1.1', '10.0.0.1'], ['10.0.0.1', '1.1.1.1'], ['1.1.1.1', 'x']]) {
      expect(check('https://a.example/', addresses).ok).toBe(false);
    }
    expect(check('https://a.example/', ['1.1.1.1', '10.1.0.1'], ['10.1.0.0/16'])).toMatchObject({ ok: false });
  });

  it('lets a named host be private, but not link-local or a metadata service', () => {
    const allowed = ['tool.internal'];
    expect(check('http://tool.internal/', ['10.0.0.1', '127.0.0.1', '1.1.1.1'], allowed).ok).toBe(true);
    expect(check('http://tool.internal/', ['169.254.169.254'], allowed).ok).toBe(false);
    expect(check('http://tool.internal/', ['fe80::1'], allowed).ok).toBe(false);
    expect(check('http://tool.internal/', ['169.254.169.254'], [...allowed, '169.254.169.254/32']).ok).toBe(true);
  });

  it('lets a public name resolve into a network that is allowed', () => {
    expect(check('https://wiki.example.com/', ['10.1.0.9'], ['10.1.0.0/16']).ok).toBe(true);
    expect(check('https://wiki.example.com/', ['10.2.0.9'], ['10.1.0.0/16']).ok).toBe(false);
  });
});

describe('isOwnListener', () => {
  const own = (address: string, listeners: { host: string; port: number }[]) =>
    isOwnListener(address, 4650, listeners, () => ['192.168.1.7', 'fe80::1%eth0']);

  it('knows itself by address, by loopback, and by every interface behind a wildcard', () => {
    expect(own('127.0.0.1', [{ host: '127.0.0.1', port: 4650 }])).toBe(true);
    expect(own('127.0.0.1', [{ host: 'localhost', port: 4650 }])).toBe(true);
    expect(own('127.0.0.1', [{ host: '127.0.0.1', port: 4651 }])).toBe(false);
    expect(own('127.0.0.2', [{ host: '127.0.0.1', port: 4650 }])).toBe(false);
    for (const host of ['0.0.0.0', '::']) {
      for (const address of ['127.0.0.9', '::1', '192.168.1.7', '0.0.0.0'])
        expect(own(address, [{ host, port: 4650 }])).toBe(true);
      expect(own('192.168.1.8', [{ host, port: 4650 }])).toBe(false);
    }
  });
});
