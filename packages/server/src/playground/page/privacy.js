import { element, labelled } from './dom.js';
import { changeSettings, setBlocked, setContact } from './settings.js';

const RULES = ['everyone', 'contacts', 'nobody'];

function createRule(person, label, name, send) {
  const select = element('select', {}, ...RULES.map((rule) => element('option', { value: rule }, rule)));
  select.addEventListener('change', () => void send(() => changeSettings(person.host, { [name]: select.value })));
  return { field: labelled(label, select), show: (rule) => setValue(select, rule) };
}

function setValue(select, value) {
  if (document.activeElement !== select) select.value = value;
}

/** Who may see the person, and who is a contact or blocked: settings of the user, whatever the dialect. */
export function createPrivacy(person, street) {
  const send = async (request) => {
    try {
      await request();
      person.changed();
    } catch (error) {
      person.say(`The server refused: ${error.code ?? 'UNREACHABLE'}. ${error.message}`, true);
    }
  };
  const online = createRule(person, 'Who sees me online', 'onlineRule', send);
  const lastSeen = createRule(person, 'Who sees last seen', 'lastSeenRule', send);
  const coarse = createRule(person, 'Who else sees the day', 'coarseLastSeenRule', send);
  const others = element('div', { className: 'relations', role: 'group', 'aria-label': `Contacts and blocks of ${person.name}` });

  const toggle = (label, id, held, request) => {
    const box = element('input', { type: 'checkbox', checked: held.has(id) });
    box.addEventListener('change', () => {
      if (box.checked) held.add(id);
      else held.delete(id);
      if (held === person.blocked) person.say(describeBlock(person.name, street.nameOf(id), box.checked));
      void send(() => request(person.host, id, box.checked));
    });
    return element('label', { className: 'check' }, box, ' ', element('span', {}, label));
  };
  const relation = (id) =>
    element(
      'div',
      { className: 'relation', role: 'group', 'aria-label': street.nameOf(id) },
      element('b', {}, street.nameOf(id)),
      toggle('contact', id, person.contacts, setContact),
      toggle('blocked', id, person.blocked, setBlocked),
    );

  let shown = '';
  return {
    root: element(
      'details',
      {},
      element('summary', {}, 'Privacy, contacts and blocks'),
      element('div', { className: 'line-of' }, online.field, lastSeen.field, coarse.field),
      others,
    ),
    update() {
      online.show(person.rules.onlineRule);
      lastSeen.show(person.rules.lastSeenRule);
      coarse.show(person.rules.coarseLastSeenRule);
      const ids = street.ids().filter((id) => id !== person.id);
      const now = ids.map((id) => [id, street.nameOf(id), person.contacts.has(id), person.blocked.has(id)].join('\t')).join('\n');
      if (now === shown) return;
      shown = now;
      const focused = others.contains(document.activeElement);
      if (!focused || others.childElementCount !== ids.length) others.replaceChildren(...ids.map(relation));
    },
  };
}

function describeBlock(name, other, blocked) {
  if (!blocked) return `${name} lets ${other} see again.`;
  return `${name} blocked ${other}: for ${other}, ${name} is now like somebody who never existed.`;
}
