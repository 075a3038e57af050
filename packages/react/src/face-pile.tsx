import type { CSSProperties, ReactNode } from 'react';
import { AvatarWithPresence, INITIALS_COLORS } from './avatar-with-presence.tsx';
import type { Size } from './dot.tsx';
import { usePresences } from './use-presences.ts';

/** Somebody in a pile. */
export interface Face {
  id: string;
  name: string;
  /** Address of a picture. */
  src?: string | undefined;
}

export interface FacePileProps {
  users: readonly Face[];
  /** How many are shown; the others are counted. Default 5. */
  max?: number;
  /** Leaves out who is not online. Default false. */
  onlineOnly?: boolean;
  /** Default `md`. */
  size?: Size;
  className?: string;
  /** What the group is called when it is read aloud. */
  label?: string;
}

const OVERLAP: CSSProperties = { marginInlineStart: -8 };

/** Overlapping avatars, those who are online first, and how many more there are. */
export function FacePile({ users, max = 5, onlineOnly, size = 'md', className, label }: FacePileProps): ReactNode {
  const online = new Set(usePresences(users.map(({ id }) => id)).map((record) => record?.online && record.id));
  const faces = [true, ...(onlineOnly ? [] : [false])].flatMap((there) => users.filter(({ id }) => online.has(id) === there));
  const more = faces.length - max;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms.
    <span className={className} role="group" aria-label={label} style={{ display: 'inline-flex', paddingInlineStart: 8 }}>
      {faces.slice(0, max).map(({ id, name, src }) => (
        <span key={id} style={OVERLAP}>
          <AvatarWithPresence userId={id} name={name} size={size} src={src} />
        </span>
      ))}
      {more > 0 && <span style={{ ...INITIALS_COLORS, borderRadius: 999, padding: '.25em .6em', alignSelf: 'center' }}>+{more}</span>}
    </span>
  );
}
