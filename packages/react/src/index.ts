export type {
  Availability,
  ConnectionState,
  OnlineUser,
  Presence,
  PresenceOptions,
  PresenceRecord,
  Status,
  Words,
} from '@porchlight/client';
export { createPresence, formatLastSeen, getStatusColor, isUserOnline } from '@porchlight/client';
export type { AvatarWithPresenceProps } from './avatar-with-presence.tsx';
export { AvatarWithPresence } from './avatar-with-presence.tsx';
export type { Size } from './dot.tsx';
export type { Face, FacePileProps } from './face-pile.tsx';
export { FacePile } from './face-pile.tsx';
export type { OnlineUsersListProps } from './online-users-list.tsx';
export { OnlineUsersList } from './online-users-list.tsx';
export { usePresenceClient } from './presence-context.ts';
export type { PresenceDotProps } from './presence-dot.tsx';
export { PresenceDot } from './presence-dot.tsx';
export type { PresenceProviderProps } from './presence-provider.tsx';
export { PresenceProvider } from './presence-provider.tsx';
export { useConnection } from './use-connection.ts';
export { useLastSeen } from './use-last-seen.ts';
export type { MyPresence } from './use-my-presence.ts';
export { useMyPresence } from './use-my-presence.ts';
export { useOnlineCount } from './use-online-count.ts';
export { usePresence } from './use-presence.ts';
export { usePresences } from './use-presences.ts';
export type { UserStatusContext, UserStatusEntry } from './use-user-status.ts';
export { useUserStatus } from './use-user-status.ts';
export type { UserStatusProps } from './user-status.tsx';
export { UserStatus } from './user-status.tsx';
