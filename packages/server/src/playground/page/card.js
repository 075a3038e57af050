import { createControls } from './controls.js';
import { button, element, setText } from './dom.js';
import { isIdle, narrate } from './narrate.js';

const LINES = { joining: 'signing in', here: 'connected', cut: 'cut off', lost: 'lost', left: 'signed off' };
/** Of somebody without a connection. */
const LEASE_LINES = { ...LINES, here: 'heartbeats', cut: 'silent' };

/** How bright the person's own porch light is, as they would draw it themselves. */
function lightOf({ line, availability, hidden, inBackground }, idle) {
  if (line === 'cut' || line === 'lost') return 'flickering';
  if (line !== 'here') return 'off';
  if (hidden || availability === 'invisible') return 'curtained';
  if (availability === 'busy' || availability === 'dnd') return 'red';
  return idle || inBackground || availability === 'away' ? 'dim' : 'on';
}

function createSeen() {
  const list = element('ul', { className: 'seen' });
  const rows = new Map();
  return {
    list,
    show(place, id, name, { tone, words }, typing, now) {
      let row = rows.get(id);
      if (row === undefined) {
        const who = element('span', { className: 'who' });
        const said = element('code', {});
        row = { item: element('li', { 'data-id': id }, element('i', { className: 'dot' }), who, said), who, said };
        rows.set(id, row);
      }
      row.item.dataset.tone = tone;
      setText(row.who, name);
      // Put in its place once more only where it is not there yet: moving a node would end a selection.
      if (list.children[place] !== row.item) list.insertBefore(row.item, list.children[place] ?? null);
      setText(row.said, typing ? `${words(now)} · is typing…` : words(now));
    },
    keep(ids) {
      for (const [id, { item }] of rows)
        if (!ids.includes(id)) {
          item.remove();
          rows.delete(id);
        }
    },
  };
}

/** How the others on this page see this person: the check on everything the card says of itself. */
function describeEcho(person, street) {
  const observers = street.people.filter((each) => each.id !== person.id && each.line === 'here' && each.views.has(person.id));
  if (observers.length === 0) return '';
  const [on, off] = [true, false].map((online) => observers.filter(({ views }) => views.get(person.id).online === online));
  const names = (people) => people.map(({ name }) => name).join(', ');
  if (off.length === 0) return `Shown online to ${names(on)}.`;
  if (on.length === 0) return `Shown offline to ${names(off)}.`;
  return `Shown online to ${names(on)}; offline to ${names(off)}.`;
}

/** One person's card. `update(now)` draws what changed; focus and open parts stay as they are. */
export function createCard(person, { street, facts }) {
  const title = element('h3', {}, person.name);
  const line = element('span', { className: 'line' });
  const says = element('p', { className: 'says' });
  const echo = element('p', { className: 'echo' });
  const told = element('h4', {});
  const seen = createSeen();
  const seesNobody = element('p', { className: 'nobody' });
  const controls = createControls(person, street);
  const house = element('span', { className: 'house', 'aria-hidden': 'true' }, element('b', {}, person.name.slice(0, 1).toUpperCase()));
  const card = element(
    'article',
    { className: 'card', 'data-person': person.id, 'data-dialect': person.dialect, 'aria-label': `${person.name}, ${person.dialect}` },
    element(
      'header',
      {},
      element('span', { className: 'lamp', 'aria-hidden': 'true' }, house),
      element(
        'div',
        { className: 'name' },
        element('div', {}, title, line),
        element('p', {}, element('code', {}, person.id), ' · ', element('em', {}, person.dialect)),
      ),
      button('×', () => street.remove(person), {
        className: 'remove',
        title: `Remove ${person.name}`,
        'aria-label': `Remove ${person.name}`,
      }),
    ),
    says,
    echo,
    told,
    seen.list,
    seesNobody,
    controls.root,
  );

  return {
    card,
    update(now) {
      card.dataset.light = lightOf(person, isIdle(person, facts, now));
      card.dataset.line = person.line;
      setText(line, (person.dialect === 'online-users' ? LEASE_LINES : LINES)[person.line]);
      says.dataset.bad = String(person.moment?.bad === true && now < person.moment.until);
      setText(says, narrate(person, { facts, others: street.othersOf(person), now }));
      setText(echo, describeEcho(person, street));
      setText(told, `What ${person.name} ${person.line === 'here' ? 'is' : 'was last'} told`);
      const order = street.ids();
      const ids = [...person.views.keys()].filter((id) => id !== person.id);
      ids.sort((one, other) => order.indexOf(one) - order.indexOf(other));
      seen.keep(ids);
      for (const [place, id] of ids.entries()) seen.show(place, id, street.nameOf(id), person.views.get(id), person.typers.has(id), now);
      seen.list.hidden = ids.length === 0;
      seesNobody.hidden = ids.length > 0;
      setText(seesNobody, describeNobody(person));
      controls.update();
    },
  };
}

function describeNobody({ dialect, count }) {
  if (dialect !== 'online-users') return 'Nothing yet.';
  return count === undefined ? 'Only a count, when it comes.' : `count: ${count} — this dialect is told a number, nothing more.`;
}
