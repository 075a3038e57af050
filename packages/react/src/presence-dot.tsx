import { STATUS_DOT_COLORS } from '@porchlight/client';
import type { CSSProperties, ReactNode } from 'react';
import { Dot, type Size } from './dot.tsx';
import { usePresenceContext, withDoubt } from './presence-context.ts';
import { usePresence } from './use-presence.ts';

export interface PresenceDotProps {
  userId: string;
  /** Default `md`: 10 pixels; `sm` 8, `lg` 14. */
  size?: Size;
  className?: string;
  style?: CSSProperties;
  /** Fades in and out while somebody is online, unless the reader asked for less motion. Default false. */
  pulse?: boolean;
  /** For a dot with a text beside it that says the same. Default false. */
  decorative?: boolean;
}

/** A dot that shows what somebody is. */
export function PresenceDot({ userId, size = 'md', className, style, pulse, decorative }: PresenceDotProps): ReactNode {
  const { words } = usePresenceContext();
  const record = usePresence(userId);
  const status = record?.status ?? 'offline';
  const suspect = record?.certainty === 'suspect';
  // Nothing is said of somebody of whom nothing is known yet.
  const label = record && withDoubt(words[status], record, words);
  return (
    <Dot
      color={STATUS_DOT_COLORS[status]}
      size={size}
      label={decorative ? undefined : label}
      faint={suspect || !record}
      pulse={pulse && status === 'online' && !suspect}
      className={className}
      style={style}
      status={record && status}
    />
  );
}
