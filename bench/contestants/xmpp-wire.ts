import { find, userAt, userId } from '../load/bench-user.ts';
import type { Wire } from './contestant.ts';

export const XMPP_HOST = 'localhost';
/** Everybody's password on the private servers of the benchmark. */
export const XMPP_PASSWORD = 'x';

/** Why the XMPP servers stay out of ten thousand with contacts. */
export const SIGN_INS = 'signing in tells all contacts, half a million stanzas, too long for the time of a row';

const STREAM = Buffer.from(
  `<?xml version='1.0'?><stream:stream to='${XMPP_HOST}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`,
);
const BIND = Buffer.from("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>");
/** A server answers a connection's stanzas in order, so the answer to a ping (or its refusal) says that the presence was taken. */
const ping = (id: string) => Buffer.from(`<iq type='get' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`);
const [SIGNED_IN, WATCHING] = ['s', 'w'];
const AVAILABLE = Buffer.from('<presence/>');
const UNAVAILABLE = Buffer.from("<presence type='unavailable'/>");
const LEAVE = Buffer.concat([UNAVAILABLE, Buffer.from('</stream:stream>')]);

const PRESENCE = Buffer.from('<presence ');
const FROM = Buffer.from('from=');
const GONE = Buffer.from('unavailable');

/** The stages of the dialogue: before the password was taken, after it, bound. */
const [STRANGER, KNOWN, BOUND] = [0, 1, 2];

/**
 * XMPP over plain TCP with PLAIN, presence by rosters: whom a user watches was written in the accounts before the server started. A
 * delivery is the opening tag of a presence stanza.
 */
export const xmppWire: Wire = {
  framing: 'xml',
  signIn: (connection) => connection.send(STREAM),
  watch: (connection) => connection.send(ping(WATCHING)),
  flip: (connection, online) => connection.send(online ? AVAILABLE : UNAVAILABLE),
  leave: (connection) => connection.send(LEAVE),
  read(connection, bytes, start, end) {
    const presenceAt = find(bytes, PRESENCE, start, end);
    if (presenceAt >= 0) {
      // After `from=` come a quote and the `u` of the id.
      const user = userAt(bytes, find(bytes, FROM, presenceAt, end) + FROM.length + 2);
      if (user !== connection.identity.user) connection.delivered(user, find(bytes, GONE, presenceAt, end) < 0);
      return;
    }
    // Once it is bound only the answers to pings matter; until then every tag is looked at.
    const tag = bytes.toString('latin1', start, end);
    if (connection.stage === BOUND) {
      if (tag.startsWith('<iq') && new RegExp(`id=['"]${SIGNED_IN}['"]`).test(tag)) connection.signedIn();
      else if (tag.startsWith('<iq') && new RegExp(`id=['"]${WATCHING}['"]`).test(tag)) connection.watching();
    } else if (tag === '</stream:features>' && connection.stage === STRANGER) {
      const secret = Buffer.from(`\0${userId(connection.identity.user)}\0${XMPP_PASSWORD}`).toString('base64');
      connection.send(Buffer.from(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${secret}</auth>`));
    } else if (tag.startsWith('<success')) {
      connection.stage = KNOWN;
      connection.send(STREAM);
    } else if (tag === '</stream:features>') connection.send(BIND);
    else if (tag === '</iq>') {
      connection.stage = BOUND;
      connection.send(Buffer.concat([AVAILABLE, ping(SIGNED_IN)]));
    } else if (tag.startsWith('<failure') || tag.startsWith('<stream:error')) connection.fail(`the server said ${tag}`);
  },
};

/** A roster entry: the other user, and which way the subscription goes. */
export interface RosterEntry {
  other: number;
  subscription: 'to' | 'from' | 'both';
}

/** Everybody's roster, from whom each watches. */
export function rosters(users: number, watchedBy: (user: number) => readonly number[]): RosterEntry[][] {
  const to = Array.from({ length: users }, (_, user) => new Set(watchedBy(user)));
  const from = Array.from({ length: users }, () => new Set<number>());
  for (const [user, watched] of to.entries()) for (const other of watched) from[other]?.add(user);
  return to.map((watched, user) => {
    const others = new Set([...watched, ...from[user]!]);
    others.delete(user);
    return [...others].map((other) => {
      const both = watched.has(other) && from[user]!.has(other);
      return { other, subscription: both ? 'both' : watched.has(other) ? 'to' : 'from' };
    });
  });
}
