import { describe, expect, it } from 'vitest';
import { pathParameters, restRequestOf } from './rest-shape.js';

describe('an operation as a REST request', () => {
  it('puts fields into the path, the query and the body', () => {
    const get = { method: 'GET', path: '/v1/things/{id}/parts/{part}' } as const;
    expect(pathParameters(get.path)).toEqual(['id', 'part']);
    expect(restRequestOf(get, { id: 'a/b', part: '..', limit: 5, kinds: ['x', 'y'], none: undefined })).toEqual({
      method: 'GET',
      path: '/v1/things/a%2Fb/parts/..?limit=5&kinds=x&kinds=y',
    });
    const post = { method: 'POST', path: '/v1/things/{id}' } as const;
    expect(restRequestOf(post, { id: 'a', name: 'n', tags: ['t'] })).toEqual({
      method: 'POST',
      path: '/v1/things/a',
      body: '{"name":"n","tags":["t"]}',
    });
  });

  it('has a body whenever it changes something, so that it cannot begin before it has arrived', () => {
    expect(restRequestOf({ method: 'POST', path: '/v1/x' }, {}).body).toBe('{}');
    expect(restRequestOf({ method: 'DELETE', path: '/v1/x/{id}' }, { id: 'a', why: 'b c' })).toEqual({
      method: 'DELETE',
      path: '/v1/x/a?why=b+c',
      body: '{}',
    });
  });

  it('is not made for an address that lacks a part of it', () => {
    expect(() => restRequestOf({ method: 'GET', path: '/v1/x/{id}' }, {})).toThrow('id: it is missing');
    expect(() => restRequestOf({ method: 'GET', path: '/v1/x/{id}' }, { id: '' })).toThrow('id: it is missing');
  });

  it('writes structures in a query as JSON', () => {
    expect(restRequestOf({ method: 'GET', path: '/v1/x' }, { filter: { a: 1 } }).path).toBe(
      '/v1/x?filter=%7B%22a%22%3A1%7D',
    );
  });
});
