import type { EngineEvent } from '@porchlight/engine';
import { type Connection, identityOf, type Link, native, type PresenceNode, type z } from '@porchlight/server';
import { sample } from '../paired/sample.ts';
import type { Random } from '../random.ts';
import { SIMULATED_DIALECTS } from '../simulation/simulated-process.ts';

/** Somebody at a screen: a user, and a connection or none. */
interface Place {
  user: string;
  connection: Connection | undefined;
  /** Its link broke, and it may come back to the same session. */
  isCut: boolean;
}

const DIALECTS = SIMULATED_DIALECTS.filter(({ hears }) => Object.keys(hears).length > 0);
/** Words that end a connection or need a token; what they do is done here in other ways. */
const WITHOUT = ['token', 'leave', 'session:leaving'];
/** Whom a client asks about or watches at once. */
const NAMED = 6;

/** Takes everything, and passes it on to nobody. */
const linkOfNobody = (): Link => ({
  transport: 'simulated',
  encoding: 'simulated',
  bufferedBytes: () => 0,
  say: (messages) => void JSON.stringify(messages),
  encode: (message) => JSON.stringify(message),
  tell: () => {},
  close: () => {},
});

/** People who come, speak, are lost, come back, change their minds and go. As time goes by they are other people. */
export class Crowd {
  /** What happened, by kind. */
  readonly counts = new Map<string, number>();
  readonly #node: PresenceNode;
  readonly #random: Random;
  readonly #places: Place[];
  #newest: number;

  constructor(node: PresenceNode, random: Random, size: number) {
    this.#node = node;
    this.#random = random;
    this.#places = Array.from({ length: size }, (_, index) => ({ user: `person ${index}`, connection: undefined, isCut: false }));
    this.#newest = size;
  }

  /** One transition of somebody. */
  async act(): Promise<void> {
    const place = this.#random.pick(this.#places);
    const kind = this.#random.next();
    if (place.connection === undefined || place.connection.closed) {
      if (kind < 0.02) this.#replace(place);
      if (kind < 0.8) await this.#connect(place);
      else await this.#lease(place, kind < 0.9);
    } else if (place.isCut) this.#comeBack(place);
    else if (kind < 0.1) this.#part(place, 'left');
    else if (kind < 0.2) this.#part(place, 'lost');
    else if (kind < 0.35) this.#cut(place);
    else if (kind < 0.4) await this.#settings(place);
    else this.#speak(place);
  }

  /** Everybody goes. */
  leave(): void {
    for (const place of this.#places) if (place.connection !== undefined) this.#part(place, 'left');
  }

  #count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  #replace(place: Place): void {
    place.user = `person ${this.#newest}`;
    this.#newest += 1;
  }

  async #connect(place: Place): Promise<void> {
    this.#count('connect');
    const dialect = this.#random.pick(DIALECTS);
    place.isCut = false;
    place.connection = await this.#node.gateway.connect({
      link: linkOfNobody(),
      identity: identityOf(place.user),
      dialects: [dialect],
      address: '10.0.0.1',
      deviceKey: this.#random.chance(0.5) ? `${place.user} device` : null,
      details: { platform: this.#random.pick(['web', 'ios', 'android']) },
    });
    if (dialect === native) this.#say(place.connection, 'watch', { set: this.#others() });
  }

  #part(place: Place, how: 'left' | 'lost'): void {
    this.#count(how);
    this.#node.gateway[how](place.connection as Connection);
    place.connection = undefined;
    place.isCut = false;
  }

  #cut(place: Place): void {
    this.#count('cut');
    this.#node.gateway.lost(place.connection as Connection, true);
    place.isCut = true;
  }

  #comeBack(place: Place): void {
    place.isCut = false;
    const isResumed = this.#node.gateway.resume(place.connection as Connection, linkOfNobody(), identityOf(place.user));
    this.#count(isResumed ? 'resume' : 'resume too late');
    if (!isResumed) this.#part(place, 'lost');
  }

  #speak({ user, connection }: Place): void {
    const [dialect] = (connection as Connection).dialects;
    if (dialect === undefined) return;
    const event = this.#random.pick(Object.keys(dialect.hears).filter((name) => !WITHOUT.includes(name)));
    const reads = dialect.hears[event]?.reads as z.ZodType;
    this.#say(connection as Connection, event, sample(reads, { random: this.#random, self: user, ids: this.#others(), token: '' }));
  }

  #say(connection: Connection, event: string, payload: unknown): void {
    this.#count('say');
    this.#node.dispatcher.message(connection, event, payload);
  }

  async #lease({ user }: Place, isLogout: boolean): Promise<void> {
    this.#count(isLogout ? 'log out' : 'heartbeat');
    const { leases } = this.#node;
    if (isLogout) await leases.logout(identityOf(user));
    else await leases.heartbeat(identityOf(user), 'online-users', { background: this.#random.chance(0.3) });
  }

  async #settings({ user }: Place): Promise<void> {
    this.#count('change');
    const { service } = this.#node;
    await service.load('default', [user]);
    const [other] = this.#others();
    const settings = { availability: this.#random.pick(['auto', 'auto', 'busy', 'invisible']), onlineRule: 'everyone' };
    const relation = { kind: this.#random.pick(['contact', 'block']), others: [other], present: this.#random.chance(0.5) };
    const change = this.#random.chance(0.5) ? { type: 'settings', ...settings } : { type: 'relate', ...relation };
    await service.stepDurably({ tenant: 'default', user, ...change } as EngineEvent);
  }

  #others(): string[] {
    return Array.from({ length: NAMED }, () => this.#random.pick(this.#places).user);
  }
}
