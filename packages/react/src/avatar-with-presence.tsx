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
  src?: string;
  /** Default `md`: 40 pixels; `sm` 24, `lg` 64. */
  size?: Size;
  className?: string;
}

/** A picture, or initials, with a dot that shows what somebody is. */
export function AvatarWithPresence({ userId, name, src, size = 'md', className }: AvatarWithPresenceProps): ReactNode {
  const px = AVATAR_PX[size];
  const round: CSSProperties = { width: px, height: px, borderRadius: '50%', display: 'block', objectFit: 'cover' };
  return (
    <span className={className} style={{ position: 'relative', display: 'inline-block', width: px, height: px }}>
      {src === undefined ? <Initials name={name} style={round} px={px} /> : <img src={src} alt={name} style={round} />}
      <PresenceDot userId={userId} size={size} style={{ position: 'absolute', right: 0, bottom: 0, outline: '2px solid #fff' }} />
    </span>
  );
}

function Initials({ name, style, px }: { name: string; style: CSSProperties; px: number }) {
  const letters = name.split(/\s+/).map((word) => [...word][0] ?? '');
  const look: CSSProperties = { ...style, ...INITIALS_COLORS, lineHeight: `${px}px`, fontSize: px * 0.4, textAlign: 'center' };
  return (
    <span role="img" aria-label={name} style={look}>
      {(letters.length > 1 ? [letters[0], letters.at(-1)] : letters).join('').toUpperCase()}
    </span>
  );
}
