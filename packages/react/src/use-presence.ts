import type { PresenceRecord } from '@porchlight/client';
import { usePresences } from './use-presences.ts';

/** Watches somebody. Undefined until the server said; renders again only when this user changed. */
export const usePresence = (id: string): PresenceRecord | undefined => usePresences([id])[0];
