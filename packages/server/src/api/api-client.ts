/** For tests: the key that servers of tests are given, and one of another tenant. */
export const API_KEY = 'a-key-that-only-tests-know';
export const OTHER_KEY = 'a-key-of-another-tenant';
export const API_KEYS = [API_KEY, `other:${OTHER_KEY}`];

interface Asking {
  /** Whose token to send. */
  as?: string;
  /** Claims of that token. */
  claims?: Record<string, unknown>;
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when there is none, or none that is JSON. */
  readonly body: Record<string, unknown> | undefined;
}

export type Call = (method: string, path: string, asking?: Asking) => Promise<Answered>;

/** For tests: asks a running server over HTTP. */
export function apiClient({ url, token }: { url: string; token(user: string, claims?: Record<string, unknown>): string }): Call {
  return async (method, path, { as, claims, key, body, headers = {} } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(as === undefined ? null : { authorization: `Bearer ${token(as, claims)}` }),
        ...(key === undefined ? null : { 'x-api-key': key }),
        ...headers,
      },
      ...(body === undefined ? null : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true && text !== '';
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
}
