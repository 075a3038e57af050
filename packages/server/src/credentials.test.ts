import { describe, expect, test } from 'vitest';
import { authField, bearerToken, type CredentialSources, findToken, queryField } from './credentials.ts';

const find = (given: Partial<CredentialSources>) =>
  findToken({ headers: {}, url: undefined, cookieName: 'jwt', corsOrigins: [], ...given });

describe('[S19.1] a token is looked for', () => {
  test('in auth.token, the header, the query and the cookie, in this order', () => {
    const all = { auth: { token: 'a' }, headers: { authorization: 'Bearer b', cookie: 'x=1; jwt=d' }, url: '/?token=c' };
    expect(find(all)).toBe('a');
    expect(find({ ...all, auth: {} })).toBe('b');
    expect(find({ ...all, auth: undefined, headers: { cookie: 'jwt=d' } })).toBe('c');
    expect(find({ headers: { cookie: 'x=1; jwt=d%2Be' } })).toBe('d+e');
    expect(find({})).toBeUndefined();
  });

  test('without falling over whatever stands there', () => {
    for (const auth of [null, 7, 'x', [], { token: null }, { token: {} }, { token: '' }, Object.create({ token: 'inherited' })])
      expect(find({ auth }), JSON.stringify(auth)).toBeUndefined();
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Basic x', 'bearerx']) expect(bearerToken(authorization)).toBeUndefined();
    for (const cookie of ['', 'jwt', 'jwt=', 'jwt=%', '=x', ';;;', 'jwt2=x']) expect(find({ headers: { cookie } }), cookie).toBeUndefined();
    expect(queryField('/x?token=%', 'token')).toBe('%');
    expect(authField({ token: 'Bearer x' }, 'token')).toBe('x');
    expect(authField({ userId: 7 }, 'userId')).toBe('7');
  });

  test('[T31] and the cookie of a browser counts only for pages of this server, or of origins that are named', () => {
    const cookie = 'jwt=x';
    const host = 'app.example';
    expect(find({ headers: { cookie, host, origin: 'https://app.example' } })).toBe('x');
    expect(find({ headers: { cookie, host, origin: 'https://evil.example' } })).toBeUndefined();
    expect(find({ headers: { cookie, host, origin: 'https://evil.example' }, corsOrigins: ['*'] })).toBeUndefined();
    expect(find({ headers: { cookie, host, origin: 'https://ally.example' }, corsOrigins: ['https://ally.example'] })).toBe('x');
    expect(find({ headers: { cookie, host, 'sec-fetch-site': 'cross-site' } })).toBeUndefined();
    expect(find({ headers: { cookie, host, 'sec-fetch-site': 'same-origin' } })).toBe('x');
  });
});
