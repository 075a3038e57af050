import {
  createPoll,
  createPresence,
  describeLastSeen,
  fetchOnline,
  nextDescriptionMs,
  type OnlineUser,
  observeLabel,
} from '@porchlight/client';
import { definePorchlightElements } from '@porchlight/element';
import { fetchToken } from './fetch-token.ts';
import { PEOPLE, type Person, personOf } from './people.ts';

const NOTICES = {
  connecting: 'Connecting …',
  open: 'Connected',
  waiting: 'No connection: trying again. What you see is from before.',
  closed: 'Signed out.',
} as const;

const me = personOf(location.search);
const neighbours = PEOPLE.filter(({ id }) => id !== me.id);
const presence = createPresence({ url: '/', token: () => fetchToken(me) });
definePorchlightElements({ presence });

const at = (id: string) => document.getElementById(id) as HTMLElement;

function make<Name extends keyof HTMLElementTagNameMap>(name: Name, attributes: Record<string, string>, ...children: (Node | string)[]) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const status = (id: string) => {
  const element = document.createElement('porchlight-status');
  element.setAttribute('user-id', id);
  return element;
};

/** A house for everybody; its window is lit by the status of the element in it, in the style sheet alone. */
const houses = neighbours.map((person) => {
  const lamp = make('span', { class: 'house', 'aria-hidden': 'true' }, person.name[0] ?? '');
  const words = make('span', { class: 'who' }, make('b', {}, person.name), status(person.id));
  const button = make('button', { type: 'button' }, lamp, words);
  button.onclick = () => showProfile(person);
  return make('li', { 'data-user': person.id }, button);
});

let stopProfile = () => {};

function showProfile(person: Person) {
  stopProfile();
  for (const house of houses) house.firstElementChild?.setAttribute('aria-current', house.dataset.user === person.id ? 'true' : 'false');
  at('profile-dot').setAttribute('user-id', person.id);
  at('profile-name').textContent = person.name;
  at('profile-about').textContent = person.about;
  at('profile-link').textContent = `Open a window as ${person.name.split(' ')[0]}`;
  at('profile-link').setAttribute('href', `?as=${person.id}`);
  const say = () => {
    const record = presence.get(person.id);
    const words = record ? describeLastSeen(record, presence.now()) : '';
    at('profile-words').textContent = record?.online === false && record.lastSeenAt !== null ? `last seen ${words}` : words;
  };
  say();
  stopProfile = observeLabel(presence, person.id, nextDescriptionMs, say);
}

function filter() {
  const onlineOnly = (at('online-only') as HTMLInputElement).checked;
  for (const house of houses) house.hidden = onlineOnly && presence.get(house.dataset.user ?? '')?.online !== true;
  at('nobody').hidden = houses.some((house) => !house.hidden);
}

const online = createPoll(presence, () => fetchOnline(presence));
const rows = new Map<string, HTMLLIElement>();

function row({ id, profile }: OnlineUser) {
  const known = rows.get(id) ?? make('li', {}, profile?.name ?? id, status(id));
  rows.set(id, known);
  return known;
}

function showOnline() {
  // Between two readings of the list, whoever leaves is known at once.
  const users = (online.get()?.users ?? []).filter(({ id }) => presence.get(id)?.online !== false);
  at('online').replaceChildren(...users.map(row));
  at('count').textContent = String(online.get()?.count ?? '');
  at('count').hidden = online.get() === undefined;
}

at('me').textContent = me.name;
at('neighbours').append(...houses);
at('online-only').onchange = filter;
showProfile(neighbours[0] as Person);
presence.watch(
  neighbours.map(({ id }) => id),
  () => {
    filter();
    showOnline();
  },
);
online.subscribe(showOnline);
presence.subscribe(() => {
  const { name } = presence.connection;
  if (at('notice').textContent !== NOTICES[name]) at('notice').textContent = NOTICES[name];
  at('notice').dataset.connection = name;
});
