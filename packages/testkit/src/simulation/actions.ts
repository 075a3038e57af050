import type { EngineEvent } from '@porchlight/engine';
import { AVAILABILITIES, RULES, type Rule } from '@porchlight/protocol';
import { createBackend } from '@porchlight/server';
import { latestMs } from './bounds.ts';
import type { Cut, Weather } from './cluster-weather.ts';
import type { Step, StepKind } from './script.ts';
import { EVERYONE, type SimulatedClient } from './simulated-client.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { SIMULATED_OPTIONS } from './simulated-process.ts';
import type { SimulatedSocket } from './simulated-socket.ts';
import type { UserTruth } from './truth.ts';
import type { World } from './world.ts';

const at = <T>(list: readonly T[], fraction: number): T | undefined => list[Math.floor(fraction * list.length)];

function chosen(
  world: World,
  { who, whom }: Step,
): { client: SimulatedClient; user: UserTruth; target: UserTruth; process: SimulatedProcess | undefined } {
  const client = at(world.clients, who) as SimulatedClient;
  const inTenant = [...world.users.values()].filter(({ tenant }) => tenant === client.user.tenant);
  return { client, user: client.user, target: at(inTenant, whom) as UserTruth, process: world.processAt(client.place) };
}

/** Does something with the chosen client's connection, where it has one. */
function withSocket(world: World, step: Step, does: (socket: SimulatedSocket, client: SimulatedClient) => void): void {
  const { client } = chosen(world, step);
  if (client.connected) does(client.socket as SimulatedSocket, client);
}

/** Changes settings of the chosen user, where a node is there to take it. */
function withSettings(
  world: World,
  step: Step,
  make: (user: UserTruth, target: UserTruth) => { event: EngineEvent; apply(): void } | undefined,
): void {
  const { user, target, process } = chosen(world, step);
  const made = make(user, target);
  if (process !== undefined && made !== undefined) world.change(user, process, made.event, made.apply);
}

function relate(kind: 'contact' | 'block', step: Step, user: UserTruth, target: UserTruth) {
  if (user === target) return undefined;
  const present = step.how < 0.6;
  const set = kind === 'contact' ? user.settings.contacts : user.settings.blocked;
  return {
    event: { type: 'relate', tenant: user.tenant, user: user.id, kind, others: [target.id], present } as const,
    apply: () => void (present ? set.add(target.id) : set.delete(target.id)),
  };
}

/** What people do. */
export const BEHAVIOUR: Partial<Record<StepKind, (world: World, step: Step) => void>> = {
  connect: (world, step) => chosen(world, step).client.connect(),
  leave(world, step) {
    withSocket(world, step, (_socket, client) => {
      const { user } = client;
      const others = [...user.sessions].some((session) => session !== client.socket?.session && session.live && session.shown === 'yes');
      client.leave();
      // The messages of leaving are handled at once, unless the node is frozen.
      if (others && client.socket?.process.healthy === true)
        world.checks.that(
          'I12',
          onlineAt(client.socket.process, user) !== false || !user.mustBeOnline(world.time.now(), world.sightOf(client.socket.process)),
          () => `${user.id} went offline with another device there`,
        );
    });
  },
  activity: (world, step) =>
    withSocket(world, step, (socket, { words, user, dialect }) => {
      if (dialect.name === 'user-status') socket.show(words.activity(user.id), true);
      else socket.send(words.activity(user.id));
    }),
  ask: (world, step) => withSocket(world, step, (socket, { words }) => socket.send(words.ask(EVERYONE))),
  availability: (world, step) =>
    withSettings(world, step, ({ tenant, id, settings }) => {
      const availability = at(AVAILABILITIES, step.how) ?? 'auto';
      return {
        event: { type: 'settings', tenant, user: id, availability, untilAt: null },
        apply: () => void Object.assign(settings, { availability }),
      };
    }),
  rules: (world, step) =>
    withSettings(world, step, ({ tenant, id, settings }) => {
      const rule = (chance: number): Rule => at(RULES, chance % 1) ?? 'everyone';
      const [onlineRule, lastSeenRule, coarseLastSeenRule] = [rule(step.how), rule(step.long), rule(step.how * 3 + step.long * 3)];
      // Often enough buckets, and nothing but buckets, for everyone.
      const isCoarse = (step.whom * 8) % 1 < 0.4;
      const rules = isCoarse ? BUCKETS_ONLY : { onlineRule, lastSeenRule, coarseLastSeenRule };
      return {
        event: { type: 'settings', tenant, user: id, ...rules },
        apply: () => void Object.assign(settings, rules),
      };
    }),
  block: (world, step) => withSettings(world, step, (user, target) => relate('block', step, user, target)),
  contact: (world, step) => withSettings(world, step, (user, target) => relate('contact', step, user, target)),
  show: (world, step) =>
    withSocket(world, step, (socket, { words, user }) => {
      const message = words.shown(user.id, step.how < 0.5);
      if (message !== null) socket.show(message, step.how < 0.5);
    }),
  heartbeat(world, step) {
    const process = world.processAt(Math.floor(step.whom * 8));
    if (process !== undefined) at(world.leaseClients, step.who)?.heartbeat(process, step.how < 0.3);
  },
  logout(world, step) {
    const process = world.processAt(Math.floor(step.whom * 8));
    if (process !== undefined) at(world.leaseClients, step.who)?.logout(process);
  },
  impersonate: (world, step) =>
    withSocket(world, step, (socket, { words, user, dialect }) => {
      const { target } = chosen(world, step);
      const message = target === user ? null : words.impersonate(target.id);
      if (message === null || !socket.process.healthy) return;
      const before = onlineAt(socket.process, target);
      socket.send(message, (answer) => {
        const code = (answer as { code?: string } | undefined)?.code;
        world.checks.that(
          'I10',
          code === 'FORBIDDEN' && onlineAt(socket.process, target) === before,
          () => `${dialect.name}: ${user.id} acted as ${target.id}: ${code}`,
        );
      });
    }),
};

/** Whether a node takes a user for online, to those who see everything; undefined when it is not asked. */
export function onlineAt(process: SimulatedProcess, user: UserTruth): boolean | undefined {
  if (!process.healthy) return undefined;
  return process.node.service.view({ tenant: user.tenant, user: null, all: true }, user.id).status !== 'offline';
}

const BUCKETS_ONLY = { onlineRule: 'nobody', lastSeenRule: 'nobody', coarseLastSeenRule: 'everyone' } as const;

/** Things that go wrong: each counts itself where it really did. */
export const FAULTS: Partial<Record<StepKind, (world: World, step: Step) => void>> = {
  cut: (world, step) =>
    withSocket(world, step, (_socket, client) => {
      world.faults.count('cut');
      client.lose('cut', step.how < 0.85);
    }),
  'half-open': (world, step) =>
    withSocket(world, step, (_socket, client) => {
      world.faults.count('half-open');
      client.lose('vanish', step.how < 0.85);
    }),
  closing: (world, step) =>
    withSocket(world, step, (socket, client) => {
      if (client.dialect.name !== 'native' || !socket.process.healthy) return;
      world.faults.count('closing');
      client.lose('closing', step.how < 0.5);
    }),
  elsewhere: (world, step) =>
    withSocket(world, step, (_socket, client) => {
      world.faults.count('elsewhere');
      client.lose(step.how < 0.5 ? 'cut' : 'vanish', false);
      client.place = Math.floor(step.whom * world.places.length);
      client.connect();
    }),
  'late close': (world, step) => lateClose(world, step, step.how * 20_000, 'late close'),
  'duplicate close': (world, step) => lateClose(world, step, 0, 'duplicate close'),
  'slow reader': (world, step) =>
    withSocket(world, step, (socket) => {
      world.faults.count('slow reader');
      socket.link.setReading(false);
      socket.link.fill(step.how < 0.7 ? SIMULATED_OPTIONS.sendBufferBytesMax + 1 : 1_000);
      world.time.after(step.long * 30_000, () => {
        socket.link.setReading(true);
        socket.process.machine.enter(() => socket.connection !== undefined && socket.process.node.fanout.drained(socket.connection));
      });
    }),
  'token ends'(world, step) {
    const { client } = chosen(world, step);
    if (client.connected) return;
    world.faults.count('token ends');
    client.endTokenAfter(2_000 + step.long * 60_000);
    client.connect();
  },
  'signed out'(world, step) {
    const { user, process } = chosen(world, step);
    if (process !== undefined && world.weather.isRecovered) signOut(world, user, process);
  },
  'opted out': (world, step) =>
    withSettings(world, step, (user) => {
      const optedOut = step.how < 0.5;
      if (optedOut) world.faults.count('opted out');
      const { tenant, id } = user;
      return { event: { type: 'settings', tenant, user: id, optedOut }, apply: () => world.optOut(user, optedOut) };
    }),
  crash(world, step) {
    const index = Math.floor(step.who * world.places.length);
    if (world.places[index]?.process?.started !== true) return;
    world.faults.count('crash');
    world.crash(index);
    world.time.after(100 + step.long * 40_000, () => void world.boot(index));
  },
  pause(world, step) {
    const process = world.processAt(Math.floor(step.who * world.places.length));
    if (process === undefined || process.machine.frozen) return;
    world.faults.count('pause');
    world.freeze(process);
    world.time.after(step.long * (step.how < 0.5 ? 3_000 : 40_000), () => world.thaw(process));
  },
  'clock step'(world, step) {
    const process = world.processAt(Math.floor(step.who * world.places.length));
    if (process === undefined) return;
    world.faults.count('clock step');
    world.stepClock(process, (step.how < 0.5 ? -1 : 1) * step.long * 3_600_000);
  },
  'store slow': (world, step) => trouble(world, step, { slowMs: 10 + step.how * 1_500 }),
  'store failing': (world, step) => trouble(world, step, { failing: true }),
  'store full': (world, step) => trouble(world, step, { full: true }),
  'message lost': (world, step) => badWeather(world, step, 'lost'),
  'message duplicated': (world, step) => badWeather(world, step, 'duplicated'),
  'message reordered': (world, step) => badWeather(world, step, 'reordered'),
  'ambiguous reply': (world, step) => badWeather(world, step, 'ambiguous'),
  'partition both ways': (world, step) => cutOff(world, step, 'both'),
  'partition one way': (world, step) => cutOff(world, step, step.how < 0.5 ? 'calls' : 'answers'),
  'cluster emptied'(world) {
    world.faults.count('cluster emptied');
    world.loseCluster(false);
  },
  'cluster rolled back'(world) {
    world.faults.count('cluster rolled back');
    world.loseCluster(true);
  },
};

function badWeather(world: World, step: Step, kind: keyof Weather): void {
  const { weather } = world;
  if (weather.now[kind]) return;
  weather.now[kind] = true;
  const clear = weather.begin();
  world.time.after(1_000 + step.long * 20_000, () => {
    weather.now[kind] = false;
    clear();
  });
}

function cutOff(world: World, step: Step, how: Cut): void {
  const process = world.processAt(Math.floor(step.who * world.places.length));
  if (process === undefined || world.weather.cutOf(process.name) !== undefined) return;
  const heal = world.weather.cut(process.name, how);
  world.time.after(500 + step.long * (step.whom < 0.5 ? 4_000 : 40_000), heal);
}

function lateClose(world: World, step: Step, delayMs: number, name: 'late close' | 'duplicate close'): void {
  const { client } = chosen(world, step);
  const socket = client.socket?.held === false ? client.socket : client.previous;
  if (socket === undefined || socket.held || socket.connection === undefined) return;
  world.faults.count(name);
  world.time.after(delayMs, () => {
    const before = onlineAt(socket.process, client.user);
    socket.closeAgain(step.whom < 0.5 ? 'lost' : 'left');
    if (before !== undefined)
      world.checks.that(
        'I12',
        onlineAt(socket.process, client.user) === before,
        () => `a close of ${client.device} that came again changed ${client.user.id}`,
      );
  });
}

function trouble(world: World, step: Step, kind: Parameters<World['trouble']['begin']>[0]): void {
  world.trouble.begin(kind, world.time.now());
  const recover = world.weather.begin();
  world.time.after(500 + step.long * 20_000, () => {
    world.trouble.end(world.time.now());
    recover();
  });
}

function signOut(world: World, user: UserTruth, process: SimulatedProcess): void {
  process.machine.enter(() => {
    if (!process.started) return;
    world.faults.count('signed out');
    user.signedOutAt = world.time.now();
    for (const session of user.sessions) {
      session.live = false;
      session.notBefore = 0;
      session.elsewhere = session.process !== process;
    }
    void createBackend(process.node, user.tenant)
      .signOut(user.id)
      .catch(() => undefined);
    // It has to load the user first, which may fail; then nobody was signed out.
    void world.time.settle().then(() => {
      if (process.node.service.find(user.tenant, user.id) === undefined) return;
      for (const session of user.sessions) {
        // By clocks that differ a session elsewhere may have begun since.
        if (session.process !== process && session.openedAt >= world.time.now() - world.weather.skewMs) continue;
        session.endBy = Math.min(session.endBy, world.time.now() + latestMs(0));
      }
    });
  });
}
