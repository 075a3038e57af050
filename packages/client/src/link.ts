import type { PresenceRecord } from '@porchlight/protocol';
import type { Clock } from './clock.ts';
import type { Environment } from './environment.ts';
import type { Hub } from './hub.ts';
import type { News, Update, WelcomeFrame } from './tab-messages.ts';
import type { TokenSource } from './token.ts';

/** The page itself, as its link needs to know it. */
export interface Page {
  /** The session as this page knows it, with the `seq` of the last frame it heard. */
  welcome(): WelcomeFrame | undefined;
  /** All that it wants. */
  needs(): Update;
  /** All records that it has, by user. */
  all(): ReadonlyMap<string, PresenceRecord>;
  /** All that it knows, for another tab. */
  handOver(): News;
  isLookedAt(): boolean;
  /** The server's time in epoch milliseconds. */
  now(): number;
  hear(news: News): void;
}

/** The way of a page to the server: a connection of its own, or one that is shared with other tabs. */
export interface Link {
  /** Says what this page wants; a link asks for all of it when it begins. */
  update(update: Update): void;
  /** The network or the page came back. */
  wake(): void;
  /** The page will run no code for a while. */
  freeze(): void;
  /** After `freeze`. */
  resume(): void;
  /** The page takes no part any more; `closing` when it goes away itself. */
  stop(closing: boolean): void;
}

export interface LinkParts {
  /** Unique among the tabs of a browser. */
  id: string;
  clock: Clock;
  page: Page;
  /** Where the server is, as the app says it. */
  url: string;
  tokens: TokenSource;
  environment: Environment;
  /** That option of a presence. */
  share: boolean | string;
  /** How long to wait after so many failures in a row. */
  retryMs(failures: number): number;
  /** Makes a connection that takes over the session that the page knows, if it knows one. */
  makeHub(onNews: (news: News) => void): Hub;
}

/** A connection of one's own. */
function openLink({ id, page, makeHub }: LinkParts): Link {
  const hub = makeHub(page.hear);
  hub.update(id, page.needs());
  void hub.connection.connect();
  return {
    update: (update) => hub.update(id, update),
    wake: () => hub.connection.wake(),
    freeze: () => hub.report(true),
    resume() {},
    stop: (closing) => hub.connection.close(closing ? { type: 'closing' } : undefined),
  };
}

/** Finds out how to open a link to the server; gives up, with an answer of no meaning, when it is not wanted any more. */
export async function findLink(parts: LinkParts, isWanted: () => boolean): Promise<() => Link> {
  const { share, environment } = parts;
  // Without the code for sharing, as when it cannot be loaded, every tab has a connection of its own.
  const tabs = share && environment.sharing && (await import('./find-tabs.ts').catch(() => undefined));
  return (tabs && (await tabs.findTabs(parts, isWanted))) || (() => openLink(parts));
}
