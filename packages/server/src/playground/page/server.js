/** A refusal by the server, with its code. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function read(response) {
  const text = await response.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Whatever is not JSON is shown as it is.
  }
  if (response.ok) return body;
  throw new Refused(body?.error?.code ?? `HTTP ${response.status}`, body?.error?.message ?? String(text).slice(0, 200));
}

/** What the page has to know of the server: `{auth, dialects, graceMs, awayAfterMs, leaseMs}`. */
export async function fetchFacts() {
  return read(await fetch('/playground/facts'));
}

/** `{token, expiresAt}` for anybody; both null where the server believes any id. */
export async function fetchToken(user, name) {
  const response = await fetch('/playground/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user, ...(name === '' ? {} : { name }) }),
  });
  return read(response);
}

/**
 * One request on behalf of a person, which the log shows like any frame. `host` is the person's side of the wire; `quiet` keeps what is
 * asked again and again out of the way. Rejects with Refused, or as fetch does when nobody answers.
 */
export async function ask(host, method, path, { body, raw, quiet = false } = {}) {
  const { token, userId } = await host.credentials();
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const url = token === undefined ? `${path}${path.includes('?') ? '&' : '?'}userId=${encodeURIComponent(userId)}` : path;
  host.log('out', `${method} ${path}`, raw ?? body, quiet);
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const shown = await response
    .clone()
    .json()
    .catch(() => undefined);
  host.log('in', `${response.status} ${path}`, shown, quiet && response.ok);
  return read(response);
}
