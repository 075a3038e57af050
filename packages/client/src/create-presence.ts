import { Presence } from './presence.ts';
import type { PresenceOptions } from './presence-options.ts';

/**
 * Begins to be present, and to see who else is. Connects by itself (in a moment, without blocking), and again whenever the link is lost.
 * Throws TypeError for a url that is none.
 */
export function createPresence(options: PresenceOptions): Presence {
  return new Presence(options);
}
