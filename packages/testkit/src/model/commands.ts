import type { EngineEvent } from '@porchlight/engine';
import { AVAILABILITIES, RULES } from '@porchlight/protocol';
import { type Connection, createMemoryStore, createSoloCluster, identityOf, native } from '@porchlight/server';
import fc from 'fast-check';
import { SimulatedLink } from '../simulation/simulated-link.ts';
import { SimulatedProcess } from '../simulation/simulated-process.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { readTold } from '../simulation/words.ts';
import { PresenceModel } from './presence-model.ts';

const USERS = ['ann', 'bob', 'cat'] as const;
const DEVICES = ['phone', 'page'] as const;
type Command = fc.AsyncCommand<PresenceModel, Real>;

/** A real node, one watching connection a user, and what that was last told of everyone. */
export class Real {
  readonly time = new VirtualTime();
  readonly process = new SimulatedProcess('model', this.time, {
    store: () => createMemoryStore(),
    cluster: createSoloCluster,
    options: { coarseLastSeenRule: 'everyone' },
  });
  readonly connections = new Map<string, Connection>();
  readonly #done: Map<string, number>;
  readonly told = new Map<string, Map<string, boolean>>();

  /** `done` is told how often each kind of command was carried out. */
  constructor(done: Map<string, number>) {
    this.#done = done;
  }

  count(kind: string): void {
    this.#done.set(kind, (this.#done.get(kind) ?? 0) + 1);
  }

  async start(): Promise<void> {
    await this.process.start();
    for (const user of USERS) {
      const told = new Map<string, boolean>();
      this.told.set(user, told);
      const watcher = await this.#connect(user, 'watcher', true, (words) => {
        for (const { user: of, online } of words) if (online !== undefined) told.set(of, online);
      });
      this.process.node.dispatcher.message(watcher, 'watch', { type: 'watch', set: [...USERS] });
    }
    await this.time.settle();
  }

  async connect(user: string, device: string): Promise<void> {
    this.connections.set(`${user} ${device}`, await this.#connect(user, device, false, () => {}));
  }

  async #connect(
    user: string,
    device: string,
    watchOnly: boolean,
    heard: (told: ReturnType<typeof readTold>) => void,
  ): Promise<Connection> {
    const link = new SimulatedLink({ said: (message) => heard(readTold(message, USERS)), closed: () => {}, wrote: () => {} });
    return this.process.node.gateway.connect({
      link,
      identity: identityOf(user),
      dialects: [native],
      address: '10.0.0.1',
      deviceKey: device,
      details: { platform: device },
      watchOnly,
    });
  }

  set(event: EngineEvent): Promise<void> {
    return this.process.node.service.stepDurably(event);
  }
}

/** After every command everybody's view of everybody, what they were told, and their counts are what the model says. */
async function compare(model: PresenceModel, real: Real): Promise<void> {
  await real.time.settle();
  const { service } = real.process.node;
  for (const viewer of USERS) {
    let count = 0;
    for (const id of USERS) {
      const expected = model.view(viewer, id);
      const { status, lastSeenAt, lastSeenWithinMs } = service.view({ tenant: 'default', user: viewer }, id);
      if (status !== 'offline') count += 1;
      if (status !== expected.status || lastSeenAt !== expected.lastSeenAt || lastSeenWithinMs !== expected.lastSeenWithinMs)
        throw new Error(
          `${viewer} sees ${id} as ${status}, last seen ${lastSeenAt} within ${lastSeenWithinMs}; the model says ${JSON.stringify(expected)}`,
        );
    }
    const counted = service.count({ tenant: 'default', user: viewer });
    if (counted !== count) throw new Error(`${viewer} counts ${counted}, and sees ${count} online`);
  }
}

/** What watchers were told last is what is, or what was a tick ago. */
async function compareTold(model: PresenceModel, real: Real): Promise<void> {
  const before = picture(model);
  model.wait(150);
  await real.time.run(150);
  const after = picture(model);
  for (const viewer of USERS)
    for (const id of USERS) {
      const told = real.told.get(viewer)?.get(id);
      const key = `${viewer} ${id}`;
      if (told !== before.get(key) && told !== after.get(key))
        throw new Error(`${viewer} was last told that ${id} is ${told ? 'online' : 'offline'}, which is wrong`);
    }
}

function picture(model: PresenceModel): Map<string, boolean> {
  const pairs = USERS.flatMap((viewer) => USERS.map((id) => [viewer, id] as const));
  return new Map(pairs.map(([viewer, id]) => [`${viewer} ${id}`, model.view(viewer, id).status !== 'offline']));
}

/** What commands there are. */
const KINDS = ['connect', 'leave', 'lose', 'act', 'show', 'set', 'relate', 'heartbeat', 'log out', 'wait'] as const;

function command(
  kind: (typeof KINDS)[number],
  name: string,
  check: (model: PresenceModel) => boolean,
  run: (model: PresenceModel, real: Real) => Promise<void> | void,
): Command {
  return {
    check,
    run: async (model, real) => {
      await run(model, real);
      real.count(kind);
      await compare(model, real);
    },
    toString: () => name,
  };
}

const always = () => true;
const isLive = (user: string, device: string) => (model: PresenceModel) =>
  model.user(user).devices.get(device)?.untilAt === Number.POSITIVE_INFINITY;

function deviceCommand(kind: number, user: string, device: string, flag: boolean): Command {
  const key = `${user} ${device}`;
  const live = isLive(user, device);
  const send = (real: Real, type: string, fields: object) => {
    const connection = real.connections.get(key);
    if (connection !== undefined) real.process.node.dispatcher.message(connection, type, { type, ...fields });
  };
  switch (kind) {
    case 0:
      return command(
        'connect',
        `${key} connects`,
        (model) => !live(model),
        async (model, real) => {
          model.begin(user, device, 'link');
          await real.connect(user, device);
        },
      );
    case 1:
      return command('leave', `${key} leaves`, live, (model, real) => {
        model.end(user, device, true);
        const connection = real.connections.get(key);
        if (connection !== undefined) real.process.node.gateway.left(connection);
      });
    case 2:
      return command('lose', `${key} is lost, twice: ${flag}`, live, (model, real) => {
        model.lose(user, device);
        const connection = real.connections.get(key);
        if (connection === undefined) return;
        real.process.node.gateway.lost(connection);
        if (flag) real.process.node.gateway.left(connection);
      });
    case 3:
      return command('act', `${key} acts`, live, (model, real) => {
        model.act(user, device);
        send(real, 'activity', { idleMs: 0 });
      });
    default:
      return command('show', `${key} shows itself: ${flag}`, live, (model, real) => {
        model.show(user, device, flag);
        send(real, 'show', { shown: flag });
      });
  }
}

function settingCommand(kind: number, user: string, other: string, choice: number, present: boolean): Command {
  const settings = (fields: object, name: string, apply: (model: ReturnType<PresenceModel['user']>) => void) =>
    command('set', `${user} sets ${name}`, always, async (model, real) => {
      model.set(user, apply);
      await real.set({ type: 'settings', tenant: 'default', user, ...fields } as EngineEvent);
    });
  const availability = AVAILABILITIES[choice % AVAILABILITIES.length] ?? 'auto';
  const rule = RULES[choice % RULES.length] ?? 'everyone';
  switch (kind) {
    case 0:
      return settings({ availability, untilAt: null }, availability, (model) => void Object.assign(model, { availability }));
    case 1:
      return settings({ onlineRule: rule }, `online for ${rule}`, (model) => void Object.assign(model, { onlineRule: rule }));
    case 2:
      return settings({ lastSeenRule: rule }, `last seen for ${rule}`, (model) => void Object.assign(model, { lastSeenRule: rule }));
    case 3: {
      const coarse = rule === 'nobody' ? 'everyone' : rule;
      return settings(
        { onlineRule: 'nobody', lastSeenRule: 'nobody', coarseLastSeenRule: coarse },
        `nothing but buckets for ${coarse}`,
        (model) => void Object.assign(model, { onlineRule: 'nobody', lastSeenRule: 'nobody', coarseLastSeenRule: coarse }),
      );
    }
    default: {
      const relation = kind === 4 ? 'block' : 'contact';
      return command(
        'relate',
        `${user} ${present ? 'has' : 'has no longer'} ${other} as ${relation}`,
        () => user !== other,
        async (model, real) => {
          model.set(user, ({ blocked, contacts }) => {
            const list = relation === 'block' ? blocked : contacts;
            if (present) list.add(other);
            else list.delete(other);
          });
          await real.set({ type: 'relate', tenant: 'default', user, kind: relation, others: [other], present });
        },
      );
    }
  }
}

function leaseCommand(user: string, background: boolean, isLogout: boolean): Command {
  return command(
    isLogout ? 'log out' : 'heartbeat',
    `${user} ${isLogout ? 'logs out' : `sends a heartbeat, in the background: ${background}`}`,
    always,
    async (model, real) => {
      const { leases } = real.process.node;
      if (isLogout) {
        model.end(user, 'lease', true);
        await leases.logout(identityOf(user));
      } else {
        model.begin(user, 'lease', 'lease', background);
        await leases.heartbeat(identityOf(user), 'online-users', { background });
      }
    },
  );
}

const waitCommand = (ms: number) =>
  command('wait', `wait ${ms}`, always, async (model, real) => {
    model.wait(ms);
    await real.time.run(ms);
    if (ms >= 200) await compareTold(model, real);
  });

const user = fc.constantFrom(...USERS);
const waits = [1, 99, 200, 2_999, 5_000, 14_999, 15_000, 15_001, 60_000, 299_999, 300_000];

/** Sequences of up to 150 commands. */
export const commandSequences = fc.commands(
  [
    fc.tuple(fc.integer({ min: 0, max: 4 }), user, fc.constantFrom(...DEVICES), fc.boolean()).map((parts) => deviceCommand(...parts)),
    fc.tuple(fc.integer({ min: 0, max: 4 }), user, fc.constantFrom(...DEVICES), fc.boolean()).map((parts) => deviceCommand(...parts)),
    fc.tuple(fc.integer({ min: 0, max: 5 }), user, user, fc.nat(10), fc.boolean()).map((parts) => settingCommand(...parts)),
    fc.tuple(user, fc.boolean(), fc.boolean()).map((parts) => leaseCommand(...parts)),
    fc.constantFrom(...waits).map(waitCommand),
  ],
  { maxCommands: 150, size: 'max' },
);

/**
 * Checks `runs` sequences, from `seed` on; rejects with the shortest sequence that tells node and model apart. Resolves to how often each kind
 * of command was carried out, and rejects when one never was.
 */
export async function checkAgainstModel(runs: number, seed: number): Promise<ReadonlyMap<string, number>> {
  const done = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(commandSequences, async (commands) => {
      const real = new Real(done);
      await real.start();
      const model = new PresenceModel(real.time.now());
      for (const id of USERS) model.user(id);
      await fc.asyncModelRun(() => ({ model, real }), commands);
    }),
    { numRuns: runs, seed, verbose: 0 },
  );
  const never = KINDS.filter((kind) => !done.has(kind));
  if (never.length > 0) throw new Error(`No sequence had any of these: ${never.join(', ')}.`);
  return done;
}
