import { describe, expect, it } from 'vitest';
import { findListed, isLoopbackName, parseHostEntry } from './host-list.js';

const listed = (url: string, ...entries: string[]): boolean => findListed(new URL(url), entries) !== undefined;

describe('a list of hosts', () => {
  it.each([
    ['https://api.example.com/x', 'api.example.com', true],
    ['https://API.EXAMPLE.com/x', 'Api.Example.COM', true],
    ['http://api.example.com/x', 'api.example.com', true],
    ['http://api.example.com/x', 'https://api.example.com', false],
    ['https://api.example.com:8443/x', 'api.example.com', false],
    ['https://api.example.com:8443/x', 'api.example.com:8443', true],
    ['https://api.example.com/x', 'api.example.com:443', true],
    ['http://api.example.com/x', 'api.example.com:443', false],
    ['https://api.example.com.evil.test/', 'api.example.com', false],
    ['https://evilapi.example.com/', 'api.example.com', false],
    ['https://api.example.com./', 'api.example.com', false],
    ['https://a.example.com/', '*.example.com', true],
    ['https://a.b.example.com/', '*.example.com', false],
    ['https://example.com/', '*.example.com', false],
    ['https://evilexample.com/', '*.example.com', false],
    ['https://api.example.com@evil.test/', 'api.example.com', false],
    ['http://localhost:5123/', 'localhost', true],
    ['http://127.0.0.1:5123/', '127.0.0.1', true],
    ['http://127.0.0.1:5123/', '127.0.0.1:5124', false],
    ['http://[::1]:5123/', '[::1]', true],
    ['http://10.0.0.7:8080/', 'http://10.0.0.7:8080', true],
    ['http://10.0.0.7:8080/', '10.0.0.7', false],
    ['https://example.com/', '*', false],
    ['https://example.com/', '', false],
    ['https://example.com/', 'example.com/path', false],
    ['https://example.com/', 'user@example.com', false],
    ['https://example.com/', '*.com', true],
  ])('%s against %s: %s', (url, entry, expected) => {
    expect(listed(url, entry)).toBe(expected);
  });

  it('takes the first entry that covers', () => {
    expect(findListed(new URL('http://tools.test/'), ['other.test', 'http://tools.test', 'tools.test'])).toEqual({
      host: 'tools.test',
      scheme: 'http:',
    });
    expect(listed('https://example.com/')).toBe(false);
  });

  it('does not read what is no entry', () => {
    for (const text of ['', '*', 'a b', 'ftp://a.test', 'a.test:port', 'a.test?x', '#', 'a.*.test', 'http://']) {
      expect(parseHostEntry(text)).toBeUndefined();
    }
  });

  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['[::1]', true],
    ['localhost.evil.test', false],
    ['127.0.0.1.evil.test', false],
    ['128.0.0.1', false],
  ])('%s is this machine: %s', (name, expected) => {
    expect(isLoopbackName(name)).toBe(expected);
  });
});
