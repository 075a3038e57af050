import type { Status } from '@porchlight/protocol';

/** Colours of dots: at least 3:1 on white and on near-black, as WCAG 2.2 (1.4.11) asks of what is no text. */
export const STATUS_DOT_COLORS: Readonly<Record<Status, string>> = {
  online: '#059669',
  away: '#b45309',
  busy: '#dc2626',
  dnd: '#dc2626',
  offline: '#6b7280',
};
