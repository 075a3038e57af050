import { RULES } from '@porchlight/protocol';
import { LIMITS, type Limits } from '../limits.ts';

/** The dialects that come with the server; `native` is always spoken. */
export const DIALECT_NAMES = ['smart-presence', 'user-presence', 'presence-gateway', 'user-status', 'online-users'] as const;

const JWT_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;

interface Described {
  /** The flag, where it is not the name in kebab case (a list is given by repeating a flag in the singular). */
  readonly flag?: string;
  readonly unit?: string;
  readonly purpose: string;
}

/** One option. `text` is null while not given; a `list` is a comma list in the environment and a repeated flag on the command line. */
export type OptionDescription = Described &
  (
    | { readonly kind: 'integer'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: 'boolean'; readonly default: boolean }
    | { readonly kind: 'choice'; readonly default: string; readonly choices: readonly string[] }
    | { readonly kind: 'text'; readonly default: string | null; readonly secret?: true }
    | { readonly kind: 'list'; readonly default: readonly string[]; readonly secret?: true }
  );

const SETTINGS = {
  // Where it listens and what it keeps
  port: { kind: 'integer', default: 3_000, min: 0, max: 65_535, purpose: 'Port for everything; 0 takes a free one' },
  host: { kind: 'text', default: '127.0.0.1', purpose: 'Address to listen on; `0.0.0.0` or `::` for all' },
  data: { kind: 'text', default: './data', purpose: 'Folder for the database and the made secret' },
  store: { kind: 'choice', default: 'sqlite', choices: ['sqlite', 'memory'], purpose: '`memory` forgets everything when it stops' },
  sqliteSynchronous: {
    kind: 'choice',
    default: 'NORMAL',
    choices: ['NORMAL', 'FULL'],
    purpose: 'Both survive a crash of the process; only `FULL` survives a power cut without losing the last second, for slower writes',
  },

  // Who may come in
  auth: {
    kind: 'choice',
    default: 'jwt',
    choices: ['jwt', 'open'],
    purpose: '`open` believes any id that a client claims: for demos only, refused when `NODE_ENV=production`',
  },
  jwtSecret: {
    kind: 'text',
    default: null,
    secret: true,
    purpose: 'Shared secret of HS256 tokens, at least 32 bytes; one is made when no key is given',
  },
  jwtPublicKey: { kind: 'text', default: null, purpose: 'Public key of the issuer: PEM or JWK, or the path of a file that holds it' },
  jwksUrl: { kind: 'text', default: null, purpose: "URL of the issuer's key set (https, or http on loopback)" },
  jwtAlgorithm: {
    kind: 'choice',
    default: 'RS256',
    choices: JWT_ALGORITHMS,
    purpose: 'Algorithm of RSA keys that do not name their own; other keys have only one',
  },
  jwtIssuer: { kind: 'text', default: null, purpose: 'What `iss` must be' },
  jwtAudience: { kind: 'text', default: null, purpose: 'What `aud` must be or contain' },
  userClaim: { kind: 'text', default: 'sub', purpose: 'Claim that holds the user id' },
  tenantClaim: { kind: 'text', default: 'tenant', purpose: 'Claim that names the tenant; without it the tenant is `default`' },
  profileClaims: {
    kind: 'list',
    flag: 'profile-claim',
    default: ['name', 'role', 'email', 'userType', 'userName'],
    purpose: 'Claims that lists may show of a person (`email` only when `expose` names it)',
  },
  tokenExpiryRequired: { kind: 'boolean', default: true, purpose: 'Whether a token must have `exp`' },
  tokenLifetimeMaxMs: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 3_153_600_000_000,
    unit: 'ms',
    purpose: 'Longest time from `iat` (or now) to `exp` that is accepted; 0 for any',
  },
  tokenSkewMs: {
    kind: 'integer',
    default: 60_000,
    min: 0,
    max: 60_000,
    unit: 'ms',
    purpose: "How far an issuer's clock may be ahead (`nbf`, `iat`); `exp` is exact",
  },
  cookie: { kind: 'text', default: 'jwt', purpose: 'Cookie that may carry the token' },
  apiKeys: {
    kind: 'list',
    flag: 'api-key',
    default: [],
    secret: true,
    purpose: 'Keys of back ends, each `key` (tenant `default`) or `tenant:key`; a key has 16 to 256 characters of `A-Za-z0-9._~-`',
  },
  corsOrigins: {
    kind: 'list',
    flag: 'cors-origin',
    default: [],
    purpose: 'Origins of other sites whose pages may connect, such as `https://app.example.com`, or `*`; the own origin always may',
  },
  trustedProxies: {
    kind: 'list',
    flag: 'trusted-proxy',
    default: [],
    purpose: 'Addresses or CIDR ranges of proxies whose `X-Forwarded-For` is believed; `loopback` for this machine',
  },

  // What presence means
  graceMs: {
    kind: 'integer',
    default: 15_000,
    min: 0,
    max: 120_000,
    unit: 'ms',
    purpose: 'How long a lost session may come back before anyone is told',
  },
  closingGraceMs: {
    kind: 'integer',
    default: 3_000,
    min: 0,
    max: 120_000,
    unit: 'ms',
    purpose: 'The same after a page said that it closes; not given, never more than `graceMs`',
  },
  awayAfterMs: {
    kind: 'integer',
    default: 300_000,
    min: 1_000,
    max: 86_400_000,
    unit: 'ms',
    purpose: 'Idle time after which a user is away',
  },
  leaseMs: {
    kind: 'integer',
    default: 300_000,
    min: 1_000,
    max: 86_400_000,
    unit: 'ms',
    purpose: 'How long an HTTP heartbeat keeps a user online',
  },
  pingIntervalMs: { kind: 'integer', default: 15_000, min: 100, max: 600_000, unit: 'ms', purpose: 'How often a connection is pinged' },
  pingTimeoutMs: {
    kind: 'integer',
    default: 10_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    purpose: 'How long the answer to a ping may take',
  },
  signOfLifeMs: {
    kind: 'integer',
    default: 90_000,
    min: 1_000,
    max: 3_600_000,
    unit: 'ms',
    purpose: 'How often a page, not only its browser, is asked whether it lives',
  },
  flushMs: {
    kind: 'integer',
    default: 100,
    min: 10,
    max: 10_000,
    unit: 'ms',
    purpose: 'Least time between two bundles of changes to one connection',
  },

  // Which words are spoken, and to whom
  dialects: { kind: 'list', flag: 'dialect', default: DIALECT_NAMES, purpose: 'Dialects to speak besides the native protocol' },
  defaultDialect: { kind: 'text', default: null, purpose: 'Dialect of a socket that has not shown which one it speaks' },
  dialectConfig: {
    kind: 'text',
    default: null,
    purpose: 'Path of a JavaScript or TypeScript module whose default export is a dialect of your own, or a list of them',
  },
  authErrorsAfterConnect: {
    kind: 'boolean',
    default: false,
    purpose:
      'Whether Socket.IO clients of a dialect with words for it connect first and are then told that their token was refused, instead of a `connect_error`',
  },
  audience: {
    kind: 'choice',
    default: 'everyone',
    choices: ['everyone', 'watched'],
    purpose: 'Who hears the broadcasts of dialects that document "to all connected": everyone who may see, or only who watches',
  },
  expose: { kind: 'list', default: [], purpose: 'Further profile fields that lists may show, such as `email`' },
  listMax: { kind: 'integer', default: 1_000, min: 1, max: 100_000, unit: 'users', purpose: 'People in one list; counts stay exact' },
  timeZone: { kind: 'text', default: 'UTC', purpose: 'IANA time zone of phrases such as "today at 14:30" when the request names none' },
  onlineRule: {
    kind: 'choice',
    default: 'everyone',
    choices: RULES,
    purpose: 'Who sees that a user is online, until the user says otherwise',
  },
  lastSeenRule: {
    kind: 'choice',
    default: 'everyone',
    choices: RULES,
    purpose: 'Who sees when a user was last seen, until the user says otherwise',
  },
  coarseLastSeenRule: {
    kind: 'choice',
    default: 'nobody',
    choices: RULES,
    purpose: 'Who, if these two allow them nothing, sees in which bucket of time a user was last seen, until the user says otherwise',
  },
  lastSeenBucketMs: {
    kind: 'integer',
    default: 86_400_000,
    min: 60_000,
    max: 31_622_400_000,
    unit: 'ms',
    purpose: 'How long such a bucket is, counted from the epoch: days of UTC; never less than `leaseMs`',
  },
  engineIo3: { kind: 'boolean', default: false, purpose: 'Whether Socket.IO 2 clients may connect' },

  // Running it
  logLevel: {
    kind: 'choice',
    default: 'info',
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    purpose: 'Least level that is logged; user ids are hashed from `info` up',
  },
  logPretty: { kind: 'boolean', default: true, purpose: 'Logs for people where standard error is a terminal; JSON lines everywhere else' },
  metricsPublic: { kind: 'boolean', default: false, purpose: 'Whether `/metrics` answers others than loopback and holders of an API key' },
  shutdownMs: { kind: 'integer', default: 10_000, min: 100, max: 300_000, unit: 'ms', purpose: 'Longest time for stopping in good order' },
  playground: { kind: 'boolean', default: false, purpose: 'Whether `/` is a page that signs anybody in to try the server' },
  playgroundHandsOutTokensToAnyone: {
    kind: 'boolean',
    default: false,
    purpose: 'Allows the playground in production or beyond loopback, where anyone who reaches it can become anyone',
  },
} as const satisfies Record<string, OptionDescription>;

type LimitOptions = {
  readonly [Name in keyof Limits]: {
    readonly kind: 'integer';
    readonly default: number;
    readonly min: number;
    readonly max: number;
  } & Described;
};

function limitOptions(): LimitOptions {
  const described = Object.entries(LIMITS).map(([name, { beyond, purpose, ...limit }]) => [
    name,
    { kind: 'integer', ...limit, purpose: `${purpose}; beyond it: ${beyond}` },
  ]);
  return Object.fromEntries(described) as LimitOptions;
}

/** Every option there is. Names, types, flags, environment names, checks and the README's table are all made from this. */
export const OPTIONS = { ...SETTINGS, ...limitOptions() };

export type OptionName = keyof typeof OPTIONS;

type ValueOf<Description> = Description extends { kind: 'integer' }
  ? number
  : Description extends { kind: 'boolean' }
    ? boolean
    : Description extends { kind: 'choice'; choices: readonly (infer Choice)[] }
      ? Choice
      : Description extends { kind: 'list' }
        ? readonly string[]
        : Description extends { default: null }
          ? string | null
          : string;

/** The complete, checked, frozen options of a server. */
export type ServerOptions = { readonly [Name in OptionName]: ValueOf<(typeof OPTIONS)[Name]> };

export const optionNames = Object.keys(OPTIONS) as OptionName[];

export function describe(name: OptionName): OptionDescription {
  return OPTIONS[name];
}

/** `graceMs` → `grace-ms`. */
export function flagOf(name: OptionName): string {
  return describe(name).flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `graceMs` → `PORCHLIGHT_GRACE_MS`: always the flag in capitals. */
export function environmentNameOf(name: OptionName): string {
  return `PORCHLIGHT_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}
