import type { Link, LinkParts } from './link.ts';
import { Tabs } from './tabs.ts';

/** What stays the same in the claims of all tokens of one user; undefined when a token does not say whom it names. */
export function identityOf({ exp, iat, nbf, jti, sid, ...lasting }: Record<string, unknown>): string | undefined {
  return lasting.sub === undefined ? undefined : JSON.stringify(lasting);
}

/**
 * Finds out with whom to share. The token says so, unless the app does, so that comes first, and again when the app has none at the moment.
 * Undefined when it is not known who else is the same user, or when it is not wanted any more.
 *
 * This file is loaded on demand, where a browser has locks and channels.
 */
export async function findTabs(parts: LinkParts, isWanted: () => boolean): Promise<(() => Link) | undefined> {
  const { share, tokens, clock, page, url, retryMs } = parts;
  const { sharing } = parts.environment;
  for (let failures = 0; sharing && isWanted(); failures++) {
    try {
      if (share === true) await tokens.get(0);
      const key = share === true ? identityOf(tokens.claims()) : share;
      return key ? () => new Tabs(parts, sharing, `${url} ${key}`) : undefined;
    } catch {
      if (!isWanted()) return undefined;
      const delayMs = retryMs(failures);
      page.hear({ kind: 'state', state: { name: 'waiting', retryAt: page.now() + delayMs } });
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
    }
  }
  return undefined;
}
