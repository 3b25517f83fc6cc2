import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyAddress, isInNetwork, normalAddress, parseNetwork } from './address.js';

describe('classifyAddress', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['2606:4700:4700::1111', 'public'],
    ['::ffff:8.8.8.8', 'public'],
    ['127.0.0.1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['169.254.169.254', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['::8.8.8.8', 'tunnel'],
    ['64:ff9b::8.8.8.8', 'tunnel'],
    ['64:ff9b:1:2::8.8.8.8', 'tunnel'],
    ['2001::1', 'tunnel'],
    ['2002:808:808::', 'tunnel'],
    ['192.0.2.1', 'documentation'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['2001:2::1', 'reserved'],
    ['4000::1', 'reserved'],
    // AS112 and AMT relays: the library's table knows them, ours does not.
    ['192.175.48.1', 'reserved'],
    ['2620:4f:8000::1', 'reserved'],
  ])('%s is %s', (address, kind) => expect(classifyAddress(address)).toBe(kind));

  it.each([
    '',
    '127.1',
    '0177.0.0.1',
    '2130706433',
    '0x7f.0.0.1',
    '1.2.3.4.5',
    '1.2.3.4/8',
    'fe80::1%eth0',
    'example.com',
    '::ffff:1.2.3',
    ' 8.8.8.8',
    '８.８.８.８',
  ])('"%s" is no plain address', (text) => expect(classifyAddress(text)).toBe('invalid'));

  it('is total, and says the same of an address and of its mapped form', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof classifyAddress(text) === 'string'));
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(classifyAddress(`::ffff:${address}`)).toBe(classifyAddress(address));
        expect(normalAddress(`::ffff:${address}`)).toBe(address);
      }),
    );
    fc.assert(fc.property(fc.ipV6(), (address) => classifyAddress(address) !== 'invalid'));
  });
});

describe('networks', () => {
  it('are parsed strictly and matched', () => {
    expect(isInNetwork('10.1.2.3', parseNetwork('10.0.0.0/8')!)).toBe(true);
    expect(isInNetwork('::ffff:10.1.2.3', parseNetwork('10.0.0.0/8')!)).toBe(true);
    expect(isInNetwork('11.1.2.3', parseNetwork('10.0.0.0/8')!)).toBe(false);
    expect(isInNetwork('fd00::1', parseNetwork('10.0.0.0/8')!)).toBe(false);
    expect(isInNetwork('example.com', parseNetwork('10.0.0.0/8')!)).toBe(false);
    for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0/8', '::/129', 'x', '']) {
      expect(parseNetwork(text)).toBeUndefined();
    }
  });
});
