import { createHmac } from 'node:crypto';

const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Tokens that name mallory, or the victim, and must not be believed; `good` is one that must. */
export function hostileTokens(secret: string, good: string, now: number): Readonly<Record<string, string>> {
  const seconds = Math.floor(now / 1_000);
  const claims = { sub: 'victim', iat: seconds, exp: seconds + 3_600 };
  const forge = (header: unknown, payload: unknown, key = secret) => {
    const input = `${encode(header)}.${encode(payload)}`;
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  };
  const [header = '', payload = '', signature = ''] = good.split('.');
  return {
    'not a token': 'x',
    dots: '..',
    'two parts': `${header}.${payload}`,
    'four parts': `${good}.x`,
    'no signature': `${header}.${payload}.`,
    'half a signature': `${header}.${payload}.${signature.slice(0, 20)}`,
    'another signature': `${header}.${payload}.${Buffer.alloc(32).toString('base64url')}`,
    'another user in it': `${header}.${encode(claims)}.${signature}`,
    'alg none': `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'alg none, signed': forge({ alg: 'none' }, claims),
    'another secret': forge({ alg: 'HS256' }, claims, 'another secret that is long enough!!'),
    'an empty secret': forge({ alg: 'HS256' }, claims, ''),
    'alg RS256 over HMAC': forge({ alg: 'RS256' }, claims),
    'key in its header': forge({ alg: 'HS256', jwk: { kty: 'oct', k: encode('evil') } }, claims, 'evil'),
    'key id a path': forge({ alg: 'HS256', kid: '../../dev/null' }, claims, ''),
    'critical extension': forge({ alg: 'HS256', crit: ['x'], x: 1 }, claims),
    'a logout token': forge({ alg: 'HS256', typ: 'logout+jwt' }, claims),
    ended: forge({ alg: 'HS256' }, { ...claims, exp: seconds - 1 }),
    'not yet': forge({ alg: 'HS256' }, { ...claims, nbf: seconds + 600 }),
    'without an end': forge({ alg: 'HS256' }, { sub: 'victim' }),
    'end 1e999': forge({ alg: 'HS256' }, '{"sub":"victim","exp":1e999}'),
    'of nobody': forge({ alg: 'HS256' }, { exp: claims.exp }),
    'of an object': forge({ alg: 'HS256' }, { ...claims, sub: { id: 'victim' } }),
    'of a NUL': forge({ alg: 'HS256' }, { ...claims, sub: 'victim\0' }),
    'of a surrogate': forge({ alg: 'HS256' }, `{"sub":"\\ud800","exp":${claims.exp}}`),
    'of a tenant with a line break': forge({ alg: 'HS256' }, { ...claims, tenant: 'a\nb' }),
    '9,000 characters': `${header}.${payload}.${'A'.repeat(9_000)}`,
  };
}
