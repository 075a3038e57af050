import type { LastSeen } from '@porchlight/client';
import type { CSSProperties, ReactNode } from 'react';
import { Dot, type Size } from './dot.tsx';
import { usePresenceContext } from './presence-context.ts';
import { PresenceDot } from './presence-dot.tsx';
import { useFormatted } from './use-formatted.ts';
import { useLastSeen } from './use-last-seen.ts';
import { usePresence } from './use-presence.ts';

interface Look {
  /** Default true. */
  showDot?: boolean;
  /** Default true. */
  showText?: boolean;
  /** Default `md`. */
  size?: Size;
  className?: string;
}

/** Either a time that the app has itself (a Date, an ISO string, epoch milliseconds), or a user to watch, which needs a provider. */
export type UserStatusProps = Look & ({ userId: string; lastSeen?: never } | { lastSeen: LastSeen; userId?: never });

const FONT_REM = { sm: 0.75, md: 0.875, lg: 1 } as const satisfies Record<Size, number>;

const row = (size: Size): CSSProperties => ({
  display: 'inline-flex',
  alignItems: 'center',
  gap: '.4em',
  fontSize: `${FONT_REM[size]}rem`,
});

/** A dot and what it means: `online`, `5m ago`. */
export function UserStatus(props: UserStatusProps): ReactNode {
  return props.userId === undefined ? <OfTime {...props} /> : <OfUser {...props} />;
}

function OfTime({ lastSeen, showDot = true, showText = true, size = 'md', className }: Look & { lastSeen: LastSeen }) {
  const { text, color } = useFormatted(lastSeen);
  return (
    <span className={className} style={row(size)}>
      {showDot && <Dot color={color} size={size} label={showText ? undefined : text} />}
      {showText && <span>{text}</span>}
    </span>
  );
}

function OfUser({ userId, showDot = true, showText = true, size = 'md', className }: Look & { userId: string }) {
  const { words } = usePresenceContext();
  const text = useLastSeen(userId);
  const suspect = usePresence(userId)?.certainty === 'suspect';
  return (
    <span className={className} style={row(size)}>
      {showDot && <PresenceDot userId={userId} size={size} decorative={showText} />}
      {showText && <span>{suspect ? `${text} (${words.suspect})` : text}</span>}
    </span>
  );
}
