import type { LastSeen } from '@porchlight/client';
import type { ReactNode } from 'react';
import { Dot, type Size } from './dot.tsx';
import { usePresenceContext, withDoubt } from './presence-context.ts';
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

/** A dot and what it means: `online`, `5m ago`. */
export function UserStatus(props: UserStatusProps): ReactNode {
  return props.userId === undefined ? <OfTime {...props} /> : <OfUser {...props} />;
}

function OfTime({ lastSeen, ...look }: Look & { lastSeen: LastSeen }) {
  const { text, color } = useFormatted(lastSeen);
  return (
    <Labelled {...look} text={text} dot={(size, decorative) => <Dot color={color} size={size} label={decorative ? undefined : text} />} />
  );
}

function OfUser({ userId, ...look }: Look & { userId: string }) {
  const { words } = usePresenceContext();
  const text = withDoubt(useLastSeen(userId), usePresence(userId), words);
  return <Labelled {...look} text={text} dot={(size, decorative) => <PresenceDot userId={userId} size={size} decorative={decorative} />} />;
}

/** `dot` is decorative where the text says the same. */
type LabelledProps = Look & { text: string; dot: (size: Size, decorative: boolean) => ReactNode };

function Labelled({ showDot = true, showText = true, size = 'md', className, text, dot }: LabelledProps) {
  return (
    <span className={className} style={{ display: 'inline-flex', alignItems: 'center', gap: '.4em', fontSize: `${FONT_REM[size]}rem` }}>
      {showDot && dot(size, showText)}
      {showText && <span>{text}</span>}
    </span>
  );
}
