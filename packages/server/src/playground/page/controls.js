import { button, element, labelled, setText } from './dom.js';
import { createPrivacy } from './privacy.js';
import { rubbishFor } from './rubbish.js';
import { changeSettings } from './settings.js';

const AVAILABILITIES = [
  ['auto', 'Auto'],
  ['away', 'Away'],
  ['busy', 'Busy'],
  ['dnd', 'Don’t disturb'],
  ['invisible', 'Invisible'],
];

function createStatus(person) {
  const text = element('input', { maxLength: 80, placeholder: 'in a call until three', spellcheck: false });
  let shownText = '';
  const apply = async (availability) => {
    const before = person.availability;
    person.availability = availability;
    person.text = text.value.trim();
    person.changed();
    if (person.speaker.status !== undefined) return person.speaker.status(availability, person.text);
    try {
      await changeSettings(person.host, { availability, text: person.text === '' ? null : person.text });
    } catch (error) {
      person.availability = before;
      person.say(`The server refused: ${error.code ?? 'UNREACHABLE'}. ${error.message}`, true);
    }
  };
  const buttons = AVAILABILITIES.map(([value, label]) => button(label, () => void apply(value), { value, 'aria-pressed': 'false' }));
  const form = element(
    'form',
    {
      className: 'line-of',
      on: {
        submit: (event) => {
          event.preventDefault();
          void apply(person.availability);
        },
      },
    },
    labelled('In own words', text),
    element('button', { type: 'submit' }, 'Say'),
  );
  return {
    root: element(
      'div',
      {},
      element('div', { className: 'segments', role: 'group', 'aria-label': `Status of ${person.name}` }, ...buttons),
      form,
    ),
    update() {
      for (const each of buttons) each.setAttribute('aria-pressed', String(each.value === person.availability));
      if (person.text !== shownText && document.activeElement !== text) text.value = person.text;
      shownText = person.text;
    },
  };
}

function createPresence(person) {
  const { speaker } = person;
  const back = button('I’m here', () => {
    person.inBackground = false;
    speaker.back();
    person.changed();
  });
  const background = button('Background', () => {
    person.inBackground = true;
    speaker.background();
    person.changed();
  });
  const hide = button('', () => {
    person.hidden = !person.hidden;
    speaker.hide(person.hidden);
    person.changed();
  });
  const used = [back, ...(speaker.background === undefined ? [] : [background]), ...(speaker.hide === undefined ? [] : [hide])];
  return {
    root: element('div', { className: 'buttons', role: 'group', 'aria-label': `Presence of ${person.name}` }, ...used),
    update() {
      setText(hide, person.hidden ? 'Be seen again' : 'Appear offline');
      for (const each of used) each.disabled = person.line !== 'here';
    },
  };
}

function createLine(person) {
  const cut = button(person.dialect === 'online-users' ? 'Stop heartbeats' : 'Cut the line', () => person.cut(), { className: 'danger' });
  const join = button('Come back', () => void person.join(), { className: 'primary' });
  const leave = button('Say goodbye', () => person.leave());
  return {
    root: element('div', { className: 'buttons', role: 'group', 'aria-label': `Connection of ${person.name}` }, cut, leave, join),
    update() {
      const here = person.line === 'here' || person.line === 'joining';
      cut.hidden = !here;
      leave.hidden = !here;
      join.hidden = here;
    },
  };
}

function createTyping(person, street) {
  const to = element('select', {});
  const text = element('input', { placeholder: 'type, and stop typing', spellcheck: false });
  let typingTo;
  const stop = () => {
    if (typingTo !== undefined) person.speaker.typing(typingTo, false);
    typingTo = undefined;
  };
  text.addEventListener('input', () => {
    if (text.value === '') return stop();
    if (typingTo !== undefined && typingTo !== to.value) stop();
    typingTo = to.value;
    person.speaker.typing(to.value, true);
    const listeners = street.people.filter(({ id, speaker }) => id === to.value && speaker.typing !== undefined);
    if (listeners.length === 0) person.say(`${street.nameOf(to.value)}’s dialect has no word for typing, so nothing is said there.`);
  });
  text.addEventListener('blur', stop);
  return {
    root: element(
      'details',
      {},
      element('summary', {}, 'Type to somebody'),
      element('div', { className: 'line-of' }, labelled('To', to), labelled('Text', text)),
    ),
    update() {
      const ids = street.ids().filter((id) => id !== person.id);
      if (ids.join('\n') === [...to.options].map(({ value }) => value).join('\n')) return;
      to.replaceChildren(...ids.map((id) => element('option', { value: id }, street.nameOf(id))));
    },
  };
}

function createRaw(person) {
  const { speaker } = person;
  const event = element('input', { value: speaker.rawEvent ?? '', maxLength: 200, spellcheck: false });
  const text = element('textarea', { rows: 3, value: speaker.rawHint, spellcheck: false });
  const send = (name, payload) => {
    if (person.line !== 'here') return person.say(`${person.name} is not connected, so nothing can be sent.`, true);
    speaker.raw(name, payload);
  };
  const surprise = () => {
    const rubbish = rubbishFor(speaker);
    event.value = rubbish.event;
    text.value = rubbish.text;
    send(rubbish.event, rubbish.text);
  };
  return {
    root: element(
      'details',
      {},
      element('summary', {}, 'Send something raw, or rubbish'),
      ...(speaker.rawEvent === undefined ? [] : [labelled('Event', event)]),
      labelled(speaker.rawEvent === undefined ? 'Frame or body' : 'Payload', text),
      element(
        'div',
        { className: 'buttons' },
        button('Send', () => send(event.value, text.value)),
        button('Send rubbish', surprise, { className: 'danger' }),
      ),
    ),
    update() {},
  };
}

/** Everything that can be done to, and as, a person. What their dialect has no word for is not offered. */
export function createControls(person, street) {
  const parts = [
    createLine(person),
    createPresence(person),
    createStatus(person),
    createPrivacy(person, street),
    ...(person.speaker.typing === undefined ? [] : [createTyping(person, street)]),
    createRaw(person),
  ];
  return {
    root: element('div', { className: 'controls' }, ...parts.map(({ root }) => root)),
    update() {
      for (const part of parts) part.update();
    },
  };
}
