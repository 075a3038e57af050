import type { StagedServer } from '../transports/staged-client.ts';

/** Users who are there while others attack; `mallory` attacks. */
export const USERS = ['victim', 'bystander', '7', 'mallory'] as const;

/** Lifts every rate, so that what is refused is refused for what it is. */
export const UNHURRIED = {
  messagesBurstMax: 1_000_000,
  idsBurstMax: 100_000_000,
  changesBurstMax: 1_000_000,
  heartbeatsBurstMax: 1_000_000,
  connectsBurstMax: 1_000_000,
  connectionsPerAddressMax: 5_000,
  unauthenticatedPerAddressMax: 5_000,
  connectionsPerUserMax: 5_000,
} as const;

/**
 * Everything that an attack must not change, as one text: what is stored of everybody, how everybody is seen, and how many there are. Times
 * of the attacker's own activity may move.
 */
export async function worldOf({ server }: StagedServer): Promise<string> {
  const { node } = server;
  await node.service.flushed();
  const stored = (await node.parts.store.load('default', [...USERS])).sort((a, b) => (a.user < b.user ? -1 : 1));
  const seen = USERS.map((id) => {
    const view = node.service.view({ tenant: 'default', user: null, all: true }, id);
    return id === 'mallory' ? { status: view.status === 'offline' ? 'offline' : 'online', text: view.text } : { ...view, version: 0 };
  });
  const settings = stored.map(
    ({ user, contacts, blocked, availability, text, onlineRule, lastSeenRule, coarseLastSeenRule, optedOut, signedOutAt }) => ({
      user,
      contacts,
      blocked,
      availability,
      text,
      onlineRule,
      lastSeenRule,
      coarseLastSeenRule,
      optedOut,
      signedOutAt,
    }),
  );
  return JSON.stringify({ settings, seen });
}
