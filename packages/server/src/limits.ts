/*
 * Every limit on what comes from outside. They are options like any other (`--frame-bytes-max`, `PORCHLIGHT_FRAME_BYTES_MAX`), so a
 * benchmark on one machine can lift what protects a server from a thousand. Rates are token buckets: `…PerMinuteMax` is the refill,
 * `…BurstMax` the size. What happens beyond a limit is said in `beyond`.
 */

interface Limit {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly purpose: string;
  /** What the one who goes over it meets. */
  readonly beyond: string;
}

export const LIMITS = {
  // Room for 1,000 ids of 36 characters, which one question may name; OWASP's ceiling for a WebSocket message.
  frameBytesMax: {
    default: 65_536,
    min: 1_024,
    max: 1_048_576,
    unit: 'bytes',
    purpose: 'Largest WebSocket frame or Socket.IO packet',
    beyond: 'closed with 1009',
  },
  bodyBytesMax: {
    default: 65_536,
    min: 1_024,
    max: 1_048_576,
    unit: 'bytes',
    purpose: 'Largest HTTP body',
    beyond: 'PAYLOAD_TOO_LARGE',
  },
  // One default for every way of asking: the dialects' own clients send whole contact lists, and cost is bounded by the rate of ids.
  idsMax: { default: 1_000, min: 1, max: 1_000, unit: 'ids', purpose: 'Ids in one question, in any dialect', beyond: 'TOO_MANY_IDS' },
  jsonDepthMax: { default: 8, min: 4, max: 64, unit: 'levels', purpose: 'Nesting of JSON', beyond: 'INVALID_PAYLOAD' },
  tokenLengthMax: {
    default: 8_192,
    min: 256,
    max: 65_536,
    unit: 'characters',
    purpose: 'Longest token that is looked at',
    beyond: 'UNAUTHENTICATED',
  },
  tokenCacheMax: {
    default: 50_000,
    min: 0,
    max: 10_000_000,
    unit: 'tokens',
    purpose: 'Verified tokens remembered, about 1 KB each; 0 verifies every time',
    beyond: 'the least recently used are forgotten',
  },
  watchesPerConnectionMax: {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    unit: 'users',
    purpose: 'Users that one connection watches',
    beyond: 'TOO_MANY_IDS',
  },
  watchesPerUserMax: {
    default: 5_000,
    min: 1,
    max: 10_000_000,
    unit: 'users',
    purpose: 'The same over all connections of one user',
    beyond: 'TOO_MANY_IDS',
  },
  relationsMax: {
    default: 5_000,
    min: 1,
    max: 1_000_000,
    unit: 'users',
    purpose: 'Stored contacts of one user, and likewise blocked users',
    beyond: 'TOO_MANY_IDS',
  },
  connectionsMax: {
    default: 100_000,
    min: 1,
    max: 10_000_000,
    unit: 'connections',
    purpose: 'Connections of this process',
    beyond: 'UNAVAILABLE',
  },
  connectionsPerUserMax: {
    default: 20,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    purpose: 'Connections of one user',
    beyond: 'RATE_LIMITED',
  },
  connectionsPerAddressMax: {
    default: 200,
    min: 1,
    max: 10_000_000,
    unit: 'connections',
    purpose: 'Connections from one network address; behind a proxy set `trustedProxies`, or all clients share one address',
    beyond: 'RATE_LIMITED',
  },
  unauthenticatedPerAddressMax: {
    default: 20,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    purpose: 'Connections from one address that have not signed in yet',
    beyond: 'RATE_LIMITED',
  },
  connectsPerMinuteMax: {
    default: 600,
    min: 1,
    max: 100_000_000,
    unit: 'per minute',
    purpose: 'New connections from one address',
    beyond: 'RATE_LIMITED',
  },
  connectsBurstMax: {
    default: 200,
    min: 1,
    max: 100_000_000,
    unit: 'connections',
    purpose: 'New connections from one address at once',
    beyond: 'RATE_LIMITED',
  },
  messagesPerMinuteMax: {
    default: 600,
    min: 1,
    max: 100_000_000,
    unit: 'per minute',
    purpose: 'Messages and requests of one user, or of one address before sign-in',
    beyond: 'RATE_LIMITED',
  },
  messagesBurstMax: {
    default: 200,
    min: 1,
    max: 100_000_000,
    unit: 'messages',
    purpose: 'Messages of one user at once',
    beyond: 'RATE_LIMITED',
  },
  changesPerMinuteMax: {
    default: 60,
    min: 1,
    max: 100_000_000,
    unit: 'per minute',
    purpose: 'Changes a user makes to what others see (status, shown or not, text)',
    beyond: 'RATE_LIMITED',
  },
  changesBurstMax: {
    default: 30,
    min: 1,
    max: 100_000_000,
    unit: 'changes',
    purpose: 'Such changes at once',
    beyond: 'RATE_LIMITED',
  },
  heartbeatsPerMinuteMax: {
    default: 60,
    min: 1,
    max: 100_000_000,
    unit: 'per minute',
    purpose: 'Heartbeats of one user over HTTP',
    beyond: 'RATE_LIMITED',
  },
  heartbeatsBurstMax: {
    default: 20,
    min: 1,
    max: 100_000_000,
    unit: 'heartbeats',
    purpose: 'Such heartbeats at once',
    beyond: 'RATE_LIMITED',
  },
  idsPerMinuteMax: {
    default: 12_000,
    min: 1,
    max: 1_000_000_000,
    unit: 'per minute',
    purpose: 'Ids that one user asks about or starts to watch',
    beyond: 'RATE_LIMITED',
  },
  idsBurstMax: { default: 6_000, min: 1, max: 1_000_000_000, unit: 'ids', purpose: 'Such ids at once', beyond: 'RATE_LIMITED' },
  sendBufferBytesMax: {
    default: 1_048_576,
    min: 65_536,
    max: 1_073_741_824,
    unit: 'bytes',
    purpose: 'Bytes waiting for a slow reader',
    beyond: 'closed with 4008 after `slowReaderMs`',
  },
  slowReaderMs: {
    default: 10_000,
    min: 0,
    max: 600_000,
    unit: 'ms',
    purpose: 'How long a reader may stay over `sendBufferBytesMax`',
    beyond: 'closed with 4008',
  },
  authDeadlineMs: {
    default: 5_000,
    min: 100,
    max: 60_000,
    unit: 'ms',
    purpose: 'How long a connection may take to sign in',
    beyond: 'closed with 4408',
  },
  headersTimeoutMs: {
    default: 10_000,
    min: 1_000,
    max: 120_000,
    unit: 'ms',
    purpose: 'How long the headers of a request may take',
    beyond: 'the connection is cut',
  },
  requestTimeoutMs: {
    default: 15_000,
    min: 1_000,
    max: 300_000,
    unit: 'ms',
    purpose: 'How long a whole request may take',
    beyond: 'the connection is cut',
  },
} as const satisfies Record<string, Limit>;

/** The value of every limit. */
export type Limits = { readonly [Name in keyof typeof LIMITS]: number };
