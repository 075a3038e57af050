import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type AuthenticatorOptions, createAuthenticator, type Identity, signToken } from './authenticate.ts';
import { createManualClock } from './clock.ts';
import { PorchlightError } from './errors.ts';
import { completeOptions, type ServerOptions } from './options.ts';

const SECRET = 'a secret that is long enough for HS256!';
const HOUR_MS = 3_600_000;

const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token of exactly these parts, whatever they are: for what no honest library would make. */
function forge(header: unknown, payload: unknown, secret: string | Buffer = SECRET, hash = 'sha256'): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

function setup(given: Partial<ServerOptions> = {}, extra: Pick<AuthenticatorOptions, 'fetch'> | object = {}) {
  const clock = createManualClock();
  const options = completeOptions({ jwtSecret: SECRET, ...given });
  const authenticator = createAuthenticator({ ...options, clock, ...extra });
  const seconds = Math.floor(clock.now() / 1_000);
  const claims = { sub: 'alice', exp: seconds + 3_600 };
  const verify = async (token: string): Promise<Identity> => authenticator.verify(token);
  const reasonFor = async (token: unknown): Promise<string> => {
    const error: unknown = await Promise.resolve()
      .then(() => authenticator.verify(token as string))
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    if (!(error instanceof PorchlightError)) throw new Error(`accepted, or failed otherwise: ${String(error)}`);
    expect(error.code).toBe('UNAUTHENTICATED');
    return error.message;
  };
  return { clock, options, authenticator, seconds, claims, verify, reasonFor };
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;

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

describe('public keys', () => {
  const signed = (alg: string, key: typeof rsa.privateKey, payload: unknown, header = {}) => {
    const input = `${encode({ alg, ...header })}.${encode(payload)}`;
    const signature = sign(alg === 'EdDSA' ? null : `sha${alg.slice(-3)}`, Buffer.from(input), {
      key,
      dsaEncoding: 'ieee-p1363',
      ...(alg.startsWith('PS') && { padding: 6, saltLength: 32 }),
    });
    return `${input}.${signature.toString('base64url')}`;
  };

  test('RSA, EC and Ed25519 verify their own algorithm only', async () => {
    const ed = generateKeyPairSync('ed25519');
    const cases = [
      { alg: 'RS256', pair: rsa, others: [] },
      { alg: 'PS256', pair: rsa, others: [], jwtAlgorithm: 'PS256' as const },
      { alg: 'ES256', pair: ec, others: [] },
      { alg: 'EdDSA', pair: ed, others: [] },
    ];
    for (const { alg, pair, jwtAlgorithm = 'RS256' as const } of cases) {
      const jwtPublicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
      const { verify, claims, reasonFor } = setup({ jwtSecret: null, jwtPublicKey, jwtAlgorithm });
      expect((await verify(signed(alg, pair.privateKey, claims))).user).toBe('alice');
      for (const other of ['RS512', 'HS256', 'none', alg === 'ES256' ? 'EdDSA' : 'ES256']) {
        expect(await reasonFor(`${encode({ alg: other })}.${encode(claims)}.AAAA`)).toMatch(/algorithm/);
      }
    }
  });

  test('a JWK is as good as PEM, and a private, weak or secret key is refused at start', () => {
    const jwk = JSON.stringify(ec.publicKey.export({ format: 'jwk' }));
    setup({ jwtPublicKey: jwk });
    const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const bad = [
      privatePem,
      weak,
      JSON.stringify(ec.privateKey.export({ format: 'jwk' })),
      '{"kty":"oct","k":"AAAA"}',
      '{',
      '/no/such/file',
    ];
    for (const jwtPublicKey of bad) expect(() => setup({ jwtPublicKey })).toThrow(/--jwt-public-key cannot be used/);
  });

  describe('a key set', () => {
    const jwk = (kid: string, pair = rsa) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid });
    function issuer(answer: () => Response | Promise<Response>) {
      const asked = { count: 0 };
      const fetchKeys: typeof fetch = async () => {
        asked.count++;
        return answer();
      };
      return { asked, fetchKeys };
    }
    const keySetOptions = { jwtSecret: null, jwksUrl: 'https://issuer.example/keys' };

    test('is fetched once, and again for a key it did not have, but not for every made-up name', async () => {
      let keys = [jwk('one')];
      const { asked, fetchKeys } = issuer(() => Response.json({ keys }));
      const { verify, claims, reasonFor, clock } = setup(keySetOptions, { fetch: fetchKeys });
      await Promise.all([1, 2, 3].map((n) => verify(signed('RS256', rsa.privateKey, { ...claims, n }, { kid: 'one' }))));
      expect(asked.count).toBe(1);
      for (let n = 0; n < 50; n++) await reasonFor(signed('RS256', rsa.privateKey, claims, { kid: `made-up-${n}` }));
      expect(asked.count).toBe(1);
      keys = [jwk('one'), jwk('two', ec)];
      clock.advance(30_000);
      expect((await verify(signed('ES256', ec.privateKey, claims, { kid: 'two' }))).user).toBe('alice');
      expect(asked.count).toBe(2);
      expect(await reasonFor(signed('RS256', rsa.privateKey, claims, { kid: 'two' }))).toMatch(/algorithm/);
    });

    test('serves on while its issuer is down, but not from the start', async () => {
      let up = false;
      const { fetchKeys, asked } = issuer(() => (up ? Response.json({ keys: [jwk('one')] }) : new Response('', { status: 500 })));
      const { verify, claims, seconds, clock } = setup(keySetOptions, { fetch: fetchKeys });
      const token = (n: number) => signed('RS256', rsa.privateKey, { ...claims, n, exp: seconds + 1_000_000 }, { kid: 'one' });
      await expect(verify(token(1))).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 30_000 });
      await expect(verify(token(2))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(asked.count).toBe(1);
      up = true;
      clock.advance(30_000);
      await verify(token(3));
      up = false;
      clock.advance(HOUR_MS);
      expect((await verify(token(4))).user).toBe('alice');
    });

    test('with two keys that would do needs a name; with one it does not', async () => {
      const two = issuer(() => Response.json({ keys: [jwk('one'), jwk('two')] }));
      const both = setup(keySetOptions, { fetch: two.fetchKeys });
      await both.reasonFor(signed('RS256', rsa.privateKey, both.claims));
      const one = issuer(() => Response.json({ keys: [jwk('one'), { kty: 'oct', k: 'AAAA' }, null, { kty: 'RSA' }] }));
      const single = setup(keySetOptions, { fetch: one.fetchKeys });
      expect((await single.verify(signed('RS256', rsa.privateKey, single.claims))).user).toBe('alice');
    });

    test.each([
      ['not JSON', () => new Response('<html>')],
      ['no list', () => Response.json({ keys: 'x' })],
      ['endless', () => new Response('['.repeat(300_000))],
      ['unreachable', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    ])('that is %s gives UNAVAILABLE', async (_, answer) => {
      const { verify, claims } = setup(keySetOptions, { fetch: issuer(answer).fetchKeys });
      await expect(verify(signed('RS256', rsa.privateKey, claims))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    });
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
