import { awaitLock, Election, holdLock } from './election.ts';
import type { Channel, Sharing } from './environment.ts';
import type { Hub } from './hub.ts';
import type { Link, LinkParts } from './link.ts';
import type { News, TabMessage, Update } from './tab-messages.ts';

/*
 * One connection a browser. Every tab asks for the same lock; who holds it leads: it has the connection, and posts all news of it on a
 * channel, so that all tabs hold the same records and the session's secret. The others post what they want. When the leader goes, the
 * browser gives the lock to the next, which resumes the session with that secret: the server sees one client whose link broke.
 *
 *   following  In line for the lock. A leader, if there is one, answers `join`. While this page is looked at, it asks every 5 s whether the
 *              leader lives; 1 s without an answer and it takes the lock by force: a page can be stuck, and still hold it.
 *   leading    Holds the lock until the page closes, is frozen, is robbed, or is refused by the server for good; then it leaves the line.
 *   away       The page is frozen, closing or stopped: it is not even in line, for a lock given to it would serve nobody.
 *
 * This file is loaded on demand, where a browser has locks and channels.
 */

// `from` is added when it is posted.
type Unsigned<Message> = Message extends unknown ? Omit<Message, 'from'> : never;

const ASK_MS = 5_000;
const ANSWER_MAX_MS = 1_000;

export class Tabs implements Link {
  readonly #parts: LinkParts;
  readonly #key: string;
  readonly #election: Election;
  #sharing: Sharing | undefined;
  #channel: Channel | undefined;
  #leader: string | undefined;
  /** The connection, while this tab leads. */
  #hub: Hub | undefined;
  /** The connection of a page that was frozen as it led: kept, for perhaps nobody took over. */
  #parked: Hub | undefined;
  #away = false;
  /** It would lead if it could. */
  #inLine = false;
  #asking = false;
  #leaving = false;
  #cancelAsk = () => {};
  /** Ends the lock that shows the others that this tab lives, and the waits for those of others. */
  readonly #living = new AbortController();
  #watching = new AbortController();

  /** `key` names those who share: the same user of the same server. */
  constructor(parts: LinkParts, sharing: Sharing, key: string) {
    this.#parts = parts;
    this.#sharing = sharing;
    this.#key = `porchlight ${key}`;
    this.#election = new Election({
      locks: sharing.locks,
      name: this.#key,
      won: () => this.#lead(),
      robbed: () => this.#robbed(),
      unavailable: () => this.#alone(),
    });
    this.#channel = sharing.channel(this.#key);
    this.#channel.onmessage = ({ data }) => this.#away || this.#hear(data as TabMessage);
    // First its own lock: a leader that finds it free takes this tab for gone.
    void holdLock(sharing.locks, `${this.#key} ${parts.id}`, this.#living.signal, () => this.#enterRace());
  }

  update(update: Update): void {
    if (update.leave) this.#leaving = true;
    if (this.#hub) return this.#hub.update(this.#parts.id, update);
    this.#post({ kind: 'update', update });
    this.#ask();
  }

  wake(): void {
    this.#hub?.connection.wake();
    this.#ask();
  }

  freeze(): void {
    this.#hub?.report(true);
    this.#parked = this.#hub ?? this.#parked;
    this.#stepAside();
  }

  resume(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#enterRace();
  }

  stop(closing: boolean): void {
    if (!this.#hub) this.#post({ kind: 'update', update: { gone: true } });
    const hub = this.#hub ?? this.#parked;
    this.#parked = undefined;
    this.#stepAside();
    hub?.connection.close(closing ? { type: 'closing' } : undefined);
    this.#living.abort();
    this.#channel?.close();
    this.#channel = undefined;
  }

  #robbed(): void {
    this.#follow(undefined);
    this.#join();
  }

  /** The browser has no lock for this page. */
  #alone(): void {
    this.#channel?.close();
    this.#channel = this.#sharing = undefined;
    this.#lead();
  }

  #enterRace(): void {
    this.#getInLine();
    this.#join();
  }

  #getInLine(): void {
    this.#inLine = true;
    void this.#election.run();
  }

  /** `session` is the one whose frames it has heard all along; without it, it asks for everything. */
  #join(session?: string): void {
    this.#post({ kind: 'join', update: this.#parts.page.needs(), session });
    this.#ask();
  }

  #lead(): void {
    const { page } = this.#parts;
    const kept = this.#parked?.connection.state.name === 'open' ? this.#parked : undefined;
    if (!kept) this.#parked?.connection.close();
    this.#parked = undefined;
    this.#leader = this.#parts.id;
    this.#rest();
    const hub = kept ?? this.#makeHub();
    this.#hub = hub;
    this.#post({ kind: 'lead' });
    hub.update(this.#parts.id, page.needs());
    if (kept) page.hear({ kind: 'state', state: kept.connection.state });
    else void hub.connection.connect();
  }

  #makeHub(): Hub {
    // A page that was frozen as it led is told no more: somebody else may have resumed its session.
    const hub: Hub = this.#parts.makeHub((news) => hub === this.#hub && this.#tell(news));
    return hub;
  }

  #tell(news: News): void {
    const post = () => this.#post({ kind: 'news', news });
    // What this page cannot make sense of is not passed on; but of the end the others are told before this page takes no part any more.
    if (news.kind !== 'frame') post();
    this.#parts.page.hear(news);
    if (news.kind === 'frame') post();
    if (news.kind !== 'state') return;
    if (this.#leaving && news.state.name === 'open') return this.update({ leave: true });
    // Another tab may have a token that is good.
    if (news.state.name === 'closed' && news.state.failure && this.#sharing) this.#retire();
  }

  #retire(): void {
    this.#inLine = false;
    this.#hub = this.#leader = undefined;
    this.#rest();
    this.#watching.abort();
    this.#election.withdraw();
  }

  #stepAside(): void {
    this.#away = true;
    this.#retire();
  }

  /** Somebody else leads. */
  #follow(leader: string | undefined): void {
    const hub = this.#hub;
    this.#hub = undefined;
    this.#leader = leader;
    this.#parked?.connection.close();
    this.#parked = undefined;
    hub?.connection.close();
    if (hub) this.#watching.abort();
    if (hub || !this.#inLine) this.#getInLine();
  }

  #hear(message: TabMessage): void {
    const { page } = this.#parts;
    const { from, kind } = message;
    if (kind === 'lead') {
      this.#follow(from);
      this.#join(page.welcome()?.session);
    } else if (this.#hub) this.#serve(message, this.#hub);
    else if (kind === 'news' && message.to === this.#parts.id) this.#follow(from);
    if (from !== this.#leader) return;
    this.#rest();
    this.#alarm(ASK_MS, () => this.#ask());
    if (kind === 'news' && (message.to ?? this.#parts.id) === this.#parts.id) page.hear(message.news);
  }

  #serve(message: TabMessage, hub: Hub): void {
    const { page } = this.#parts;
    const { from, kind } = message;
    if (kind === 'update') hub.update(from, message.update);
    else if (kind === 'ask') this.#post({ kind: 'here' });
    else if (kind === 'join') {
      const knowsAll = message.session && message.session === page.welcome()?.session;
      this.#post(knowsAll ? { kind: 'here' } : { kind: 'news', to: from, news: page.handOver() });
      hub.update(from, message.update);
      this.#watch(from, hub);
    }
  }

  /** Notices when a tab is gone, however it went. */
  #watch(tab: string, hub: Hub): void {
    if (this.#watching.signal.aborted) this.#watching = new AbortController();
    const { signal } = this.#watching;
    if (this.#sharing) void awaitLock(this.#sharing.locks, `${this.#key} ${tab}`, signal, () => hub.update(tab, { gone: true }));
  }

  #post(message: Unsigned<TabMessage>): void {
    this.#channel?.postMessage({ ...message, from: this.#parts.id });
  }

  #ask(): void {
    if (this.#away || this.#asking || !this.#inLine || this.#hub || !this.#parts.page.isLookedAt()) return;
    this.#asking = true;
    this.#post({ kind: 'ask' });
    this.#alarm(ANSWER_MAX_MS, () => {
      this.#asking = false;
      void this.#election.run(true);
    });
  }

  #rest(): void {
    this.#asking = false;
    this.#cancelAsk();
  }

  #alarm(ms: number, ring: () => void): void {
    this.#cancelAsk();
    this.#cancelAsk = this.#parts.clock.after(ms, ring);
  }
}
