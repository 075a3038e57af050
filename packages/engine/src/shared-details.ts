import type { SessionDetails } from './session.ts';

/** Details come from clients: the table must not grow with what they make up. */
const SHARED_MAX = 1_000;
const shared = new Map<string, SessionDetails>();

/**
 * Details that compare equal to these, the same object for all sessions that say the same: most users of an app differ in nothing. It
 * saves 64 bytes a session, and the copies of the texts that each connection brings along.
 */
export function shareDetails(details: SessionDetails): SessionDetails {
  const key = `${details.dialect}\u0000${details.platform}\u0000${details.appVersion}\u0000${details.device}\u0000${details.screen}`;
  const known = shared.get(key);
  // The key is only a guess: a client may call its device "null", or put a separator into it.
  if (known !== undefined) return areSame(known, details) ? known : details;
  if (shared.size >= SHARED_MAX) shared.clear();
  shared.set(key, details);
  return details;
}

function areSame(a: SessionDetails, b: SessionDetails): boolean {
  return (
    a.dialect === b.dialect && a.platform === b.platform && a.appVersion === b.appVersion && a.device === b.device && a.screen === b.screen
  );
}
