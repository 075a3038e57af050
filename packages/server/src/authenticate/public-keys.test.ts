import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ec, encode, HOUR_MS, rsa, setup } from './forged-token.ts';

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
