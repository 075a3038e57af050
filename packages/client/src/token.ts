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

/** The token in use. */
export interface TokenSource {
  /** Whether another token can be had at all. */
  readonly renewable: boolean;
  /** The token in use if it lasts beyond `until` (epoch milliseconds of the server), else a new one. Rejects as the app's function does. */
  get(until: number): Promise<string>;
  /** What the token in use says of itself. */
  claims(): Record<string, unknown>;
  /** When the token in use ends, in epoch milliseconds; Infinity when it does not say, or when there will be no other. */
  expiresAt(): number;
  /** The server did not take it: the next one will be new. */
  refuse(): void;
}

export function createTokenSource(token: Token): TokenSource {
  const ask = typeof token === 'string' ? undefined : token;
  let held = ask ? '' : (token as string);
  const claims = () => readClaims(held);
  const expiresAt = () => {
    const { exp } = claims();
    return ask && typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY;
  };
  return {
    renewable: !!ask,
    claims,
    expiresAt,
    async get(until) {
      if (ask && (held === '' || expiresAt() <= until)) held = await ask();
      return held;
    },
    refuse() {
      if (ask) held = '';
    },
  };
}
