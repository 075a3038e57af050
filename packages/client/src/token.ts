/** A token, or a function that gives one: called for the first connection and whenever the last token ends or is refused. */
export type Token = string | (() => string | Promise<string>);

/** What a JWT says of itself, unverified: the server alone decides. Anything else says nothing. */
function readClaims(token: string): Record<string, unknown> {
  try {
    return JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return {};
  }
}

/** When a token ends, in epoch milliseconds; Infinity when it does not say. */
export function expiryOf(token: string): number {
  const { exp } = readClaims(token);
  return typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY;
}

/** What stays the same in all tokens of one user; undefined when a token does not say whom it names. */
export function identityOf(token: string): string | undefined {
  const { exp, iat, nbf, jti, sid, ...lasting } = readClaims(token);
  return lasting.sub === undefined ? undefined : JSON.stringify(lasting);
}

/** The token in use. */
export interface TokenSource {
  /** Whether another token can be had at all. */
  readonly renewable: boolean;
  /** The token in use if it lasts beyond `until` (epoch milliseconds of the server), else a new one. Rejects as the app's function does. */
  get(until: number): Promise<string>;
  /** When the token in use ends, in epoch milliseconds; Infinity when it does not say, or when there will be no other. */
  expiresAt(): number;
  /** The server did not take it: the next one will be new. */
  refuse(): void;
}

export function createTokenSource(token: Token): TokenSource {
  const never = Number.POSITIVE_INFINITY;
  if (typeof token === 'string') return { renewable: false, get: async () => token, expiresAt: () => never, refuse() {} };
  let held = '';
  const expiresAt = () => expiryOf(held);
  return {
    renewable: true,
    expiresAt,
    async get(until) {
      if (held === '' || expiresAt() <= until) held = await token();
      return held;
    },
    refuse() {
      held = '';
    },
  };
}
