import type { Availability, PresenceRecord, ServerFrame } from '@porchlight/protocol';
import { type ActivityWatch, createActivityWatch, reportIntervalMs } from './activity.ts';
import { socketAddress } from './address.ts';
import { detectEnvironment } from './browser-environment.ts';
import { type Clock, createSystemClock } from './clock.ts';
import type { ConnectionState } from './connection.ts';
import type { Environment, Signal } from './environment.ts';
import { createHub } from './hub.ts';
import { findLink, type Link, type LinkParts, type Page } from './link.ts';
import { notify } from './notify.ts';
import { ENDED } from './presence-error.ts';
import type { PresenceOptions } from './presence-options.ts';
import { createPresenceStore, type PresenceStore, told } from './presence-store.ts';
import { createRequests, type Requests } from './requests.ts';
import { retryDelayMs } from './retry-delay.ts';
import { createServerTime, type ServerTime } from './server-time.ts';
import type { News, WelcomeFrame } from './tab-messages.ts';
import { createTokenSource, type TokenSource } from './token.ts';
import { createWatchList, type WatchList } from './watch-list.ts';

const SUSPECT_AFTER_MS = 5_000;

/** One user's view of who is there. Made by `createPresence`. */
export class Presence {
  readonly clock: Clock;
  readonly #options: PresenceOptions;
  readonly #environment: Environment;
  readonly #tokens: TokenSource;
  readonly #time: ServerTime;
  readonly #store: PresenceStore;
  readonly #watches: WatchList;
  readonly #activity: ActivityWatch;
  readonly #requests: Requests;
  readonly #linkParts: LinkParts;
  #link: Link | undefined;
  readonly #subscribers = new Set<() => void>();
  #state: ConnectionState = { name: 'closed' };
  #welcome: WelcomeFrame | undefined;
  #seq = 0;
  #on = false;
  /** Counts beginnings, so that what an earlier one waited for is dropped. */
  #turn = 0;
  #cancelSuspicion: (() => void) | undefined;
  #unlisten = () => {};

  constructor(options: PresenceOptions) {
    const { clock = createSystemClock(), environment = detectEnvironment(), initial = [], share = true, watchOnly } = options;
    this.#options = options;
    this.clock = clock;
    this.#environment = environment;
    this.#tokens = createTokenSource(options.token);
    this.#time = createServerTime(clock);
    this.#store = createPresenceStore((ids) => {
      this.#watches.tell(ids);
      notify(this.#subscribers);
    });
    this.#watches = createWatchList(clock, (add, remove) => this.#link?.update({ add, remove }));
    this.#activity = createActivityWatch(
      clock,
      () => reportIntervalMs(this.#welcome?.thresholds.awayAfterMs),
      (activity) => this.#link?.update({ activity }),
    );
    const id = environment.random().toString(36).slice(2, 10);
    this.#requests = createRequests(id, (frame) => this.#link?.update({ frame }));
    const page = this.#page();
    const parts = { clock, environment, page, share, url: options.url, watchOnly, time: this.#time, tokens: this.#tokens };
    this.#linkParts = {
      ...parts,
      id,
      retryMs: (failures) => retryDelayMs(failures, undefined, environment.random),
      makeHub: (onNews) => createHub({ ...parts, url: socketAddress(options.url), welcome: page.welcome(), onNews }),
    };
    this.#store.accept(initial.map((record) => [record, Number.NEGATIVE_INFINITY]));
    if (options.autoConnect !== false) this.connect();
  }

  /** How the link to the server is; the same object until it changes. */
  get connection(): ConnectionState {
    return this.#state;
  }

  /** Who this is, once the server said so. */
  get userId(): string | undefined {
    return this.#welcome?.user;
  }

  /** The server's time in epoch milliseconds. */
  now(): number {
    return this.#time.now();
  }

  /** Whether this page is in front. */
  get isLookedAt(): boolean {
    return !this.#activity.current().background;
  }

  /** What is known of somebody who is watched; undefined until the server said. The same object until it changes. */
  get(id: string): PresenceRecord | undefined {
    return this.#store.get(id);
  }

  /** Everybody who is known; the same object until somebody changes. */
  all(): ReadonlyMap<string, PresenceRecord> {
    return this.#store.all();
  }

  /** Keeps these users up to date, and calls `listener` with the id of one that changed, until the returned function is called. */
  watch(ids: Iterable<string>, listener?: (id: string) => void): () => void {
    return this.#watches.watch(ids, listener);
  }

  /** Calls `listener` whenever the connection, any record, the idea of the time, or whether the page is in front changed; until the returned function is called. */
  subscribe(listener: () => void): () => void {
    const call = () => listener();
    this.#subscribers.add(call);
    return () => void this.#subscribers.delete(call);
  }

  /** Asks for records once, without watching. Rejects with a PresenceError. Waits while the link is down. */
  fetch(ids: readonly string[]): Promise<PresenceRecord[]> {
    return this.#requests.ask((request) => ({ type: 'get', request, ids: [...ids] }));
  }

  /** What to be shown as; `text` beside it; `forMs` ends both by itself. Resolves when it is stored; rejects with a PresenceError. */
  async setStatus(availability: Availability, { text, forMs }: { text?: string | null; forMs?: number } = {}): Promise<void> {
    await this.#requests.ask((request) => ({
      type: 'status',
      request,
      availability,
      text,
      forMs,
    }));
  }

  /** The person did something, and looks at this screen if one is named. In a browser only screens need to be told. */
  setActivity({ screen }: { screen?: string } = {}): void {
    this.#activity.look(screen);
  }

  /** Where the server is, and a token for it that lasts for now: for requests to its HTTP API. Rejects as the app's token function does. */
  async access(): Promise<{ url: string; token: string }> {
    return { url: this.#options.url, token: await this.#tokens.get(this.now()) };
  }

  /** Connects, or tries again after the server refused. Throws TypeError for a url that is none. */
  connect(): void {
    if (this.#on && this.#state.name !== 'closed') return;
    socketAddress(this.#options.url);
    this.#unlink(false);
    if (!this.#on) this.#unlisten = this.#environment.listen((signal) => this.#hear(signal));
    this.#on = true;
    void this.#begin();
  }

  /** This page takes no part any more. The user's other tabs stay; without any the user is offline after a short grace. */
  close(): void {
    this.#end();
    this.#unlink(true);
    this.#enter({ name: 'closed' });
    this.#cancelSuspicion?.();
    this.#store.suspect(true);
  }

  /** Ends the user's session at once, in all tabs that share it; while the link is down, or after `close`, the server ends it after its grace. */
  signOut(): void {
    if (this.#link) this.#link.update({ leave: true });
    else this.#learn({ kind: 'signed-out' });
  }

  #end(): void {
    this.#turn++;
    this.#on = false;
    this.#unlisten();
    this.#activity.stop();
  }

  /** In a moment: a component that is mounted, unmounted and mounted again must not connect twice. */
  async #begin(): Promise<void> {
    const turn = ++this.#turn;
    this.#enter({ name: 'connecting' });
    const open = await findLink(this.#linkParts, () => turn === this.#turn);
    if (turn === this.#turn) this.#link = open();
  }

  #unlink(closing: boolean): void {
    const link = this.#link;
    this.#link = undefined;
    link?.stop(closing);
  }

  #hear(signal: Signal): void {
    this.#activity.hear(signal);
    if (signal === 'shown' || signal === 'hidden') notify(this.#subscribers);
    if (signal === 'shown' || signal === 'online' || signal === 'offline') this.#link?.wake();
    else if (signal === 'frozen') this.#link?.freeze();
    else if (signal === 'closing') {
      this.#turn++;
      this.#unlink(true);
      // Unless it comes back out of the back/forward cache.
      this.#enter({ name: 'closed' });
    } else if (signal === 'resumed') {
      if (this.#state.name === 'closed' && !this.#state.failure) void this.#begin();
      else this.#link?.resume();
    }
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    if (state.name === 'open') {
      this.#cancelSuspicion?.();
      this.#cancelSuspicion = undefined;
      this.#requests.again();
    } else if (!this.#cancelSuspicion) {
      const { suspectAfterMs = SUSPECT_AFTER_MS } = this.#options;
      this.#cancelSuspicion = this.clock.after(suspectAfterMs, () => this.#store.suspect(true));
    }
    if (state.name === 'closed') this.#requests.fail(state.failure ?? ENDED);
    notify(this.#subscribers);
  }

  #receive(frame: ServerFrame): void {
    this.#seq = frame.seq;
    switch (frame.type) {
      case 'welcome':
        this.#welcome = frame;
        this.#hearTime(frame.now);
        if (frame.resumed) this.#store.suspect(false);
        else this.#store.newEra();
        return;
      case 'snapshot':
      case 'changes':
        this.#time.hear(frame.at);
        return this.#store.accept(frame.presences.map((record) => told(record, frame.at)));
      case 'ping':
        return this.#hearTime(frame.now);
      case 'ok':
      case 'presences':
        return void this.#requests.settle(frame);
      case 'error':
        if (!this.#requests.settle(frame) && frame.retry !== 'later') notify([this.#options.onError ?? (() => {})], frame);
    }
  }

  #page(): Page {
    const welcome = () => this.#welcome && { ...this.#welcome, seq: this.#seq };
    return {
      welcome,
      needs: () => ({ ids: this.#watches.ids(), activity: this.#activity.current() }),
      all: () => this.#store.all(),
      handOver: () => ({ kind: 'all', welcome: welcome(), now: this.now(), state: this.#state, told: this.#store.told() }),
      isLookedAt: () => this.isLookedAt,
      now: () => this.now(),
      hear: (news) => this.#learn(news),
    };
  }

  #learn(news: News): void {
    switch (news.kind) {
      case 'frame':
        return this.#receive(news.frame);
      case 'state':
        return this.#enter(news.state);
      case 'forget':
        return this.#store.forget(news.ids);
      case 'all':
        this.#welcome = news.welcome;
        this.#seq = news.welcome?.seq ?? 0;
        this.#hearTime(news.now);
        this.#store.newEra();
        this.#store.accept(news.told);
        return this.#enter(news.state);
      case 'signed-out':
        this.#end();
        this.#unlink(false);
        this.#welcome = undefined;
        this.#store.forget([...this.#store.all().keys()]);
        return this.#enter({ name: 'closed' });
    }
  }

  #hearTime(now: number): void {
    if (this.#time.hear(now, true)) notify(this.#subscribers);
  }
}
