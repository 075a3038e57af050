import type { PresenceRecord, ServerFrame } from '@porchlight/protocol';
import type { Activity } from './activity.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { frameParts } from './frame-parts.ts';
import type { News, Update, WelcomeFrame } from './tab-messages.ts';

export interface HubParts extends Omit<ConnectionParts, 'resume' | 'onFrame' | 'onState'> {
  /** The session to take over. */
  welcome: WelcomeFrame | undefined;
  /** Every id of which a record is held. */
  known(): Iterable<string>;
  onNews(news: News): void;
}

interface Tab {
  readonly ids: Set<string>;
  inputAt: number;
  background: boolean;
}

/** How long tabs have to say what they want, after their leader changed, before watches that nobody wants are given up. */
const SETTLE_MS = 1_000;
/** How often a browser is told of changes when nobody looks at any of its tabs. */
const HIDDEN_FLUSH_MS = 5_000;
const AGAIN_MS = 1_000;

/**
 * The one connection of a browser and the tabs that share it: watches the union of what they want, and tells the server of the most active of
 * them. It compares what should be watched with what the server was asked for, and sends the difference.
 */
export class Hub {
  readonly connection: Connection;
  readonly #parts: HubParts;
  readonly #tabs = new Map<string, Tab>();
  /** What the server was asked to watch in this session. */
  readonly #onWire: Set<string>;
  /** Watch requests of this connection, with the ids they add. */
  readonly #asked = new Map<string, readonly string[]>();
  readonly #keepUntilAt: number;
  #welcome: WelcomeFrame | undefined;
  #requests = 0;
  #flushing = false;
  #screen: string | undefined;
  /** What the server last heard; undefined when it may remember another connection's. */
  #background: boolean | undefined;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#welcome = parts.welcome;
    this.#onWire = new Set(parts.known());
    this.#keepUntilAt = parts.clock.now() + SETTLE_MS;
    this.connection = new Connection({
      ...parts,
      resume: parts.welcome,
      onFrame: (frame) => this.#receive(frame),
      onState: (state) => {
        parts.onNews({ kind: 'state', state });
        if (state.name !== 'open') return;
        this.#report();
        this.#flush();
      },
    });
    parts.clock.after(SETTLE_MS, () => this.#flush());
  }

  /** Takes in what a tab wants. */
  update(name: string, { ids, add = [], remove = [], activity, frame, gone, leave }: Update): void {
    if (ids) this.#tabs.set(name, { ids: new Set(ids), inputAt: 0, background: true });
    const tab = this.#tabs.get(name);
    for (const id of add) tab?.ids.add(id);
    for (const id of remove) tab?.ids.delete(id);
    if (gone) this.#tabs.delete(name);
    else if (tab && activity) this.#active(tab, activity);
    if (gone || activity) this.#report();
    if (frame) this.connection.send(frame);
    if (leave) {
      this.connection.close({ type: 'leave' });
      this.#parts.onNews({ kind: 'signed-out' });
    } else this.#flushSoon();
  }

  #active(tab: Tab, { idleMs, background, screen }: Activity): void {
    tab.inputAt = this.#parts.clock.now() - idleMs;
    tab.background = background;
    this.#screen = screen ?? this.#screen;
  }

  /** The person is where the last input was, and looks at the page if any tab is in front. */
  #report(): void {
    const tabs = [...this.#tabs.values()];
    const thresholds = this.#welcome?.thresholds;
    if (!thresholds || tabs.length === 0) return;
    const background = tabs.every((tab) => tab.background);
    const idleMs = this.#parts.clock.now() - Math.max(...tabs.map((tab) => tab.inputAt));
    this.connection.send({ type: 'activity', idleMs, background, screen: this.#screen });
    if (background === this.#background) return;
    this.connection.send({ type: 'pace', flushMs: background ? Math.max(HIDDEN_FLUSH_MS, thresholds.flushMs) : thresholds.flushMs });
    this.#background = background;
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'welcome') this.#welcomed(frame);
    this.#parts.onNews({ kind: 'frame', frame });
    if (frame.type === 'snapshot' || frame.type === 'changes') this.#expect(frame.presences);
    if (frame.type !== 'error' && frame.type !== 'snapshot') return;
    const asked = this.#asked.get(frame.request ?? '') ?? [];
    if (frame.type === 'error' || frame.end) this.#asked.delete(frame.request ?? '');
    if (frame.type === 'error' && frame.retry === 'later') this.#askLater(asked, frame.retryAfterMs);
  }

  #askLater(ids: readonly string[], retryAfterMs = AGAIN_MS): void {
    this.#parts.clock.after(retryAfterMs, () => {
      for (const id of ids) this.#onWire.delete(id);
      this.#flush();
    });
  }

  #welcomed(frame: WelcomeFrame): void {
    this.#welcome = frame;
    this.#asked.clear();
    this.#background = frame.resumed ? undefined : false;
    // What was asked for as the link broke may never have arrived; what was answered did.
    const answered = new Set(frame.resumed ? this.#parts.known() : []);
    for (const id of this.#onWire) if (!answered.has(id)) this.#onWire.delete(id);
  }

  /** Somebody whom we gave up while the link was breaking is still watched: give up again. */
  #expect(presences: readonly PresenceRecord[]): void {
    const { size } = this.#onWire;
    for (const { id } of presences) this.#onWire.add(id);
    if (this.#onWire.size > size) this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { clock, onNews } = this.#parts;
    if (this.connection.state.name !== 'open' || !this.#welcome) return;
    const { limits, seq } = this.#welcome;
    const wanted = new Set<string>();
    for (const tab of this.#tabs.values()) for (const id of tab.ids) wanted.add(id);
    const remove = clock.now() < this.#keepUntilAt ? [] : [...this.#onWire].filter((id) => !wanted.has(id));
    for (const id of remove) this.#onWire.delete(id);
    const missing = [...wanted].filter((id) => !this.#onWire.has(id));
    const add = missing.slice(0, Math.max(0, limits.watchesMax - this.#onWire.size));
    for (const id of add) this.#onWire.add(id);
    this.#ask('remove', remove);
    this.#ask('add', add);
    if (remove.length > 0) onNews({ kind: 'forget', ids: remove });
    if (add.length === missing.length) return;
    const message = `More than ${limits.watchesMax} users.`;
    onNews({ kind: 'frame', frame: { type: 'error', seq, code: 'TOO_MANY_IDS', message, retry: 'changed' } });
  }

  #ask(kind: 'add' | 'remove', ids: readonly string[]): void {
    for (const part of frameParts(ids, (this.#welcome as WelcomeFrame).limits)) {
      const request = `w${++this.#requests}`;
      if (kind === 'add') this.#asked.set(request, part);
      this.connection.send({ type: 'watch', request, [kind]: part });
    }
  }
}
