import { DIALECTS } from './dialects/index.js';
import { Person } from './person.js';

const KEPT = 'porchlight.people';
const FIRST = [
  { id: 'alice', name: 'Alice', dialect: 'native' },
  { id: 'bob', name: 'Bob', dialect: 'presence-gateway' },
  { id: '7', name: 'Carol', dialect: 'user-status' },
];
/** People who are not of this page, such as those of another tab, are shown too, as far as anyone hears of them. */
const STRANGERS_MAX = 50;

function readKept() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
    if (Array.isArray(kept)) return kept.filter(({ id, dialect }) => typeof id === 'string' && Object.hasOwn(DIALECTS, dialect));
  } catch {
    // Storage may be forbidden, or hold something else: then the page begins anew.
  }
  return undefined;
}

/** Everybody on this page. A reload signs the same people in again, as the same devices. */
export class Street extends EventTarget {
  people = [];
  #log;
  #strangers = new Set();

  constructor(log) {
    super();
    this.#log = log;
  }

  /** Signs in those of the last visit of this tab, or the first three. */
  begin(dialects) {
    for (const who of readKept() ?? FIRST) if (dialects.includes(who.dialect)) this.signIn(who);
  }

  signIn({ id, name = '', dialect, key = crypto.randomUUID() }) {
    const person = new Person({ key, id, name: name || id, dialect }, this.#log);
    this.people.push(person);
    person.addEventListener('sees', ({ detail }) => this.#heardOf(detail));
    person.addEventListener('news', () => this.dispatchEvent(new CustomEvent('news', { detail: person })));
    this.dispatchEvent(new CustomEvent('joined', { detail: person }));
    this.#introduce();
    void person.join();
    return person;
  }

  remove(person) {
    if (person.line !== 'left') person.leave();
    this.people = this.people.filter((each) => each !== person);
    this.dispatchEvent(new CustomEvent('removed', { detail: person }));
    this.#introduce();
  }

  /** Everybody's ids, once each. */
  ids() {
    return [...new Set([...this.people.map(({ id }) => id), ...this.#strangers])];
  }

  nameOf(id) {
    return this.people.find((person) => person.id === id)?.name ?? id;
  }

  /** Other devices of the same person that are there now. */
  othersOf(person) {
    return this.people.filter((each) => each !== person && each.id === person.id && each.line === 'here');
  }

  #heardOf(id) {
    if (this.#strangers.size >= STRANGERS_MAX || this.ids().includes(id)) return;
    this.#strangers.add(id);
    this.#introduce();
  }

  #introduce() {
    const ids = this.ids();
    for (const person of this.people) person.speaker.meet(ids.filter((id) => id !== person.id));
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(this.people.map(({ key, id, name, dialect }) => ({ key, id, name, dialect }))));
    } catch {
      // Without storage a reload begins anew.
    }
  }
}
