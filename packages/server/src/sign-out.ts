import type { PresenceNode } from './node.ts';

/**
 * Signs a user out everywhere: every session ends, every connection is closed, those that only watch too, and every token issued until now
 * is refused, also after a restart. Resolves when that is stored; rejects with UNAVAILABLE when the store does not take it.
 */
export async function signOut(
  { service, gateway }: Pick<PresenceNode, 'service' | 'gateway'>,
  tenant: string,
  user: string,
): Promise<void> {
  await service.load(tenant, [user]);
  const stored = service.stepDurably({ type: 'sign-out', tenant, user, reason: 'signed-out' });
  gateway.closeUser(tenant, user, 4403);
  await stored;
}
