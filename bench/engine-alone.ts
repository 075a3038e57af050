/**
 * `node --expose-gc bench/engine-alone.ts USERS STEPS`: what the engine alone costs, without a socket, a store or a timer; prints one
 * line of JSON. A program of its own, so that every size begins with an empty heap. Memory is what is alive after a full collection;
 * rates are steps a CPU-second of the whole process, its collector and compiler included, and making the event is part of a step.
 */
import {
  type Change,
  Engine,
  type EngineEvent,
  neverStored,
  type Outcome,
  Telling,
  type User,
  Watches,
} from '../packages/engine/src/index.ts';
import type { EngineFigures } from './scenarios/engine-alone.ts';

const RULES = { onlineRule: 'everyone', lastSeenRule: 'everyone', coarseLastSeenRule: 'nobody' } as const;
const TENANT = 'app';
const START_AT = 1_800_000_000_000;
/** Everybody gives a sign of life this often, however many there are: so the deadlines that fall due in a step are as many at every size. */
const SIGN_OF_LIFE_MS = 25_000;
const WATCHES_EACH = 50;
/** On average each user is watched by so many. */
const WATCHED_BY = 10;
/** Changes are told ten times each, so a tenth as many take about as long. */
const STEPS_A_CHANGE = 10;
const WARM_UP_USERS = 2_000;
const WARM_UP_STEPS = 200_000;
/** Users between two that are touched one after the other: nothing is met in the order in which it was made. */
const STRIDE = 7_919;

interface World {
  engine: Engine;
  users: number;
  now: number;
  /** The session of each user. */
  sessions: Int32Array;
  opened: number;
}

const aWorld = (users: number): World => ({
  engine: new Engine(),
  users,
  now: START_AT,
  sessions: new Int32Array(users),
  opened: 0,
});

const idOf = (user: number) => `user-${user}`;

function step(world: World, event: EngineEvent): Outcome {
  world.now += SIGN_OF_LIFE_MS / world.users;
  return world.engine.step(event, Math.floor(world.now));
}

function load(world: World, user: number): void {
  step(world, { type: 'loaded', tenant: TENANT, users: [neverStored(idOf(user), RULES)] });
}

// As a gateway makes it: an object of its own for each connection.
function open(world: World, user: number): void {
  world.sessions[user] = world.opened;
  step(world, {
    type: 'open',
    session: world.opened++,
    tenant: TENANT,
    user: idOf(user),
    kind: 'link',
    details: { dialect: 'native', platform: user % 3 === 0 ? 'ios' : 'web', appVersion: '1.0.0', device: null, screen: null },
    deviceKey: null,
    answersPing: true,
  });
}

const sessionOf = (world: World, user: number) => world.sessions[user] as number;
const alive = (world: World, user: number) => step(world, { type: 'alive', session: sessionOf(world, user), of: 'link' });
const act = (world: World, user: number) =>
  step(world, { type: 'activity', session: sessionOf(world, user), idleMs: 200, background: false });
const goAway = (world: World, user: number) =>
  step(world, { type: 'activity', session: sessionOf(world, user), idleMs: 200, background: true });
const lose = (world: World, user: number) => step(world, { type: 'lost', session: sessionOf(world, user) });
const resume = (world: World, user: number) => step(world, { type: 'resume', session: sessionOf(world, user) });
const leave = (world: World, user: number) => step(world, { type: 'leave', session: sessionOf(world, user), reason: 'left' });

/**
 * Of a thousand steps 950 are signs of life, 30 activity, and five each a line lost, its return, a goodbye, and a sign-in. Users come
 * `stride` after one another: 1 is the order of their connecting, in which timers of equal length ring.
 */
function mix(world: World, steps: number, stride: number): void {
  let at = 0;
  let lost = -1;
  let gone = -1;
  for (let count = 0; count < steps; count++) {
    at = (at + stride) % world.users;
    const turn = count % 200;
    if (turn === 0) {
      lost = at;
      lose(world, at);
    } else if (turn === 50 && lost >= 0) resume(world, lost);
    else if (turn === 100) {
      gone = at;
      leave(world, at);
    } else if (turn === 150 && gone >= 0) open(world, gone);
    else if (turn % 32 === 31) act(world, at);
    else alive(world, at);
  }
}

/** Events a CPU-second. */
function rate(count: number, run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (1e6 * count) / (user + system);
}

/** Each user in turn, in the order of their connecting, until so many steps were taken. */
function inTurn(world: World, steps: number, act: (world: World, user: number) => void): void {
  for (let count = 0; count < steps; count++) act(world, count % world.users);
}

/** In blocks, so that everybody is back within the grace. */
function loseAndResume(world: World): void {
  for (let first = 0; first < world.users; first += 1_000) {
    const end = Math.min(first + 1_000, world.users);
    for (let user = first; user < end; user++) lose(world, user);
    for (let user = first; user < end; user++) resume(world, user);
  }
}

function live(): { heap: number; rss: number } {
  // Twice, because what the first collection finalises is freed by the second.
  for (let turn = 0; turn < 2; turn++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

/** As a connection is to the engine: an object of its own, in which it is noted what has to be told. */
interface Listener {
  told: number;
}

/** Every fifth user watches fifty others. */
function watch(world: World, listeners: readonly Listener[]): Watches<Listener> {
  const watches = new Watches<Listener>();
  const { roster } = world.engine;
  for (const [index, listener] of listeners.entries()) {
    const watcher = watches.join(listener, { tenant: TENANT, user: idOf(5 * index) });
    for (let each = 0; each < WATCHES_EACH; each++) {
      watches.add(watcher, roster.at((index * 5 + each * STRIDE) % world.users) as User);
    }
  }
  return watches;
}

/** What becomes of a change before a byte is written. */
type Tell = (watches: Watches<Listener>, change: Change) => number;

/** It is found out who of those who watch has to be told, and who that is is counted. */
const find: Tell = (watches, change) => {
  let told = 0;
  watches.eachTold(new Telling(change), () => {
    told += 1;
  });
  return told;
};

/** It is noted besides, with each of them. */
const note: Tell = (watches, change) => {
  let told = 0;
  const { liveVersion } = change.after;
  watches.eachTold(new Telling(change), (listener) => {
    listener.told = liveVersion;
    told += 1;
  });
  return told;
};

/** Everybody goes away and, once all have, comes back, as often as it takes; deliveries a CPU-second. */
function deliveries(world: World, watches: Watches<Listener>, changes: number, stride: number, tell: Tell): number {
  const rounds = Math.ceil(changes / (2 * world.users));
  const expected = 2 * rounds * watches.size;
  let told = 0;
  const perSecond = rate(expected, () => {
    for (let turn = 0; turn < 2 * rounds; turn++) {
      const flip = turn % 2 === 0 ? goAway : act;
      for (let count = 0; count < world.users; count++)
        for (const change of flip(world, (count * stride) % world.users).changes) told += tell(watches, change);
    }
  });
  if (told !== expected) throw new Error(`${told} of ${expected} were delivered`);
  return perSecond;
}

/** What a watch takes, and telling those who watch of changes. */
function measureWatches(
  world: World,
  changes: number,
): Pick<EngineFigures, 'delivery' | 'deliveryNoted' | 'deliveryScattered' | 'watchBytes'> {
  const listeners = Array.from({ length: Math.floor((world.users * WATCHED_BY) / WATCHES_EACH) }, (): Listener => ({ told: 0 }));
  const before = live().heap;
  const watches = watch(world, listeners);
  const watchBytes = (live().heap - before) / watches.size;
  const delivery = deliveries(world, watches, changes, 1, find);
  const deliveryNoted = deliveries(world, watches, changes, 1, note);
  return { watchBytes, delivery, deliveryNoted, deliveryScattered: deliveries(world, watches, changes, STRIDE, note) };
}

function measure(users: number, steps: number): EngineFigures {
  const empty = live();
  const world = aWorld(users);
  inTurn(world, users, load);
  const loaded = live();
  const opens = rate(users, () => inTurn(world, users, open));
  const online = live();
  const alives = rate(steps, () => inTurn(world, steps, alive));
  const acts = rate(steps, () => inTurn(world, steps, act));
  const losses = rate(2 * users, () => loseAndResume(world));
  const mixed = rate(steps, () => mix(world, steps, 1));
  const scattered = rate(steps, () => mix(world, steps, STRIDE));
  const left = world.engine.sessionCount;
  const leaves = rate(left, () => inTurn(world, users, leave));
  // Two of each two hundred were on their way when the mix ended.
  if (left < users - 4 || world.engine.sessionCount > 0) throw new Error(`${left} of ${users} sessions were left`);
  inTurn(world, users, open);
  const watching = measureWatches(world, steps / STEPS_A_CHANGE);
  return {
    ...{ open: opens, alive: alives, activity: acts, lostResume: losses, leave: leaves, mix: mixed, scattered },
    loadedBytes: (loaded.heap - empty.heap) / users,
    onlineBytes: (online.heap - empty.heap) / users,
    onlineRssBytes: (online.rss - empty.rss) / users,
    ...watching,
  };
}

const [users, steps] = process.argv.slice(2).map(Number);
if (globalThis.gc === undefined || users === undefined || steps === undefined || !(users > 0) || !(steps > 0)) {
  console.error('Run it as: node --expose-gc bench/engine-alone.ts USERS STEPS');
  process.exit(2);
}
measure(WARM_UP_USERS, WARM_UP_STEPS);
console.log(JSON.stringify(measure(users, steps)));
