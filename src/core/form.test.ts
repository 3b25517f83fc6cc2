import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FormValue } from './action-request.js';
import { isAppError } from './errors.js';
import { formText, multipartBody, queryPairs } from './form.js';

describe('a form', () => {
  it.each<[string, Record<string, FormValue>, string]>([
    ['flat values', { amount: 500, live: false, name: 'A & B' }, 'amount=500&live=false&name=A+%26+B'],
    ['nested values', { metadata: { key: 'k', 'a b': 'c' } }, 'metadata[key]=k&metadata[a+b]=c'],
    [
      'lists',
      { items: [{ price: 'p1', quantity: 2 }, { price: 'p2' }] },
      'items[0][price]=p1&items[0][quantity]=2&items[1][price]=p2',
    ],
    ['what is absent, and what is cleared', { a: undefined, b: null, c: { d: null } }, 'b=&c[d]='],
    ['nothing', {}, ''],
    ['names that would end the pair', { 'a=b&c': 'd=e&f' }, 'a%3Db%26c=d%3De%26f'],
  ])('writes %s', (_, form, text) => expect(formText(form)).toBe(text));

  it('is read by others as it was meant', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (form) => {
        const read = [...new URLSearchParams(formText(form))];
        const meant = [...new URLSearchParams(Object.entries(form))];
        expect(read).toEqual(meant);
      }),
    );
  });

  it('that has no end is refused', () => {
    const form: Record<string, FormValue> = {};
    form['self'] = form;
    expect(() => formText(form)).toThrow(expect.toSatisfy((error) => isAppError(error, 'invalid_argument')));
  });
});

describe('a query', () => {
  it('repeats lists and leaves out what is absent', () => {
    expect(queryPairs({ a: [1, 2], b: undefined, c: true })).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['c', 'true'],
    ]);
  });
});

describe('a multipart body', () => {
  const file = {
    name: 'file',
    bytes: Buffer.from([0, 13, 10, 255]),
    contentType: 'image/png',
    filename: 'a"b\r\nx: y.png',
  };

  it('can be read by others, bytes and all', async () => {
    const { body, contentType } = multipartBody({ parts: [{ name: 'title', text: 'Ä' }, file] });
    const read = await new Response(body as never, { headers: { 'content-type': contentType } }).formData();
    expect(read.get('title')).toBe('Ä');
    const upload = read.get('file') as File;
    expect([...new Uint8Array(await upload.arrayBuffer())]).toEqual([0, 13, 10, 255]);
    expect(upload.type).toBe('image/png');
  });

  it('is the same for the same parts, and another for others', () => {
    const twice = [1, 2].map(() => multipartBody({ parts: [file] }).contentType);
    expect(twice[0]).toBe(twice[1]);
    expect(multipartBody({ parts: [{ name: 'a', text: 'b' }] }).contentType).not.toBe(twice[0]);
  });

  it('has bare parts when they are related', () => {
    const { body, contentType } = multipartBody({
      subtype: 'related',
      parts: [{ name: 'metadata', text: '{}', contentType: 'application/json' }, file],
    });
    expect(contentType).toMatch(/^multipart\/related; boundary=fairlead-[0-9a-f]{32}$/);
    expect(Buffer.from(body).toString('latin1')).toMatch(
      /^--fairlead-\w+\r\ncontent-type: application\/json\r\n\r\n{}\r\n--/,
    );
    expect(Buffer.from(body).toString('latin1')).not.toContain('content-disposition');
  });

  it('lets no name and no type end its line', () => {
    const { body } = multipartBody({ parts: [file] });
    expect(Buffer.from(body).toString('latin1')).not.toMatch(/^x: y/m);
    expect(() => multipartBody({ parts: [{ ...file, contentType: 'a\r\nb: c' }] })).toThrow();
  });
});
