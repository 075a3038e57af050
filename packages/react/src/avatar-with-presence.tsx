import type { CSSProperties, ReactNode } from 'react';
import type { Size } from './dot.tsx';
import { PresenceDot } from './presence-dot.tsx';

const AVATAR_PX = { sm: 24, md: 40, lg: 64 } as const satisfies Record<Size, number>;

/** Behind initials, and their colour on it: 9.4:1. */
export const INITIALS_COLORS = { background: '#e5e7eb', color: '#1f2937' } as const;

export interface AvatarWithPresenceProps {
  userId: string;
  /** Read aloud, and shown as initials where there is no picture. */
  name: string;
  /** Address of a picture. */
  src?: string | undefined;
  /** Default `md`: 40 pixels; `sm` 24, `lg` 64. */
  size?: Size;
  className?: string;
}

/** A picture, or initials, with a dot that shows what somebody is. */
export function AvatarWithPresence({ userId, name, src, size = 'md', className }: AvatarWithPresenceProps): ReactNode {
  const px = AVATAR_PX[size];
  const box: CSSProperties = { display: 'inline-block', width: px, height: px };
  const face: CSSProperties = {
    ...box,
    ...INITIALS_COLORS,
    display: 'block',
    borderRadius: '50%',
    objectFit: 'cover',
    fontSize: px * 0.4,
    lineHeight: `${px}px`,
    textAlign: 'center',
  };
  return (
    <span className={className} style={{ ...box, position: 'relative' }}>
      {src ? (
        <img src={src} alt={name} style={face} />
      ) : (
        <span role="img" aria-label={name} style={face}>
          {initialsOf(name)}
        </span>
      )}
      <PresenceDot userId={userId} size={size} style={{ position: 'absolute', right: 0, bottom: 0, outline: '2px solid Canvas' }} />
    </span>
  );
}

/** Of the first name and the last. */
function initialsOf(name: string): string {
  const letters = name.split(/\s+/).map((word) => [...word][0] ?? '');
  return [letters[0], ...letters.slice(1).slice(-1)].join('').toUpperCase();
}
