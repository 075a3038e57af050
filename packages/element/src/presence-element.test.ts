// @vitest-environment jsdom
import { afterEach, beforeAll, expect, test } from 'vitest';
import { makePresence, type TestPresence } from '../../client/src/testing/make-presence.ts';
import { settle } from '../../client/src/testing/manual-clock.ts';
import { record } from '../../client/src/testing/scripted-server.ts';
import { definePorchlightElements } from './index.ts';
import { STYLE } from './style.ts';

let world: TestPresence;

beforeAll(() => {
  document.body.innerHTML = '<porchlight-status user-id="early"></porchlight-status>';
  world = makePresence();
  definePorchlightElements({ presence: world.presence, locale: 'en', timeZone: 'UTC' });
  definePorchlightElements({ presence: world.presence });
});

afterEach(() => {
  document.body.innerHTML = '';
});

const say = (...presences: ReturnType<typeof record>[]) => world.server.last().say({ type: 'changes', at: world.clock.now(), presences });
const part = (element: Element | null, name: string) => element?.shadowRoot?.querySelector<HTMLElement>(`[part=${name}]`);

async function put(html: string): Promise<Element> {
  document.body.innerHTML = html;
  await settle();
  return document.body.firstElementChild as Element;
}

test('an element that stood in the page before comes to life', async () => {
  const element = document.createElement('porchlight-status');
  element.setAttribute('user-id', 'early');
  document.body.append(element);
  await settle();
  expect(part(element, 'text')?.textContent).toBe('online');
});

test('shows words that change with the record and with the time', async () => {
  const element = await put('<porchlight-status user-id="alice"></porchlight-status>');
  expect(element.getAttribute('status')).toBe('online');
  expect(part(element, 'text')?.textContent).toBe('online');
  expect(part(element, 'dot')?.ariaHidden).toBe('true');
  say(record('alice', { version: 2, status: 'offline', lastSeenAt: world.clock.now() }));
  expect(part(element, 'text')?.textContent).toBe('just now');
  await world.clock.advance(60_000);
  expect(part(element, 'text')?.textContent).toBe('1 minute ago');
});

test('a dot alone has a text for those who do not see it', async () => {
  const element = await put('<porchlight-dot user-id="bob"></porchlight-dot>');
  expect(part(element, 'dot')?.ariaLabel).toBe('online');
  expect(part(element, 'text')).toBeNull();
});

test('follows its attribute, and shows nothing of nobody', async () => {
  const element = await put('<porchlight-status></porchlight-status>');
  expect(part(element, 'text')?.textContent).toBe('');
  expect(element.hasAttribute('status')).toBe(false);
  element.setAttribute('user-id', 'carol');
  await settle();
  expect(element.getAttribute('status')).toBe('online');
  element.setAttribute('user-id', 'dave');
  expect(element.hasAttribute('status')).toBe(false);
});

test('stops watching when it leaves the page, but not when it is moved', async () => {
  const element = await put('<porchlight-dot user-id="erin"></porchlight-dot>');
  const removed = () =>
    world.server
      .last()
      .of('watch')
      .flatMap((frame) => frame.remove ?? []);
  const other = document.createElement('div');
  document.body.append(other);
  other.append(element);
  await world.clock.advance(2_000);
  expect(removed()).not.toContain('erin');
  element.remove();
  await world.clock.advance(2_000);
  expect(removed()).toContain('erin');
});

test('says so when what it shows is not up to date', async () => {
  const element = await put('<porchlight-status user-id="frank"></porchlight-status>');
  world.server.answers = false;
  world.server.last().close(1006);
  await world.clock.advance(5_000);
  expect(part(element, 'text')?.textContent).toBe('online (not up to date)');
  expect(element.hasAttribute('suspect')).toBe(true);
  world.server.answers = true;
  await world.clock.advance(60_000);
  expect(part(element, 'text')?.textContent).toBe('online');
});

test('has one rule a status, and no motion for those who want less', () => {
  for (const status of ['online', 'away', 'busy', 'dnd', 'offline']) expect(STYLE).toContain(`var(--porchlight-${status},#`);
  expect(STYLE).toMatch(/@media\(prefers-reduced-motion:no-preference\)\{[^}]*animation/);
});
