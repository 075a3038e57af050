import { TIMES } from './bounds.ts';
import { rightsOf, type UserTruth } from './truth.ts';
import type { World } from './world.ts';

/** Without faults for this long, everything must be as it is. */
const QUIET_MS = 75_000;

/** Ends every fault, waits, and compares what everybody believes with the truth, exactly. */
export async function settleAndCompare(world: World): Promise<void> {
  world.trouble.end(world.time.now());
  for (const { process } of world.places) if (process !== undefined) world.thaw(process);
  for (const [index] of world.places.entries()) await world.boot(index);
  for (const client of world.clients) client.socket?.link.setReading(true);
  await world.time.run(QUIET_MS);
  for (const user of world.users.values()) compareUser(world, user);
  compareClients(world);
  await compareStore(world);
}

// A lease that is about to run out may be over or not.
function isCertain(user: UserTruth, now: number): boolean {
  return user.settings.certain && user.mustBeOnline(now) === user.mayBeOnline(now);
}

function compareUser(world: World, user: UserTruth): void {
  const now = world.time.now();
  if (!isCertain(user, now)) return;
  const online = user.mustBeOnline(now);
  for (const { process } of world.places) {
    if (process?.healthy !== true) continue;
    const view = process.node.service.view({ tenant: user.tenant, user: null, all: true }, user.id);
    const resident = process.node.service.find(user.tenant, user.id) !== undefined;
    if (!resident && !online) continue;
    world.checks.that(
      'I5',
      (view.status !== 'offline') === online,
      () => `${process.name} says ${user.id} is ${view.status}, which is wrong`,
    );
    if (online || user.settings.optedOut || world.places.length > 1) continue;
    const [least, most] = [user.evidence, user.evidenceMax];
    world.checks.that(
      'I5',
      (least === null || (view.lastSeenAt ?? 0) >= least) && (view.lastSeenAt ?? 0) <= (most ?? 0),
      () => `last seen of ${user.id} is ${view.lastSeenAt}, not between ${least} and ${most}`,
    );
  }
}

function compareClients(world: World): void {
  const now = world.time.now();
  for (const client of world.clients) {
    const { socket, user } = client;
    if (socket === undefined || !client.connected || client.dialect.name === 'user-presence') continue;
    if (client.dialect.audience === 'watched' && !socket.memory.watches) continue;
    for (const [id, { online }] of socket.memory.told) {
      const target = world.users.get(`${user.tenant}/${id}`);
      if (target === undefined || target === user || !isCertain(target, now)) continue;
      const rights = rightsOf(user, target);
      if (rights === undefined) continue;
      const expected = rights.online && target.mustBeOnline(now);
      world.checks.that(
        'I5',
        online === expected,
        () => `${client.device} was last told that ${id} is ${online ? 'online' : 'offline'}, which is wrong`,
      );
    }
  }
}

async function compareStore(world: World): Promise<void> {
  await world.time.run(TIMES.durableMs);
  for (const { process } of world.places) {
    if (process?.healthy !== true) continue;
    for (const user of world.users.values()) {
      const resident = process.node.service.find(user.tenant, user.id);
      if (resident === undefined || world.places.length > 1 || user.mayBeOnline(world.time.now())) continue;
      const [stored] = await process.node.parts.store.load(user.tenant, [user.id]);
      world.checks.that(
        'I5',
        (stored?.seenAt ?? null) === resident.seenAt,
        () => `${user.id}: ${stored?.seenAt} is stored, ${resident.seenAt} is known`,
      );
    }
  }
}
