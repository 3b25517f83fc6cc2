import { describe, expect, it } from 'vitest';
import { clientAddress } from './client-address.js';

const OURS = ['10.0.0.2', 'fd00::2'];

describe('where a request came from', () => {
  it.each([
    ['198.51.100.7', undefined, '198.51.100.7'],
    // Nobody but a proxy of ours may say so.
    ['198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['10.0.0.2', '203.0.113.9', '203.0.113.9'],
    ['::ffff:10.0.0.2', '203.0.113.9', '203.0.113.9'],
    // What stands to the left was written by anybody.
    ['10.0.0.2', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['10.0.0.2', '1.1.1.1, 203.0.113.9, fd00::2', '203.0.113.9'],
    ['10.0.0.2', 'not an address', '10.0.0.2'],
    ['10.0.0.2', '', '10.0.0.2'],
    // One network of IPv6 is one of them.
    ['2001:db8::1', undefined, '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0000:ffff::9', undefined, '2001:db8:0:0::/64'],
    ['::1', undefined, '0:0:0:0::/64'],
    [undefined, '203.0.113.9', ''],
  ])('%s with %j is %s', (peer, forwarded, expected) => {
    expect(clientAddress(peer, forwarded, OURS)).toBe(expected);
  });
});
