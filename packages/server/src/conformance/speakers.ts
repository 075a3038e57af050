import type { NativeClient } from './native-client.ts';
import type { SocketClient } from './socket-client.ts';
import type { World } from './world.ts';

/*
 * Each dialect as an actor and as a watcher, so that every pair of them can be put together. What a watcher expects is written in the words
 * of its own dialect.
 */

/** Somebody who comes, idles and goes in the words of one dialect. */
export interface Actor {
  online(): Promise<void>;
  /** Present, but not at it: idle for as long as the server takes to notice, or in the background. */
  away(): Promise<void>;
  offline(): Promise<void>;
  /** A sign of life that is answered; not for those who have no connection. */
  signOfLife?(): Promise<void>;
}

/** Somebody who is told, or asks, in the words of one dialect, how one user is; each resolves when that was said. */
export interface Watcher {
  tellsOnline(): Promise<void>;
  /** As far as the dialect has a word for it; at least it must not say that the user is gone. */
  tellsAway(): Promise<void>;
  /** Last seen at this time (epoch milliseconds), where one is given and the dialect says it: within half a second. */
  tellsOffline(lastSeenAt?: number): Promise<void>;
  /** Nothing at all was said of anybody since it was last asked. */
  tellsNothing(): Promise<void>;
}

export interface Speaker {
  actor(world: World, user: string, through?: string): Actor;
  watcher(world: World, watched: string): Promise<Watcher>;
}

/** After so long without activity, the default server calls somebody away. */
const IDLE_MS = 301_000;

/** How a user of a Socket.IO dialect comes, shows to be there, and goes. */
interface SocketWords {
  join(): Promise<SocketClient>;
  arrives?(client: SocketClient): void;
  beats(client: SocketClient): void;
  leaves(client: SocketClient): void;
}

function socketActor(world: World, { join, arrives, beats, leaves }: SocketWords): Actor {
  let client: SocketClient;
  return {
    async online() {
      client = await join();
      arrives?.(client);
      await client.settled();
    },
    async away() {
      world.clock.advance(IDLE_MS);
    },
    async offline() {
      leaves(client);
    },
    async signOfLife() {
      beats(client);
      await client.settled();
    },
  };
}

const goodbye = (client: SocketClient) => client.leave();

/** Whether a time, in milliseconds or ISO-8601, is this one, give or take half a second. */
const isAbout = (time: unknown, at: number | undefined) =>
  at === undefined || Math.abs((typeof time === 'string' ? Date.parse(time) : Number(time)) - at) <= 500;

async function expectNothing(client: SocketClient | NativeClient, ...events: string[]): Promise<void> {
  const heard = await client.heard(...events);
  if (heard.length > 0) throw new Error(`Nothing was to be said, but it was: ${JSON.stringify(heard)}`);
}

function expectThat(is: boolean, words: unknown): void {
  if (!is) throw new Error(`Not so: ${JSON.stringify(words)}`);
}

const smartPresence: Speaker = {
  actor: (world, user, through = world.url) =>
    socketActor(world, {
      join: () => world.root(user, { through }),
      arrives: (client) => client.emit('register_session', { sessionId: user }),
      beats: (client) => client.emit('client:heartbeat', { sessionId: user }),
      leaves: (client) => client.emit('session:leaving', { sessionId: user, reason: 'logout' }),
    }),
  async watcher(world, watched) {
    const client = await world.root('watcher', { auth: { dialect: 'smart-presence' } });
    await client.ask('presence:request', [watched]);
    const told = (isOnline: boolean) => client.next('presence:update', { sessionId: watched, fromUserId: watched, isOnline });
    return {
      tellsOnline: async () => void (await told(true)),
      async tellsAway() {
        await expectNothing(client, 'presence:update');
        const { contacts } = await client.ask<{ contacts: { isOnline: boolean }[] }>('presence:request', [watched]);
        expectThat(contacts[0]?.isOnline === true, contacts);
      },
      async tellsOffline(lastSeenAt) {
        const { lastSeen } = await told(false);
        expectThat(isAbout(lastSeen, lastSeenAt), lastSeen);
      },
      tellsNothing: () => expectNothing(client, 'presence:update'),
    };
  },
};

const userPresence: Speaker = {
  actor: (world, user, through = world.url) =>
    socketActor(world, {
      join: () => world.root(user, { through }),
      beats: (client) => client.emit('user_activity', {}),
      leaves: goodbye,
    }),
  async watcher(world, watched) {
    const client = await world.root('watcher', { auth: { dialect: 'user-presence' } });
    // That the watcher is online itself, if that is news.
    await client.heard('user_presence_update');
    const told = (match: object) => client.next('user_presence_update', { user_id: watched, ...match });
    return {
      tellsOnline: async () => void (await told({ is_online: true, status: 'online' })),
      // In the background the person was active a moment ago, and is still "online"; idle, they were last seen when they last did something.
      async tellsAway() {
        const { status, is_online } = await told({});
        expectThat(is_online === true ? status === 'online' : status === 'Last seen 5 minutes ago', { status, is_online });
      },
      async tellsOffline(lastSeenAt) {
        const { status, last_seen } = await told({ is_online: false });
        expectThat(/^(Active (just now|\d minutes? ago)|Last seen 5 minutes ago)$/.test(String(status)) && isAbout(last_seen, lastSeenAt), {
          status,
          last_seen,
        });
      },
      tellsNothing: () => expectNothing(client, 'user_presence_update'),
    };
  },
};

const presenceGateway: Speaker = {
  actor: (world, user, through = world.url) =>
    socketActor(world, {
      join: () => world.gateway(user, { through }),
      beats: (client) => client.emit('heartbeat'),
      leaves: goodbye,
    }),
  async watcher(world, watched) {
    const client = await world.gateway('watcher');
    return {
      tellsOnline: async () => void (await client.next('user-online', { userId: watched, online: true })),
      async tellsAway() {
        await expectNothing(client, 'user-online', 'user-offline');
        const { data } = await client.ask<{ data: { online: boolean } }>('check-user-status', { userId: watched });
        expectThat(data.online, data);
      },
      async tellsOffline(lastSeenAt) {
        const { lastSeen } = await client.next('user-offline', { userId: watched, online: false });
        expectThat(isAbout(lastSeen, lastSeenAt), lastSeen);
      },
      tellsNothing: () => expectNothing(client, 'user-online', 'user-offline'),
    };
  },
};

const userStatus: Speaker = {
  actor: (world, user, through = world.url) =>
    socketActor(world, {
      join: () => world.root(user, { through }),
      arrives: (client) => client.emit('userOnline', { userId: user, userType: 'agent', userName: 'Actor' }),
      beats: (client) => client.emit('userHeartbeat', { userId: user }),
      leaves: (client) => client.emit('userOffline', { userId: user }),
    }),
  async watcher(world, watched) {
    const client = await world.root('watcher', { auth: { dialect: 'user-status' } });
    // That the watcher is online itself, if that is news.
    await client.heard('userStatusChanged');
    const told = (status: string) => client.next('userStatusChanged', { userId: watched, status });
    return {
      tellsOnline: async () => void (await told('online')),
      async tellsAway() {
        await expectNothing(client, 'userStatusChanged');
        const list = await client.ask<{ userId: unknown; status: string }[]>('getOnlineUsers');
        expectThat(
          list.some(({ userId, status }) => userId === watched && status === 'online'),
          list,
        );
      },
      async tellsOffline(lastSeenAt) {
        const { lastSeen } = await told('offline');
        expectThat(isAbout(lastSeen, lastSeenAt), lastSeen);
      },
      tellsNothing: () => expectNothing(client, 'userStatusChanged'),
    };
  },
};

const onlineUsers: Speaker = {
  actor(world, user) {
    const post = async (path: string, body: object) => {
      const { status, body: answer } = await world.http('POST', path, user, body);
      expectThat(status === 200 && answer.success === true, answer);
    };
    return {
      online: () => post('/api/update-online-status', { screen: 'Home' }),
      away: () => post('/api/update-online-status', { screen: 'background', app_state: 'background' }),
      offline: () => post('/api/logout-status', {}),
    };
  },
  // It has no word for a single user: it asks how many are online, and nobody else is.
  async watcher(world) {
    const counts = async (count: number) => {
      const { body } = await world.http('GET', '/api/online-users-count', null);
      expectThat(body.success === true && body.count === count, body);
    };
    // Asking leaves nothing that could be told.
    return { tellsOnline: () => counts(1), tellsAway: () => counts(1), tellsOffline: () => counts(0), tellsNothing: async () => {} };
  },
};

const native: Speaker = {
  actor(world, user, through) {
    let client: NativeClient;
    return {
      async online() {
        client = await world.native(user, { client: { platform: 'web' } }, through);
      },
      async away() {
        world.clock.advance(IDLE_MS);
        client.send({ type: 'activity', idleMs: IDLE_MS });
        await client.get();
      },
      async offline() {
        client.leave();
        await client.next('#close', { code: 1000 });
      },
      async signOfLife() {
        client.send({ type: 'activity', idleMs: 0 });
        await client.get();
      },
    };
  },
  async watcher(world, watched) {
    const client = await world.native('watcher', { watchOnly: true });
    await client.watch(watched);
    const told = (match: object) => client.next('presence', { id: watched, ...match });
    return {
      tellsOnline: async () => void (await told({ status: 'online', online: true })),
      tellsAway: async () => void (await told({ status: 'away', online: true })),
      async tellsOffline(lastSeenAt) {
        const record = await told({ status: 'offline', online: false });
        expectThat(isAbout(record.lastSeenAt, lastSeenAt), record);
      },
      tellsNothing: () => expectNothing(client, 'presence'),
    };
  },
};

export const SPEAKERS = {
  native,
  'smart-presence': smartPresence,
  'user-presence': userPresence,
  'presence-gateway': presenceGateway,
  'user-status': userStatus,
  'online-users': onlineUsers,
} as const satisfies Record<string, Speaker>;

export type SpeakerName = keyof typeof SPEAKERS;
export const SPEAKER_NAMES = Object.keys(SPEAKERS) as SpeakerName[];
