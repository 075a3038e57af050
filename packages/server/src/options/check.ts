import { isIP } from 'node:net';
import { isTimeZone, isUserId } from '@porchlight/protocol';
import { DIALECT_NAMES, flagOf, type OptionName, type ServerOptions } from './table.ts';

/** Fewer bytes could be guessed from one token: RFC 7518 section 3.2 asks for as many as the hash has. */
export const JWT_SECRET_BYTES_MIN = 32;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** The tenant and the secret of one `apiKeys` entry, `key` or `tenant:key`; undefined when it has another form. */
export function parseApiKey(text: string): { tenant: string; key: string } | undefined {
  const colon = text.lastIndexOf(':');
  const tenant = colon === -1 ? 'default' : text.slice(0, colon);
  const key = text.slice(colon + 1);
  return isUserId(tenant) && /^[A-Za-z0-9._~-]{16,256}$/.test(key) ? { tenant, key } : undefined;
}

function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text));
}

function isProxy(text: string): boolean {
  if (text === 'loopback') return true;
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

function isJwksUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const local = isLoopback(hostname.replace(/^\[|\]$/g, ''));
  return username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && local));
}

type Check = (options: ServerOptions, production: boolean) => string | false;

const named = (name: OptionName, options: ServerOptions) => `--${flagOf(name)} (${String(options[name])})`;

/** A relation `smaller <= larger` whose breach names both values. */
function atMost(smaller: OptionName, larger: OptionName, why: string): Check {
  return (options) =>
    Number(options[smaller]) > Number(options[larger]) &&
    `${named(smaller, options)} must not be more than ${named(larger, options)}: ${why}`;
}

/** Each entry of a list that is not what it should be, by name. */
function eachOf(name: OptionName, isGood: (text: string) => boolean, form: string): Check {
  return (options) => {
    const bad = (options[name] as readonly string[]).filter((text) => !isGood(text));
    return bad.length > 0 && `--${flagOf(name)} must be ${form}, not ${bad.map((text) => `"${text}"`).join(', ')}`;
  };
}

const CHECKS: readonly Check[] = [
  ({ auth }, production) =>
    auth === 'open' && production && '--auth open lets anyone be anyone, so it is refused when NODE_ENV is production; use --auth jwt',
  (options, production) => {
    const { playground, playgroundHandsOutTokensToAnyone: forced, host } = options;
    if (!playground || forced) return false;
    if (production)
      return '--playground hands out tokens, so it is refused when NODE_ENV is production (--playground-hands-out-tokens-to-anyone forces it)';
    return (
      !isLoopback(host) &&
      `--playground hands out tokens, so --host (${host}) must be a loopback address (--playground-hands-out-tokens-to-anyone forces it)`
    );
  },
  ({ jwtSecret }) => {
    const bytes = jwtSecret === null ? JWT_SECRET_BYTES_MIN : Buffer.byteLength(jwtSecret);
    return (
      bytes < JWT_SECRET_BYTES_MIN &&
      `--jwt-secret has ${bytes} bytes, and must have at least ${JWT_SECRET_BYTES_MIN}; \`openssl rand -base64 48\` makes one`
    );
  },
  ({ jwksUrl, jwtPublicKey }) =>
    jwksUrl !== null && jwtPublicKey !== null && '--jwks-url and --jwt-public-key both name public keys; give only one of them',
  ({ jwksUrl }) =>
    jwksUrl !== null &&
    !isJwksUrl(jwksUrl) &&
    `--jwks-url must be an https URL without a password (http only on loopback), not "${jwksUrl}"`,
  ({ auth, jwtSecret, jwtPublicKey, jwksUrl }) =>
    auth === 'open' &&
    (jwtSecret ?? jwtPublicKey ?? jwksUrl) !== null &&
    '--auth open looks at no token, so it cannot be together with --jwt-secret, --jwt-public-key or --jwks-url',
  // The entries are secrets, so only their number is said.
  ({ apiKeys }) => {
    const bad = apiKeys.filter((text) => parseApiKey(text) === undefined).length;
    return (
      bad > 0 &&
      `--api-key must be "key" or "tenant:key" with a key of 16 to 256 characters of A-Za-z0-9._~-; ${bad} of ${apiKeys.length} are not`
    );
  },
  ({ apiKeys }) => {
    const keys = apiKeys.map((text) => parseApiKey(text)?.key);
    return new Set(keys).size < keys.length && '--api-key gives the same key to two tenants; each needs its own';
  },
  eachOf('corsOrigins', isOrigin, '"*" or an exact origin such as https://app.example.com (no path, no slash at the end)'),
  eachOf('trustedProxies', isProxy, 'an address, a CIDR range or "loopback"'),
  ({ dialects, dialectConfig }) => {
    const known: readonly string[] = DIALECT_NAMES;
    const unknown = dialects.filter((name) => !known.includes(name));
    // A module of the app's own may bring further names; whoever loads it checks them.
    return (
      dialectConfig === null &&
      unknown.length > 0 &&
      `--dialect must be one of ${known.join(', ')}, not ${unknown.map((name) => `"${name}"`).join(', ')}`
    );
  },
  ({ defaultDialect, dialects, dialectConfig }) =>
    defaultDialect !== null &&
    dialectConfig === null &&
    !dialects.includes(defaultDialect) &&
    `--default-dialect (${defaultDialect}) must be one of --dialect (${dialects.join(', ')})`,
  ({ timeZone }) => !isTimeZone(timeZone) && `--time-zone must be an IANA time zone such as Europe/Berlin, not "${timeZone}"`,
  ({ cookie }) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(cookie) && `--cookie must be a cookie name, not "${cookie}"`,
  atMost('closingGraceMs', 'graceMs', 'a page that says it closes gets less time to come back, not more'),
  atMost('pingTimeoutMs', 'pingIntervalMs', 'an answer must be in before the next ping'),
  atMost('pingIntervalMs', 'signOfLifeMs', 'a sign of life is asked for less often than a ping'),
  atMost('leaseMs', 'lastSeenBucketMs', 'whoever is online without a gap is seen in every bucket'),
  atMost('watchesPerConnectionMax', 'watchesPerUserMax', 'a user has at least one connection'),
  atMost('watchesPerConnectionMax', 'idsBurstMax', 'a whole watch list must fit in one burst'),
  atMost('idsMax', 'idsBurstMax', 'the largest allowed question must fit in one burst'),
  atMost('connectionsPerUserMax', 'connectionsMax', 'the process has no more'),
  atMost('unauthenticatedPerAddressMax', 'connectionsPerAddressMax', 'those not signed in are counted there too'),
  atMost('headersTimeoutMs', 'requestTimeoutMs', 'the headers are part of the request'),
];

/** What is wrong with the options as a whole, one sentence each. */
export function checkOptions(options: ServerOptions, production: boolean): string[] {
  return CHECKS.map((check) => check(options, production)).filter((problem) => problem !== false);
}

/** What is allowed but should be said aloud at start. */
export function optionWarnings(options: ServerOptions): string[] {
  const { auth, host, jwksUrl, jwtIssuer, jwtAudience, corsOrigins, playground, store } = options;
  const warnings = [
    auth === 'open' &&
      `ANYONE CAN BE ANYONE: --auth open believes every id a client claims.${isLoopback(host) ? '' : ` And ${host} is reachable from other machines.`}`,
    playground && !isLoopback(host) && `The playground hands out tokens for any user to everyone who reaches ${host}.`,
    jwksUrl !== null &&
      (jwtIssuer === null || jwtAudience === null) &&
      'Without --jwt-issuer and --jwt-audience, a token that the same issuer made for another app is accepted here.',
    corsOrigins.includes('*') && '--cors-origin * lets pages of every site connect with a token they hold.',
    store === 'memory' && '--store memory: last seen times are gone when the server stops.',
  ];
  return warnings.filter((warning) => warning !== false);
}
