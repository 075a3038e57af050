import type { Status } from '@porchlight/protocol';

/** The words that `Intl` does not have. */
export interface Words extends Record<Status, string> {
  /** For somebody who was there less than a minute ago. */
  justNow: string;
  /** For what was true when the connection was lost. */
  suspect: string;
}

export const ENGLISH: Words = {
  online: 'online',
  away: 'away',
  busy: 'busy',
  dnd: 'do not disturb',
  offline: 'offline',
  justNow: 'just now',
  suspect: 'not up to date',
};
