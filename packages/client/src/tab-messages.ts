import type { ServerFrame } from '@porchlight/protocol';
import type { Activity } from './activity.ts';
import type { ConnectionState } from './connection.ts';
import type { OutgoingFrame } from './outgoing-frame.ts';
import type { Told } from './presence-store.ts';

export type WelcomeFrame = Extract<ServerFrame, { type: 'welcome' }>;

/** What a tab asks of the connection that it shares; any of it may be absent. */
export interface Update {
  /** All ids that it wants to watch. */
  ids?: readonly string[];
  /** Ids that it wants more, or no longer. */
  add?: readonly string[];
  remove?: readonly string[];
  activity?: Activity;
  frame?: OutgoingFrame;
  /** The tab goes. */
  gone?: true;
  /** The user signs out, in all tabs. */
  leave?: true;
}

/** What a connection tells the tabs that share it. */
export type News =
  | { kind: 'frame'; frame: ServerFrame }
  | { kind: 'state'; state: ConnectionState }
  /** These are not watched any more: what is known of them grows old. */
  | { kind: 'forget'; ids: readonly string[] }
  | { kind: 'signed-out' }
  /** All that the leader knows, for a tab that joins. `now` is the server's time, `welcome.seq` that of the last frame. */
  | { kind: 'all'; welcome: WelcomeFrame | undefined; now: number; state: ConnectionState; told: Told[] };

/** What tabs say to one another; `from` is the id of the tab that says it. */
export type TabMessage = { from: string } & (
  | { kind: 'update'; update: Update }
  /** Answered by `news` of all, or by `here` if the tab has heard this session's frames all along. */
  | { kind: 'join'; update: Update; session: string | undefined }
  /** Answered by `here`. */
  | { kind: 'ask' | 'here' | 'lead' }
  /** For one tab, or for all. */
  | { kind: 'news'; news: News; to?: string }
);
