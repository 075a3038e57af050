import type { PresenceRecord, ServerFrame } from '@porchlight/protocol';
import { Connection, type ConnectionParts, type ConnectionState } from './connection.ts';
import { frameParts } from './frame-parts.ts';
import type { Page } from './link.ts';
import type { News, Update, WelcomeFrame } from './tab-messages.ts';

export interface HubParts extends Omit<ConnectionParts, 'resume' | 'onFrame' | 'onState'> {
  /** The session to take over. */
  welcome: WelcomeFrame | undefined;
  page: Page;
  onNews(news: News): void;
}

/**
 * The one connection of a browser and the tabs that share it: watches the union of what they want, and tells the server of the most active of
 * them. It compares what should be watched with what the server was asked for, and sends the difference.
 */
export interface Hub {
  readonly connection: Connection;
  /** Takes in what a tab wants. */
  update(name: string, update: Update): void;
  /**
   * Says that the person is where the last input was, and looks at the page if any tab is in front. With `now` that none is is told at once, for
   * no code may run later.
   */
  report(now?: boolean): void;
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
/** Going to another tab, or another app for a moment, is not being away: every tab has to be hidden for this long before that is told. */
const BACKGROUND_AFTER_MS = 1_500;

export function createHub(parts: HubParts): Hub {
  const { clock, page, onNews } = parts;
  const tabs = new Map<string, Tab>();
  /** What the server was asked to watch in this session. */
  const onWire = new Set<string>(page.all().keys());
  const beganAt = clock.now();
  let { welcome } = parts;
  let requests = 0;
  let screen: string | undefined;
  /** What the server last heard; undefined when it may remember another connection's. */
  let toldBackground: boolean | undefined;
  /** Since when no tab is in front; Infinity while one is. */
  let hiddenAt = beganAt;
  let cancelReport = () => {};

  const connection = new Connection({
    ...parts,
    resume: welcome,
    onFrame: receive,
    onState(state: ConnectionState) {
      onNews({ kind: 'state', state });
      if (state.name !== 'open') return;
      report();
      flush();
    },
  });
  clock.after(SETTLE_MS, flush);
  return { connection, update, report };

  function update(name: string, { ids, add = [], remove = [], activity, frame, gone, leave }: Update) {
    if (ids) tabs.set(name, { ids: new Set(ids), inputAt: 0, background: true });
    const tab = tabs.get(name);
    for (const id of add) tab?.ids.add(id);
    for (const id of remove) tab?.ids.delete(id);
    if (gone) tabs.delete(name);
    else if (tab && activity) {
      tab.inputAt = clock.now() - activity.idleMs;
      tab.background = activity.background;
      screen = activity.screen ?? screen;
    }
    if (gone || activity) report();
    if (frame) connection.send(frame);
    if (leave) {
      connection.close({ type: 'leave' });
      onNews({ kind: 'signed-out' });
    } else flush();
  }

  function report(now = false) {
    const all = [...tabs.values()];
    const thresholds = welcome?.thresholds;
    const background = all.every((tab) => tab.background);
    hiddenAt = background ? Math.min(hiddenAt, clock.now()) : Number.POSITIVE_INFINITY;
    cancelReport();
    if (!thresholds || all.length === 0) return;
    const waitMs = hiddenAt + BACKGROUND_AFTER_MS - clock.now();
    if (background && waitMs > 0 && !now) {
      cancelReport = clock.after(waitMs, report);
      return;
    }
    const idleMs = clock.now() - Math.max(...all.map((tab) => tab.inputAt));
    connection.send({ type: 'activity', idleMs, background, screen });
    if (background === toldBackground) return;
    connection.send({ type: 'pace', flushMs: background ? Math.max(HIDDEN_FLUSH_MS, thresholds.flushMs) : thresholds.flushMs });
    toldBackground = background;
  }

  function receive(frame: ServerFrame) {
    if (frame.type === 'welcome') {
      welcome = frame;
      toldBackground = frame.resumed ? undefined : false;
      keepAnswered(frame.resumed);
    }
    onNews({ kind: 'frame', frame });
    if (frame.type === 'snapshot' || frame.type === 'changes') expect(frame.presences);
    if (frame.type !== 'error' || frame.retry !== 'later') return;
    clock.after(frame.retryAfterMs ?? AGAIN_MS, () => {
      keepAnswered(true);
      flush();
    });
  }

  /** What was asked for as the link broke, or was refused, may never have arrived: it is asked for again. What was answered did. */
  function keepAnswered(resumed: boolean) {
    const known = page.all();
    for (const id of onWire) if (!resumed || !known.has(id)) onWire.delete(id);
  }

  /** Somebody whom we gave up while the link was breaking is still watched: give up again. */
  function expect(presences: readonly PresenceRecord[]) {
    const { size } = onWire;
    for (const { id } of presences) onWire.add(id);
    if (onWire.size > size) flush();
  }

  function flush() {
    if (connection.state.name !== 'open' || !welcome) return;
    const { limits, seq } = welcome;
    const wanted = new Set([...tabs.values()].flatMap((tab) => [...tab.ids]));
    const remove = clock.now() < beganAt + SETTLE_MS ? [] : [...onWire].filter((id) => !wanted.has(id));
    for (const id of remove) onWire.delete(id);
    const missing = [...wanted].filter((id) => !onWire.has(id));
    const add = missing.slice(0, Math.max(0, limits.watchesMax - onWire.size));
    for (const id of add) onWire.add(id);
    ask('remove', remove);
    ask('add', add);
    if (remove.length > 0) onNews({ kind: 'forget', ids: remove });
    if (add.length === missing.length) return;
    const message = `More than ${limits.watchesMax} users.`;
    onNews({ kind: 'frame', frame: { type: 'error', seq, code: 'TOO_MANY_IDS', message, retry: 'changed' } });
  }

  function ask(kind: 'add' | 'remove', ids: readonly string[]) {
    for (const part of frameParts(ids, (welcome as WelcomeFrame).limits))
      connection.send({ type: 'watch', request: `w${++requests}`, [kind]: part });
  }
}
