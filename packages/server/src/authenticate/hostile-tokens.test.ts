import { createHmac, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ec, encode, forge, rsa, rsaPem, SECRET, setup } from './forged-token.ts';

describe('[T3] hostile tokens', () => {
  const { claims, seconds } = setup();
  const good = forge({ alg: 'HS256' }, claims);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const ownJwk = ec.publicKey.export({ format: 'jwk' });
  const unsigned = (alg: unknown) => `${encode({ alg })}.${payload}.`;
  const withHeader = (extra: object) => forge({ alg: 'HS256', ...extra }, claims);
  const withClaims = (extra: object) => forge({ alg: 'HS256' }, { ...claims, ...extra });
  const embedded = (() => {
    const input = `${encode({ alg: 'ES256', jwk: ownJwk })}.${payload}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  })();

  const corpus: Record<string, unknown> = {
    empty: '',
    undefined: undefined,
    null: null,
    number: 7,
    object: { token: good },
    array: [good],
    dots: '..',
    'one dot': 'a.b',
    'four parts': `${good}.AAAA`,
    'five parts, as if encrypted': 'a.b.c.d.e',
    'too long': `${header}.${'A'.repeat(9_000)}.${signature}`,
    'one megabyte': 'A'.repeat(1_000_000),
    'white space around': ` ${good} `,
    'line break inside': `${header}.\n${payload}.${signature}`,
    'NUL inside': `${header}.${payload}\0.${signature}`,
    'base64 instead of base64url': `${header}.${payload}.${signature.slice(0, -2)}+/`,
    'padding kept': `${header}.${payload}.${signature}=`,
    'Bearer kept': `Bearer ${good}`,
    'header no JSON': forge('{', claims),
    'header null': forge('null', claims),
    'header a list': forge([], claims),
    'header a text': forge('"HS256"', claims),
    'header without alg': forge({}, claims),
    'alg none': unsigned('none'),
    'alg None': unsigned('None'),
    'alg NONE': unsigned('NONE'),
    'alg none, signed': forge({ alg: 'none' }, claims),
    'alg empty': unsigned(''),
    'alg null': unsigned(null),
    'alg a list': unsigned(['HS256']),
    'alg a number': unsigned(256),
    'alg lower case': forge({ alg: 'hs256' }, claims),
    'alg HS384, right secret': forge({ alg: 'HS384' }, claims, SECRET, 'sha384'),
    'alg HS512, right secret': forge({ alg: 'HS512' }, claims, SECRET, 'sha512'),
    'alg RS256 over HMAC': forge({ alg: 'RS256' }, claims),
    'alg ES256 of zeros (CVE-2022-21449)': `${encode({ alg: 'ES256' })}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
    'alg toString': unsigned('toString'),
    'alg __proto__': unsigned('__proto__'),
    'alg dir': unsigned('dir'),
    'no signature': `${header}.${payload}.`,
    'signature cut': `${header}.${payload}.${signature.slice(0, 20)}`,
    'signature of zeros': `${header}.${payload}.${Buffer.alloc(32).toString('base64url')}`,
    'signature of another secret': forge({ alg: 'HS256' }, claims, 'another secret that is long enough'),
    'empty secret': forge({ alg: 'HS256' }, claims, ''),
    'public key as secret (PEM)': forge({ alg: 'HS256' }, claims, rsaPem),
    'public key as secret (trimmed)': forge({ alg: 'HS256' }, claims, rsaPem.trim()),
    'public key as secret (DER)': forge({ alg: 'HS256' }, claims, rsa.publicKey.export({ type: 'spki', format: 'der' })),
    'payload exchanged': `${header}.${encode({ ...claims, sub: 'admin' })}.${signature}`,
    'header exchanged': `${encode({ alg: 'HS256', kid: 'x' })}.${payload}.${signature}`,
    'embedded jwk': embedded,
    'jku to an attacker': forge({ alg: 'HS256', jku: 'https://evil.example/keys' }, claims, 'evil'.repeat(9)),
    'x5u to an attacker': forge({ alg: 'HS256', x5u: 'https://evil.example/cert' }, claims, 'evil'.repeat(9)),
    'x5c of an attacker': forge({ alg: 'HS256', x5c: ['AAAA'] }, claims, 'evil'.repeat(9)),
    'jwk oct of an attacker': forge({ alg: 'HS256', jwk: { kty: 'oct', k: encode('evil'.repeat(9)) } }, claims, 'evil'.repeat(9)),
    'kid a path': forge({ alg: 'HS256', kid: '../../../../dev/null' }, claims, ''),
    'kid SQL': forge({ alg: 'HS256', kid: "x' UNION SELECT 'k'--" }, claims, 'k'),
    'kid a number': withHeader({ kid: 7 }),
    'kid an object': withHeader({ kid: {} }),
    'crit unknown': withHeader({ crit: ['exp'], exp: 1 }),
    'crit b64': withHeader({ crit: ['b64'], b64: false }),
    'crit empty': withHeader({ crit: [] }),
    'b64 without crit': withHeader({ b64: false }),
    'typ of a logout token': withHeader({ typ: 'logout+jwt' }),
    'typ of a DPoP proof': withHeader({ typ: 'dpop+jwt' }),
    'typ of a security event': withHeader({ typ: 'secevent+jwt' }),
    'typ a number': withHeader({ typ: 1 }),
    'typ null': withHeader({ typ: null }),
    'payload no JSON': forge({ alg: 'HS256' }, 'hello'),
    'payload null': forge({ alg: 'HS256' }, 'null'),
    'payload a list': forge({ alg: 'HS256' }, [claims]),
    'payload a text': forge({ alg: 'HS256' }, '"alice"'),
    'payload not UTF-8': (() => {
      const input = `${header}.${Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString('base64url')}`;
      return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
    })(),
    'no exp': forge({ alg: 'HS256' }, { sub: 'alice' }),
    'exp a text': withClaims({ exp: String(seconds + 60) }),
    'exp null': withClaims({ exp: null }),
    'exp negative': withClaims({ exp: -1 }),
    'exp in milliseconds': withClaims({ exp: seconds * 1_000 }),
    'exp 1e999': forge({ alg: 'HS256' }, '{"sub":"alice","exp":1e999}'),
    'exp a list': withClaims({ exp: [seconds + 60] }),
    'exp twice, the later one past': forge({ alg: 'HS256' }, `{"sub":"alice","exp":${seconds + 60},"exp":1}`),
    'nbf a text': withClaims({ nbf: '0' }),
    'iat an object': withClaims({ iat: {} }),
    'no sub': forge({ alg: 'HS256' }, { exp: claims.exp }),
    'sub empty': withClaims({ sub: '' }),
    'sub null': withClaims({ sub: null }),
    'sub true': withClaims({ sub: true }),
    'sub an object': withClaims({ sub: { id: 'alice' } }),
    'sub a list': withClaims({ sub: ['alice'] }),
    'sub negative': withClaims({ sub: -1 }),
    'sub a fraction': withClaims({ sub: 1.5 }),
    'sub beyond 2^53': forge({ alg: 'HS256' }, `{"sub":9007199254740993,"exp":${claims.exp}}`),
    'sub with NUL': withClaims({ sub: 'ali\0ce' }),
    'sub with a line break': withClaims({ sub: 'alice\r\n' }),
    'sub with bidi': withClaims({ sub: '\u202ealice' }),
    'sub a lone surrogate': withClaims({ sub: '\ud800' }),
    'sub not in normal form C': withClaims({ sub: 'e\u0301' }),
    'sub too long': withClaims({ sub: 'x'.repeat(129) }),
    'jti a number': withClaims({ jti: 7 }),
    'jti too long': withClaims({ jti: 'x'.repeat(257) }),
    'sid an object': withClaims({ sid: {} }),
  };

  test(`${Object.keys(corpus).length} of them (at least 60) are refused, with a reason and nothing of the token`, async () => {
    const { reasonFor, verify } = setup();
    expect(Object.keys(corpus).length).toBeGreaterThanOrEqual(60);
    for (const [name, token] of Object.entries(corpus)) {
      const reason = await reasonFor(token).catch((error: unknown) => Promise.reject(new Error(`${name}: ${String(error)}`)));
      expect(reason).toMatch(/^[A-Z][^\n]+\.$/);
      expect(reason).not.toContain(SECRET);
      if (typeof token === 'string' && token.length > 20) expect(reason).not.toContain(token.slice(0, 20));
    }
    expect((await verify(good)).user).toBe('alice');
  });

  test('with a public key, HMAC made with that key is refused', async () => {
    const { reasonFor } = setup({ jwtSecret: null, jwtPublicKey: rsaPem });
    for (const secret of [rsaPem, rsaPem.trim(), rsaPem.replaceAll('\n', '\r\n')]) {
      for (const alg of ['HS256', 'RS256']) await reasonFor(forge({ alg }, claims, secret));
    }
  });
});
