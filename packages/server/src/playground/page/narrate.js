import { countdown, timeOf } from './times.js';

/** Whether the server takes the person for away by now. */
export const isIdle = ({ activeAt }, { awayAfterMs }, now) => now - activeAt >= awayAfterMs;

const SHOWN_AS = { away: 'away', busy: 'busy', dnd: 'do not disturb' };

/** What is happening to a person, in one plain sentence. `others` are the person's other devices that are here. */
export function narrate(person, { facts, others, now }) {
  const { name, line } = person;
  if (person.moment !== undefined && now < person.moment.until) return person.moment.sentence;
  if (line === 'joining') return `${name} is signing in…`;
  if (line === 'lost') return `The server does not answer; ${name} tries again in ${countdown(person.retryAt - now)}.`;
  if (line === 'left') return narrateGoodbye(person, others);
  if (line === 'cut') return narrateCut(person, { facts, others, now });
  return narratePresence(person, facts, now);
}

function narrateGoodbye({ name, dialect }, others) {
  if (others.length > 0) return `${name} said goodbye here, but is still there on another device: nobody is told.`;
  return dialect === 'online-users' ? `${name} logged out; the lease ended at once.` : `${name} said goodbye; everybody was told at once.`;
}

function narrateCut({ name, dialect, cutAt }, { facts, others, now }) {
  if (others.length > 0) return `${name}’s line broke, but another device is still there: nobody is told.`;
  const lease = dialect === 'online-users';
  const leftMs = cutAt + (lease ? facts.leaseMs : facts.graceMs) - now;
  if (leftMs > 0)
    return lease
      ? `No heartbeat comes from ${name} any more; the last one counts for ${countdown(leftMs)}.`
      : `${name}’s connection broke; nobody is told for ${countdown(leftMs)}.`;
  return `${name} did not come back: offline for everybody, last seen ${timeOf(cutAt)}.`;
}

function narratePresence(person, facts, now) {
  const { name, dialect, availability, text, inBackground, hidden } = person;
  const words = text === '' ? '' : `: “${text}”`;
  if (hidden) return `${name} appears offline here, though connected.`;
  if (availability === 'invisible') return `${name} is invisible: connected, but exactly like somebody offline to everybody else.`;
  if (availability !== 'auto') return `${name} is shown as ${SHOWN_AS[availability]}${words}${words === '' ? '.' : ''}`;
  if (inBackground) return `${name}’s app is in the background: away at once, and still there.`;
  if (isIdle(person, facts, now))
    return `Nobody has touched ${name}’s app for ${countdown(facts.awayAfterMs)}: away by itself${words === '' ? '.' : words}`;
  if (words !== '') return `${name} is online${words}`;
  if (dialect === 'online-users') return `${name} is online: each heartbeat counts for ${countdown(facts.leaseMs)}.`;
  return `${name} is online, and turns away after ${countdown(facts.awayAfterMs)} of doing nothing.`;
}
