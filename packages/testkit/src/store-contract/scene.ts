import type { Recovery, SessionRecord, Store, StoreBatch, StoredUser, UserRecord } from '@porchlight/server';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** Where stores keep their data, such as a file: it outlives the stores that are opened on it, one after another. */
export interface StorePlace {
  /** A store on this place, not yet open. */
  create(): Store;
  /** Ends a store as `kill -9` would end its process: what it acknowledged stays, it is not closed. */
  crash(store: Store): Promise<void>;
  /** Removes the place and all it holds. No store is open then. */
  remove(): Promise<void>;
}

export type OpenPlace = () => Promise<StorePlace>;

/** One place and the lives of the nodes that open it, one at a time. */
export interface Scene {
  /** The store of the present node. */
  readonly store: Store;
  start(node: string, now: number): Promise<Recovery>;
  crash(): Promise<void>;
  close(node: string, now: number): Promise<void>;
  end(): Promise<void>;
}

/** 2026-01-01; the times of the tests are this and a little. */
export const T0 = Date.UTC(2026, 0, 1);
export const SEED = Number(process.env.PORCHLIGHT_SEED ?? 20_260_101);

async function createScene(open: OpenPlace): Promise<Scene> {
  const place = await open();
  let store: Store | undefined;
  const present = () => {
    if (store === undefined) throw new Error('No node is running in this scene.');
    return store;
  };
  const crash = async () => {
    const crashed = store;
    store = undefined;
    if (crashed !== undefined) await place.crash(crashed);
  };
  return {
    get store() {
      return present();
    },
    async start(node, now) {
      const started = place.create();
      store = started;
      return started.open(node, now);
    },
    crash,
    async close(node, now) {
      await present().close(node, now);
      store = undefined;
    },
    async end() {
      await crash();
      await place.remove();
    },
  };
}

/** A place of its own, for tests that stop and start nodes; gone when the test is. */
export async function freshScene(open: OpenPlace): Promise<Scene> {
  const scene = await createScene(open);
  onTestFinished(() => scene.end());
  return scene;
}

/** One running node for all tests of a `describe`, each of which takes tenants of its own from it. */
export function sharedScene(open: OpenPlace): { readonly store: Store; tenant(): string } {
  let scene: Scene | undefined;
  let tenants = 0;
  beforeAll(async () => {
    scene = await createScene(open);
    await scene.start('node-1', T0);
  });
  afterAll(() => scene?.end());
  return {
    get store() {
      return scene!.store;
    },
    tenant: () => `tenant-${++tenants}`,
  };
}

export function aUser(given: Partial<UserRecord> & Pick<UserRecord, 'user'>): UserRecord {
  return {
    tenant: 'app',
    seenAt: null,
    activeAt: null,
    restingSeenAt: null,
    restingActiveAt: null,
    coarseSeenAt: null,
    coarseUntilAt: null,
    availability: 'auto',
    availabilityUntilAt: null,
    text: null,
    onlineRule: 'everyone',
    lastSeenRule: 'everyone',
    coarseLastSeenRule: 'nobody',
    optedOut: false,
    signedOutAt: null,
    profile: null,
    ...given,
  };
}

/** An open link of `node-1`. */
export function aSession(given: Partial<SessionRecord> & Pick<SessionRecord, 'user'>): SessionRecord {
  return {
    id: `session-of-${given.user}`,
    tenant: 'app',
    node: 'node-1',
    kind: 'link',
    dialect: 'native',
    platform: null,
    appVersion: null,
    device: null,
    screen: null,
    startedAt: T0,
    seenAt: T0,
    leaseUntilAt: null,
    endedAt: null,
    endReason: null,
    hidden: false,
    ...given,
  };
}

export function aBatch(given: Partial<StoreBatch>): StoreBatch {
  return { users: [], sessions: [], relations: [], forget: [], ...given };
}

/** What is stored of one user; undefined when there is nothing. Relations sorted, since they have no order. */
export async function loadOne(store: Store, tenant: string, user: string): Promise<StoredUser | undefined> {
  const [found] = await store.load(tenant, [user]);
  return found && { ...found, contacts: found.contacts.toSorted(), blocked: found.blocked.toSorted() };
}
