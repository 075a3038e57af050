import type { Person } from './people.ts';

/**
 * A token for somebody, from the playground of a server on this machine, which believes whoever asks. In your app the back end signs it, for
 * the user who is signed in there. Rejects where there is no playground.
 */
export async function fetchToken({ id, name }: Person): Promise<string> {
  const response = await fetch('/playground/token', { method: 'POST', body: JSON.stringify({ user: id, name }) });
  if (!response.ok) throw new Error(`No token (${response.status}): is the server running with --playground?`);
  const { token } = (await response.json()) as { token: string };
  return token;
}
