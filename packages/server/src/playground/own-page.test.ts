import { describe, expect, test } from 'vitest';
import { namesLoopback, whyNotOwnPage } from './own-page.ts';

describe('names of this machine', () => {
  test.each(['localhost', 'localhost:3000', 'LOCALHOST:3000', '127.0.0.1', '127.0.0.1:3000', '127.9.9.9:1', '[::1]', '[::1]:3000'])(
    '%s is one',
    (host) => expect(namesLoopback(host)).toBe(true),
  );

  test.each([
    undefined,
    '',
    ':3000',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@127.0.0.1',
    '127.0.0.1#',
    '[::1].evil.example',
    '0.0.0.0:3000',
    '10.0.0.1:3000',
    'localhost:3000, evil.example',
  ])('%s is none', (host) => expect(namesLoopback(host)).toBe(false));
});

describe('requests of the page itself', () => {
  const own = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-origin' };

  test('are known by host, origin and what the browser says of the site', () => {
    expect(whyNotOwnPage(own, false)).toBeUndefined();
    const { 'sec-fetch-site': _, ...olderBrowser } = own;
    expect(whyNotOwnPage(olderBrowser, false)).toBeUndefined();
  });

  test.each([
    ['[T31] another origin', { ...own, origin: 'https://evil.example' }],
    ['[T31] the same name on another port', { ...own, origin: 'http://127.0.0.1:4000' }],
    ['[T31] the origin null', { ...own, origin: 'null' }],
    ['[T31] another site without an origin', { host: own.host, 'sec-fetch-site': 'cross-site' }],
    ['[T31] another port of the same site', { ...own, 'sec-fetch-site': 'same-site' }],
    ['no origin', { host: own.host }],
    ['a name that was made to resolve to this machine', { host: 'evil.example:3000', origin: 'http://evil.example:3000' }],
  ])('%s is refused', (_name, headers) => expect(whyNotOwnPage(headers, false)).toBeTypeOf('string'));

  test('may use any name where the operator said so, but only their own', () => {
    expect(whyNotOwnPage({ host: 'demo.example', origin: 'https://demo.example' }, true)).toBeUndefined();
    expect(whyNotOwnPage({ host: 'demo.example', origin: 'https://evil.example' }, true)).toBeTypeOf('string');
  });
});
