import { seesAll } from './actions.ts';
import { recordOf } from './dialects/native.ts';
import { iso } from './dialects/payload.ts';
import type { PresenceNode } from './node.ts';
import { listOnline } from './online-list.ts';
import { signOut } from './sign-out.ts';

/** What a program that embeds the server asks it; sees everybody of one tenant. Times are ISO-8601 in UTC. */
export interface Backend {
  /** `lastActive` and `connectedAt` are absent when unknown. Answers at once, from memory, in which everybody online is. */
  getUserOnlineStatus(userId: string): { online: boolean; lastActive?: string; connectedAt?: string };
  getOnlineUsers(): string[];
  getOnlineUsersCount(): number;
  /** Whole records, in the order asked, also of those who are offline. Rejects with UNAVAILABLE when the store cannot be read. */
  presenceOf(userIds: readonly string[]): Promise<ReturnType<typeof recordOf>[]>;
  /** Ends every session of a user and refuses the tokens issued until now; resolves when that is stored. */
  signOut(userId: string): Promise<void>;
}

export function createBackend(node: PresenceNode, tenant = 'default'): Backend {
  const { service } = node;
  const viewer = seesAll(tenant);
  return {
    getUserOnlineStatus(userId) {
      const { status, lastActiveAt, onlineSinceAt } = service.view(viewer, userId);
      return {
        online: status !== 'offline',
        ...(lastActiveAt === null ? null : { lastActive: iso(lastActiveAt) }),
        ...(onlineSinceAt === null ? null : { connectedAt: iso(onlineSinceAt) }),
      };
    },
    getOnlineUsers: () =>
      listOnline(service.engine.roster.tenant(tenant), viewer, { limit: Number.POSITIVE_INFINITY }).map(({ user }) => user.id),
    getOnlineUsersCount: () => service.count(viewer),
    async presenceOf(userIds) {
      await service.load(tenant, userIds);
      return userIds.map((id) => recordOf(id, service.view(viewer, id)));
    },
    signOut: (userId) => signOut(node, tenant, userId),
  };
}
