import type { ClientDescription } from '@porchlight/protocol';

/** A WebSocket, by what is used of it: the browser's, React Native's, Node's own or that of the `ws` package. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code: number): void;
}

/**
 * What the surroundings tell of: `input` of the person; the page being `shown` or `hidden`, `frozen` or `resumed` (no code runs between
 * the two), or `closing` for good as far as it knows; the network coming (`online`) or going (`offline`).
 */
export type Signal = 'input' | 'shown' | 'hidden' | 'frozen' | 'resumed' | 'closing' | 'online' | 'offline';

/** Web Locks, by what is used of them. */
export interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    granted: () => Promise<void> | undefined | void,
  ): Promise<unknown>;
}

/** A BroadcastChannel, by what is used of it. */
export interface Channel {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** How the pages of one browser find each other. */
export interface Sharing {
  locks: Locks;
  channel(name: string): Channel;
}

/** Everything that differs between a browser, Node and React Native. */
export interface Environment {
  /** Opens a socket; may throw. */
  open(url: string, protocol: string): Socket;
  /** Tells of signals until the function that it returns is called; where there is no page, of none. */
  listen(hear: (signal: Signal) => void): () => void;
  /** 0 to 1, for jitter and for names. */
  random(): number;
  /** Absent where every page has a connection of its own. */
  sharing?: Sharing | undefined;
  /** What the server is told of this client; `id` is the same whenever this device returns. */
  device: { id?: string | undefined; description: ClientDescription };
}

const openSocket = (url: string, protocol: string): Socket => new WebSocket(url, protocol) as Socket;

/** Plain Node (22 or later), a worker, or anything with a WebSocket: always in front, never idle, alone. Any part can be replaced. */
export function plainEnvironment(replaced: Partial<Environment> = {}): Environment {
  return { open: openSocket, listen: () => () => {}, random: Math.random, device: { description: { platform: 'node' } }, ...replaced };
}

/** The part of React Native's `AppState` that is used. */
export interface AppStateLike {
  readonly currentState: string;
  addEventListener(type: 'change', listener: (state: string) => void): { remove(): void };
}

/** React Native: `reactNativeEnvironment(AppState, Platform.OS)`. Report touches with `presence.setActivity()`. */
export function reactNativeEnvironment(appState: AppStateLike, platform: string, deviceId?: string): Environment {
  return plainEnvironment({
    listen(hear) {
      const tell = (state: string) => {
        hear(state === 'active' ? 'shown' : 'hidden');
        if (state === 'active') hear('input');
      };
      const subscription = appState.addEventListener('change', tell);
      if (appState.currentState !== 'active') tell(appState.currentState);
      return () => subscription.remove();
    },
    device: { id: deviceId, description: { platform } },
  });
}
