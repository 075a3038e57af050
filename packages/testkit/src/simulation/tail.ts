import { TIMES } from './bounds.ts';
import { checkNoDead } from './checked-meeting-point.ts';
import { compareStored } from './durability.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { rightsOf, type UserTruth } from './truth.ts';
import type { World } from './world.ts';

/** Without faults for this long, everything must be as it is. */
const QUIET_MS = 75_000;
/** With several nodes, also until everything that went wrong is put right, and what was held back has come. */
const QUIET_AMONG_SEVERAL_MS = 150_000;

/** Ends every fault, waits, and compares what everybody believes with the truth, exactly. */
export async function settleAndCompare(world: World): Promise<void> {
  world.trouble.end(world.time.now());
  for (const { process } of world.places) if (process !== undefined) world.thaw(process);
  world.weather.clear();
  await world.bootAll();
  for (const client of world.clients) client.socket?.link.setReading(true);
  await world.time.run(world.places.length > 1 ? QUIET_AMONG_SEVERAL_MS : QUIET_MS);
  for (const user of world.users.values()) compareUser(world, user);
  compareClients(world);
  if (world.places.length > 1) checkNoDead(world.meetingPoint.save(), world.places.length, world.checks);
  await compareStore(world);
}

// A lease that is about to run out may be over or not.
function isCertain(world: World, user: UserTruth, process: SimulatedProcess): boolean {
  const [now, sight] = [world.time.now(), world.sightOf(process)];
  return user.settings.certain && sight.mustHold(user.settings) && user.mustBeOnline(now, sight) === user.mayBeOnline(now, sight);
}

function compareUser(world: World, user: UserTruth): void {
  for (const { process } of world.places) {
    if (process?.healthy !== true || !isCertain(world, user, process)) continue;
    const online = user.mustBeOnline(world.time.now(), world.sightOf(process));
    const view = process.node.service.view({ tenant: user.tenant, user: null, all: true }, user.id);
    const resident = process.node.service.find(user.tenant, user.id) !== undefined;
    if (!resident && !online) continue;
    world.checks.that(
      'I5',
      (view.status !== 'offline') === online,
      () => `${process.name} says ${user.id} is ${view.status}, which is wrong`,
    );
    if (online || user.settings.optedOut || world.driftMs > 0) continue;
    // A node that is cut off and taken for dead vouches for its connections until then.
    const [least, most] = [user.evidence, world.isSeveral ? world.time.now() : user.evidenceMax];
    world.checks.that(
      'I5',
      (least === null || (view.lastSeenAt ?? 0) >= least) && (view.lastSeenAt ?? 0) <= (most ?? 0),
      () => `last seen of ${user.id} is ${view.lastSeenAt}, not between ${least} and ${most}`,
    );
  }
}

function compareClients(world: World): void {
  for (const client of world.clients) {
    const { socket, user } = client;
    if (socket === undefined || !client.connected || client.dialect.name === 'user-presence') continue;
    if (client.dialect.audience === 'watched' && !socket.memory.watches) continue;
    for (const [id, { online }] of socket.memory.told) {
      const target = world.users.get(`${user.tenant}/${id}`);
      if (target === undefined || target === user || !isCertain(world, target, socket.process)) continue;
      const sight = world.sightOf(socket.process);
      const rights = rightsOf(user, target, sight);
      if (rights === undefined) continue;
      const expected = rights.online && target.mustBeOnline(world.time.now(), sight);
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
  if (world.isSeveral) await compareShared(world);
  for (const { process } of world.places) {
    if (process?.healthy !== true) continue;
    for (const user of world.users.values()) {
      const resident = process.node.service.find(user.tenant, user.id);
      if (resident === undefined || world.places.length > 1 || user.mayBeOnline(world.time.now(), world.sightOf(process))) continue;
      const [stored] = await process.node.parts.store.load(user.tenant, [user.id]);
      world.checks.that(
        'I5',
        (stored?.seenAt ?? null) === resident.seenAt,
        () => `${user.id}: ${stored?.seenAt} is stored, ${resident.seenAt} is known`,
      );
    }
  }
}

// Nodes of several were restarted while others ran, and so what they had acknowledged is looked for only now.
async function compareShared(world: World): Promise<void> {
  const processes = world.places.flatMap(({ process }) => (process?.healthy === true ? [process] : []));
  const { store } = processes[0]?.node.parts ?? {};
  if (store === undefined) return;
  for (const user of world.users.values()) {
    const [stored] = await store.load(user.tenant, [user.id]);
    if (stored === undefined || !user.settings.certain) continue;
    const isOver = !user.mayBeOnline(world.time.now(), world.sightOf());
    // Of somebody who is there the nodes know more than is stored.
    const known = isOver ? [] : processes.map(({ node }) => node.service.find(user.tenant, user.id)?.seenAt ?? 0);
    const seenAt = Math.max(stored.seenAt ?? 0, ...known);
    compareStored(world.checks, user, { ...stored, seenAt }, world.time.now(), world.weather.skewMs);
  }
}
