import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClientAddress } from './client-address.ts';

test('without trusted proxies only the peer counts, whatever a header says', () => {
  const addressOf = createClientAddress([]);
  expect(addressOf('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
  expect(addressOf(undefined, '198.51.100.1')).toBe('unknown');
});

test('one address has one name, however it is written; IPv6 counts by its /64', () => {
  const addressOf = createClientAddress([]);
  expect(new Set(['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:cb00:7107'].map((peer) => addressOf(peer, undefined)))).toEqual(
    new Set(['203.0.113.7']),
  );
  const same = ['2001:db8:1:2::1', '2001:0DB8:0001:0002:ffff:0:0:1', '2001:db8:1:2::203.0.113.7', '2001:db8:1:2::1%eth0'];
  expect(new Set(same.map((peer) => addressOf(peer, undefined)))).toEqual(new Set(['2001:db8:1:2::/64']));
  expect(addressOf('::1', undefined)).toBe('0:0:0:0::/64');
  expect(addressOf('2001:db8:1:3::1', undefined)).not.toBe(addressOf('2001:db8:1:2::1', undefined));
});

test('[T28] a header is believed from listed proxies only, and only from its end', () => {
  const addressOf = createClientAddress(['loopback', '10.0.0.0/8', '2001:db8::1']);
  expect(addressOf('127.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
  expect(addressOf('::ffff:127.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
  expect(addressOf('2001:db8::1', ' [2001:db8:9::1]:4711 ')).toBe('2001:db8:9:0::/64');
  expect(addressOf('127.0.0.1', '198.51.100.1:4711, 10.1.2.3')).toBe('198.51.100.1');
  expect(addressOf('127.0.0.1', 'made-up, 192.0.2.1, 198.51.100.1, 10.1.2.3')).toBe('198.51.100.1');
  expect(addressOf('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
  expect(addressOf('10.0.0.1', undefined)).toBe('10.0.0.1');
  expect(addressOf('10.0.0.1', '')).toBe('10.0.0.1');
  expect(addressOf('10.0.0.1', ['192.0.2.1', '198.51.100.1'])).toBe('198.51.100.1');
});

test('[T28] no header makes it throw, or gives a name that is not an address', () => {
  const addressOf = createClientAddress(['loopback']);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.array(fc.oneof(fc.string(), fc.ipV6())).map(String)), (header) => {
      expect(addressOf('127.0.0.1', header)).toMatch(/^(?:[\d.]+|[\da-f:]+\/64)$/);
    }),
  );
});
