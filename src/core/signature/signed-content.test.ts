import { describe, expect, it } from 'vitest';
import { carriesBodyHash, compileTemplate, emptyContent, join, sortedForm, urlSpellings } from './signed-content.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('a template', () => {
  it('is split into text and slots', () => {
    expect(compileTemplate('v0:{timestamp}:{body}')).toEqual(['v0:', { slot: 'timestamp' }, ':', { slot: 'body' }]);
    expect(compileTemplate('{url}{form}')).toEqual([{ slot: 'url' }, { slot: 'form' }]);
    expect(compileTemplate('')).toEqual([]);
  });

  it('keeps what is no slot as text', () => {
    expect(compileTemplate('{nothing}{Body}{body')).toEqual(['{nothing}', '{Body}{body']);
  });

  it('is filled with raw bytes and text, in order', () => {
    const content = {
      ...emptyContent(Buffer.from([0xff, 0x00]), '17'),
      id: 'i',
      url: 'u\u00e9',
      method: 'POST',
      secret: 's',
    };
    expect(join(compileTemplate('{secret}{method}{url}{body}.{timestamp}{id}'), content)).toEqual(
      Buffer.concat([Buffer.from('sPOSTu\u00e9'), Buffer.from([0xff, 0x00]), Buffer.from('.17i')]),
    );
    expect(join(compileTemplate('{crc32}'), { ...content, body: Buffer.from('123456789') }).toString()).toBe(
      '3421780262',
    );
  });
});

describe('sortedForm', () => {
  it.each([
    ['b=2&a=1', 'a1b2'],
    ['a=x+y%21', 'ax y!'],
    ['a=%C3%A9', 'a\u00e9'],
    ['a=2&a=1&a=2', 'a1a2'],
    ['a', 'a'],
    ['a=', 'a'],
    ['', ''],
    ['&&a=1&', 'a1'],
    ['A=1&a=2&B=3', 'A1B3a2'],
    ['a=b=c', 'ab=c'],
    ['__proto__=x&constructor=y', '__proto__xconstructory'],
  ])('of %s is %s', (body, form) => expect(sortedForm(bytes(body))).toBe(form));

  it.each(['a=%', 'a=%zz', 'a=%ff', 'a=\u00e9', 'a=\n', 'a=\u0000'])('refuses %j', (body) => {
    expect(sortedForm(bytes(body))).toBeUndefined();
  });
});

describe('urlSpellings', () => {
  it('leaves an exact URL as it is', () => {
    expect(urlSpellings('https://a.test/x?y=1', 'exact')).toEqual(['https://a.test/x?y=1']);
  });

  it.each([
    ['https://a.test/x', ['https://a.test/x', 'https://a.test:443/x']],
    ['http://a.test', ['http://a.test', 'http://a.test:80', 'http://a.test/', 'http://a.test:80/']],
    ['https://a.test:1234/x', ['https://a.test/x', 'https://a.test:1234/x']],
    ['https://u:p@a.test/x', ['https://u:p@a.test/x', 'https://u:p@a.test:443/x']],
    ['https://[::1]:80/x', ['https://[::1]/x', 'https://[::1]:80/x']],
    [
      "https://a.test/?q=it's",
      [
        "https://a.test/?q=it's",
        "https://a.test:443/?q=it's",
        'https://a.test/?q=it%27s',
        'https://a.test:443/?q=it%27s',
      ],
    ],
  ])('of %s with any port', (url, spellings) => expect(urlSpellings(url, 'any-spelling')).toEqual(spellings));

  it.each(['', '/x', 'a.test/x', 'https://', 'https:///x', `https://a.test/${'x'.repeat(9000)}`])(
    'refuses %s',
    (url) => {
      expect(urlSpellings(url)).toBeUndefined();
    },
  );
});

describe('carriesBodyHash', () => {
  const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  it.each([
    [`https://a.test/?h=${hash}`, true],
    [`https://a.test/?x=1&h=${hash}#top`, true],
    [`https://a.test/?x=1&h=${hash}#h=1`, undefined],
    [`https://a.test/?h=${hash.replace('e', 'f')}`, false],
    [`https://a.test/?h=${hash.toUpperCase()}`, false],
    ['https://a.test/?h=', false],
    [`https://a.test/?h=${hash}&h=${hash}`, undefined],
    [`https://a.test/?xh=${hash}`, undefined],
    [`https://a.test/h=${hash}`, undefined],
    ['https://a.test/', undefined],
  ])('in %s: %s', (url, found) => expect(carriesBodyHash(url, 'h', new Uint8Array())).toBe(found));
});
