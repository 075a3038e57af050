import { describe, expect, test } from 'vitest';
import { forge, HOUR_MS, SECRET, setup } from './authenticate/forged-token.ts';
import { signToken } from './authenticate.ts';

describe('a good token', () => {
  test('says who it is', async () => {
    const { verify, claims, seconds } = setup();
    const payload = {
      ...claims,
      tenant: 'acme',
      name: 'Alice',
      role: 'nurse',
      iat: seconds,
      jti: 't1',
      sid: 's1',
      scope: 'read write',
      secret: 'x',
    };
    expect(await verify(forge({ alg: 'HS256', typ: 'JWT' }, payload))).toEqual({
      tenant: 'acme',
      user: 'alice',
      profile: { name: 'Alice', role: 'nurse' },
      scopes: ['read', 'write'],
      expiresAt: (seconds + 3_600) * 1_000,
      issuedAt: seconds * 1_000,
      tokenId: 't1',
      loginId: 's1',
      tokenDigest: expect.stringMatching(/^[\w+/]{43}=$/),
    });
  });

  test('may be made by signToken', async () => {
    const { verify, options, clock } = setup({ jwtIssuer: 'us', jwtAudience: 'here', userClaim: 'uid' });
    const token = await signToken(
      { user: '42', tenant: 'acme', profile: { name: 'Bob' }, lifetimeMs: HOUR_MS },
      { ...options, jwtSecret: SECRET, clock },
    );
    expect(await verify(token)).toMatchObject({ user: '42', tenant: 'acme', profile: { name: 'Bob' } });
  });

  test('may count its users: a numeric id is its decimal string', async () => {
    const { verify, claims } = setup();
    expect((await verify(forge({ alg: 'HS256' }, { ...claims, sub: 42 }))).user).toBe('42');
  });

  test.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt', undefined])('may have the type %s', async (typ) => {
    const { verify, claims } = setup();
    expect((await verify(forge({ alg: 'HS256', typ }, claims))).tenant).toBe('default');
  });

  test('is answered at once when it comes again, until it ends', async () => {
    const { authenticator, claims, clock, reasonFor } = setup();
    const token = forge({ alg: 'HS256' }, claims);
    const first = await authenticator.verify(token);
    expect(authenticator.verify(token)).toBe(first);
    clock.advance(HOUR_MS - 1);
    expect(authenticator.verify(token)).toBe(first);
    clock.advance(1);
    expect(await reasonFor(token)).toBe('The token has ended.');
  });

  test('has a profile of short texts only', async () => {
    const { verify, claims } = setup();
    const payload = { ...claims, name: `${'x'.repeat(255)}😀`, role: 'a\u0000\r\nb', email: { toString: 1 }, userType: 7 };
    expect((await verify(forge({ alg: 'HS256' }, payload))).profile).toEqual({ name: 'x'.repeat(255), role: 'a   b', userType: '7' });
  });
});

describe('[T2] times', () => {
  test.each([-HOUR_MS, HOUR_MS])('with the clock moved by %i ms, only what is valid then is accepted', async (movedMs) => {
    const { clock, seconds, verify, reasonFor } = setup();
    clock.advance(movedMs);
    const then = seconds + movedMs / 1_000;
    const at = (times: object) => forge({ alg: 'HS256' }, { sub: 'alice', ...times });
    await verify(at({ exp: then + 1 }));
    await verify(at({ exp: then + 9, nbf: then + 60, iat: then + 60 }));
    expect(await reasonFor(at({ exp: then }))).toMatch(/has ended/);
    expect(await reasonFor(at({ exp: then - 1 }))).toMatch(/has ended/);
    expect(await reasonFor(at({ exp: then + 9, nbf: then + 61 }))).toMatch(/nbf/);
    expect(await reasonFor(at({ exp: then + 9, iat: then + 61 }))).toMatch(/iat/);
  });

  test('a token that was refused as too early is accepted when its time has come', async () => {
    const { clock, seconds, verify, reasonFor } = setup();
    const token = forge({ alg: 'HS256' }, { sub: 'alice', nbf: seconds + 1_800, exp: seconds + 3_600 });
    await reasonFor(token);
    clock.advance(1_800_000);
    await verify(token);
  });

  test('a longest lifetime holds with and without `iat`, and a token without end breaks it', async () => {
    const { verify, reasonFor, seconds } = setup({ tokenLifetimeMaxMs: HOUR_MS, tokenExpiryRequired: false });
    const at = (times: object) => forge({ alg: 'HS256' }, { sub: 'alice', ...times });
    await verify(at({ exp: seconds + 3_600 }));
    await verify(at({ exp: seconds + 1_800, iat: seconds - 1_800 }));
    for (const times of [
      { exp: seconds + 3_601 },
      { exp: seconds + 1_801, iat: seconds - 1_800 },
      { exp: seconds + 3_630, iat: seconds + 30 },
      {},
    ]) {
      expect(await reasonFor(at(times))).toMatch(/longer than is allowed/);
    }
  });

  test('a token without end is accepted only when that is asked for', async () => {
    const { verify } = setup({ tokenExpiryRequired: false });
    expect((await verify(forge({ alg: 'HS256' }, { sub: 'alice' }))).expiresAt).toBeNull();
  });
});

describe('[T4] issuer, audience and tenant are exact', () => {
  const given = { jwtIssuer: 'https://issuer.example', jwtAudience: 'porchlight' };
  const good = { iss: given.jwtIssuer, aud: given.jwtAudience };
  test.each([
    { ...good, iss: undefined },
    { ...good, iss: 'https://issuer.example/' },
    { ...good, iss: ['https://issuer.example'] },
    { ...good, iss: 'HTTPS://issuer.example' },
    { ...good, aud: undefined },
    { ...good, aud: [] },
    { ...good, aud: 'porchlight2' },
    { ...good, aud: ['other'] },
    { ...good, aud: { porchlight: true } },
    { ...good, tenant: '' },
    { ...good, tenant: null },
    { ...good, tenant: ['a'] },
    { ...good, tenant: 7 },
    { ...good, tenant: 'a\nb' },
    { ...good, tenant: 'x'.repeat(129) },
  ])('refuses %j', async (changed) => {
    const { claims, reasonFor } = setup(given);
    await reasonFor(forge({ alg: 'HS256' }, { ...claims, ...changed }));
  });

  test('accepts a list of audiences that holds ours', async () => {
    const { claims, verify } = setup(given);
    await verify(forge({ alg: 'HS256' }, { ...claims, ...good, aud: ['other', 'porchlight'] }));
  });
});
