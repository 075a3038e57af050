import { DIALECTS } from './dialects/index.js';
import { fetchToken } from './server.js';
import { readAccount } from './settings.js';

const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];
const MOMENT_MS = 6_000;
/** Frames that the server does not take for a sign of the person: they ask, or change settings, and a page does that by itself. */
const NO_ACTIVITY = /^(?:GET|PATCH|PUT|DELETE) |^(?:watch|getOnlineUsers)$/;
/** A token is not used in its last minute, in which it may end under way. */
const TOKEN_RESERVE_MS = 60_000;

/**
 * Somebody signed in on this page: what they do, how their line is, and how they see the others. Tells its listeners of every change.
 *
 * `line` is `joining`, `here`, `cut` (by the visitor, at `cutAt`), `lost` (comes back by itself at `retryAt`) or `left`.
 */
export class Person extends EventTarget {
  line = 'joining';
  cutAt = 0;
  retryAt = 0;
  availability = 'auto';
  text = '';
  inBackground = false;
  activeAt = Date.now();
  hidden = false;
  /** What the person decided about being seen: settings of the user, which every dialect shares. */
  rules = { onlineRule: 'everyone', lastSeenRule: 'everyone', coarseLastSeenRule: 'nobody' };
  contacts = new Set();
  blocked = new Set();
  /** How they see the others: `{online, tone, words(now)}` by id. */
  views = new Map();
  /** How many they are told are online, in the dialect that only counts. */
  count = undefined;
  /** Who is typing to them. */
  typers = new Set();
  /** Something worth a sentence for a moment: `{sentence, bad, until}`. */
  moment = undefined;
  #log;
  #retries = 0;
  #timer;
  #token;

  /** @param {{key: string, id: string, name: string, dialect: string}} who */
  constructor({ key, id, name, dialect }, log) {
    super();
    Object.assign(this, { key, id, name, dialect });
    this.#log = log;
    this.host = this.#makeHost();
    this.speaker = DIALECTS[dialect].speak(this.host);
  }

  async join() {
    this.#become('joining');
    try {
      await this.speaker.connect();
    } catch (error) {
      this.note('could not connect', error.message);
      if (error.code !== undefined) this.say(`${error.code}: ${error.message}`, true);
      this.#broken();
    }
  }

  /** The line goes, without a goodbye, and stays gone. */
  cut() {
    this.cutAt = Date.now();
    clearTimeout(this.#timer);
    this.#become('cut');
    this.speaker.cut();
  }

  leave() {
    clearTimeout(this.#timer);
    this.#become('left');
    this.speaker.leave();
  }

  /** Says a sentence about this person for a moment. */
  say(sentence, bad = false) {
    this.moment = { sentence, bad, until: Date.now() + MOMENT_MS };
    this.dispatchEvent(new Event('news'));
    this.changed();
  }

  note(event, payload) {
    this.#add('note', event, payload);
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }

  /** The side of the wire that the person's client talks to. */
  #makeHost() {
    return {
      id: this.id,
      name: this.name,
      deviceId: this.key,
      isHere: () => this.line === 'here',
      credentials: () => this.#credentials(),
      log: (direction, event, payload, quiet) => this.#add(direction, event, payload, quiet),
      // A session that goes on is still hidden if it was; a new one is shown.
      linked: (resumed = false) => {
        this.#retries = 0;
        this.inBackground = false;
        this.activeAt = Date.now();
        this.hidden &&= resumed;
        this.#become('here');
        void this.#readAccount();
      },
      broken: (retryAfterMs) => this.#broken(retryAfterMs),
      sees: (id, view) => {
        this.views.set(id, view);
        this.dispatchEvent(new CustomEvent('sees', { detail: id }));
        this.changed();
      },
      refused: (code, message) => this.say(`The server refused: ${code}. ${message}`, true),
      counted: (count) => {
        this.count = count;
        this.changed();
      },
      typed: (from, isTyping) => {
        if (isTyping) this.typers.add(from);
        else this.typers.delete(from);
        this.changed();
      },
    };
  }

  async #credentials() {
    if (this.#token === undefined || (this.#token.expiresAt ?? Number.POSITIVE_INFINITY) - TOKEN_RESERVE_MS < Date.now())
      this.#token = await fetchToken(this.id, this.name);
    const { token } = this.#token;
    return token === null ? { userId: this.id } : { token };
  }

  // What was decided before a reload, or on another device, still holds.
  async #readAccount() {
    try {
      const { settings, contacts, blocks } = await readAccount(this.host);
      this.availability = settings.availability;
      this.text = settings.text ?? '';
      this.rules = settings;
      this.contacts = new Set(contacts);
      this.blocked = new Set(blocks);
      this.changed();
    } catch (error) {
      this.note('account not read', error.message);
    }
  }

  #add(direction, event, payload, quiet) {
    if (direction === 'out' && quiet !== true && !NO_ACTIVITY.test(event)) this.activeAt = Date.now();
    this.#log.add({ person: this.id, dialect: this.dialect, direction, event, payload, quiet });
  }

  #become(line) {
    this.line = line;
    this.moment = undefined;
    this.typers.clear();
    this.dispatchEvent(new Event('news'));
    this.changed();
  }

  // Whoever was cut off by the visitor stays away; everybody else comes back, later each time, and not all at the same moment.
  #broken(retryAfterMs) {
    if (this.line === 'cut' || this.line === 'left') return;
    const delayMs = retryAfterMs ?? RETRY_MS[Math.min(this.#retries, RETRY_MS.length - 1)] * (0.75 + Math.random() / 2);
    this.#retries += 1;
    // A server that came back may have another secret.
    this.#token = undefined;
    this.retryAt = Date.now() + delayMs;
    this.#become('lost');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.join(), delayMs);
  }
}
