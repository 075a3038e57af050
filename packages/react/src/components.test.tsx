// @vitest-environment jsdom
import { STATUS_DOT_COLORS } from '@porchlight/client';
import { act, cleanup, render, screen } from '@testing-library/react';
import axe from 'axe-core';
import type { ReactNode } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { makePresence, type TestPresence } from '../../client/src/testing/make-presence.ts';
import { settle } from '../../client/src/testing/manual-clock.ts';
import { record } from '../../client/src/testing/scripted-server.ts';
// Loaded beforehand: on demand they would take their time by a clock that is not the test's.
import '@porchlight/client/online';
import './loaded-online-users-list.tsx';
import { INITIALS_COLORS } from './avatar-with-presence.tsx';
import { AvatarWithPresence, FacePile, OnlineUsersList, PresenceDot, PresenceProvider, UserStatus, useOnlineCount } from './index.ts';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const Count = () => <b>{useOnlineCount()}</b>;

async function show(world: TestPresence, node: ReactNode) {
  const shown = render(
    <PresenceProvider presence={world.presence} locale="en" timeZone="UTC">
      {node}
    </PresenceProvider>,
  );
  await act(settle);
  return shown;
}

async function say(world: TestPresence, ...presences: ReturnType<typeof record>[]) {
  await act(async () => world.server.last().say({ type: 'changes', at: world.clock.now(), presences }));
}

test('UserStatus of a user shows a dot and words, and changes with the record and the time', async () => {
  const world = makePresence();
  const { container } = await show(world, <UserStatus userId="alice" size="lg" className="mine" />);
  expect(container.textContent).toBe('online');
  expect(container.querySelector('.mine')).not.toBeNull();
  expect(container.querySelector('[aria-hidden]')).not.toBeNull();
  await say(world, record('alice', { version: 2, status: 'offline', lastSeenAt: world.clock.now() }));
  expect(container.textContent).toBe('just now');
  await act(() => world.clock.advance(120_000));
  expect(container.textContent).toBe('2 minutes ago');
});

test('UserStatus says so when what it shows is not up to date', async () => {
  const world = makePresence();
  const { container } = await show(world, <UserStatus userId="alice" />);
  world.server.answers = false;
  world.server.last().close(1006);
  await act(() => world.clock.advance(5_000));
  expect(container.textContent).toBe('online (not up to date)');
});

test('UserStatus of a time is that of existing apps, and needs no provider', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  const { container, rerender } = render(<UserStatus lastSeen={new Date(Date.now() - 10_000)} />);
  const dot = () => container.querySelector<HTMLElement>('[aria-hidden]')?.style.background;
  expect(container.textContent).toBe('online');
  expect(dot()).toBe('rgb(16, 185, 129)');
  act(() => vi.advanceTimersByTime(20_000));
  expect(container.textContent).toBe('1m ago');
  expect(dot()).toBe('rgb(245, 158, 11)');
  rerender(<UserStatus lastSeen={new Date(Date.now() - 7_200_000).toISOString()} showDot={false} />);
  expect(container.textContent).toBe('2h ago');
  expect(dot()).toBeUndefined();
  rerender(<UserStatus lastSeen={null} showText={false} />);
  expect(container.textContent).toBe('');
  expect(screen.getByRole('img').getAttribute('aria-label')).toBe('offline');
  vi.useRealTimers();
});

test('[S23.11] PresenceDot has a text for those who do not see it, and says nothing of whom nothing is known', async () => {
  const world = makePresence();
  world.server.record = undefined;
  await show(world, <PresenceDot userId="alice" size="sm" />);
  expect(screen.queryByRole('img')).toBeNull();
  await say(world, record('alice', { status: 'dnd' }));
  expect(screen.getByRole('img').getAttribute('aria-label')).toBe('do not disturb');
});

test('[S23.11] PresenceDot moves only if asked, and not for people who want less motion', async () => {
  const animate = vi.fn(() => ({ cancel: vi.fn() }));
  Element.prototype.animate = animate as never;
  for (const [reduced, times] of [
    [true, 0],
    [false, 1],
  ] as const) {
    vi.stubGlobal('matchMedia', () => ({ matches: reduced }));
    await show(makePresence(), <PresenceDot userId="alice" pulse />);
    expect(animate).toHaveBeenCalledTimes(times);
    cleanup();
  }
});

test('AvatarWithPresence shows a picture or initials, both with a name', async () => {
  const world = makePresence();
  await show(
    world,
    <>
      <AvatarWithPresence userId="ada" name="Ada Lovelace" />
      <AvatarWithPresence userId="bo" name="Bo" src="/bo.png" />
    </>,
  );
  expect(screen.getByLabelText('Ada Lovelace').textContent).toBe('AL');
  expect(screen.getByAltText('Bo').getAttribute('src')).toBe('/bo.png');
  expect(screen.getAllByLabelText('online')).toHaveLength(2);
});

test('FacePile shows who is online first, and counts the others', async () => {
  const world = makePresence();
  world.server.record = (id) => (id === 'c' || id === 'e' ? record(id) : record(id, { status: 'offline' }));
  const users = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, name: id }));
  const { container } = await show(world, <FacePile users={users} max={3} label="in this chat" />);
  const names = () => [...container.querySelectorAll('[role=img][aria-label]:not([data-status])')].map((face) => face.textContent);
  expect(names()).toEqual(['C', 'E', 'A']);
  expect(screen.getByRole('group', { name: 'in this chat' }).textContent).toContain('+2');
  await say(world, record('c', { version: 2, status: 'offline' }));
  expect(names()).toEqual(['E', 'A', 'B']);
});

test('OnlineUsersList reads who is online, and lets whoever goes offline leave at once', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string, { headers }: { headers: Record<string, string> }) => {
    asked.push(`${url} ${headers.authorization}`);
    return Response.json({ users: [{ ...record('alice'), profile: { name: 'Alice' } }, record('bob')], count: 2 });
  });
  const world = makePresence();
  const { container } = await show(world, <OnlineUsersList limit={10} empty={<p>nobody</p>} label="people online" />);
  expect(asked).toEqual(['https://presence.test/v1/online?limit=10 Bearer opaque']);
  const rows = () => [...container.querySelectorAll('li')].map((row) => row.textContent?.trim());
  expect(rows()).toEqual(['Alice', 'bob']);
  await say(world, record('bob', { version: 2, status: 'offline' }));
  expect(rows()).toEqual(['Alice']);
  await say(world, record('alice', { version: 2, status: 'offline' }));
  expect(container.textContent).toBe('nobody');
});

test('useOnlineCount asks once for all who show it, and again every 30 s while the page is looked at', async () => {
  let count = 41;
  const fetched = vi.fn(async () => Response.json({ count: ++count }));
  vi.stubGlobal('fetch', fetched);
  const world = makePresence();
  const { container, unmount } = await show(
    world,
    <>
      <Count />
      <Count />
    </>,
  );
  expect(container.textContent).toBe('4242');
  await act(() => world.clock.advance(30_000));
  expect(container.textContent).toBe('4343');
  world.signal('hidden');
  await act(() => world.clock.advance(300_000));
  expect(fetched).toHaveBeenCalledTimes(2);
  fetched.mockRejectedValueOnce(new TypeError('no network'));
  await act(async () => world.signal('shown'));
  expect(container.textContent).toBe('4343');
  await act(() => world.clock.advance(30_000));
  expect(container.textContent).toBe('4444');
  unmount();
  await world.clock.advance(300_000);
  expect(fetched).toHaveBeenCalledTimes(4);
});

test('axe finds nothing to complain about', async () => {
  vi.stubGlobal('fetch', async () => Response.json({ users: [record('alice')], count: 1 }));
  const world = makePresence();
  const users = ['ada', 'bo', 'cy'].map((id) => ({ id, name: id }));
  const { container } = await show(
    world,
    <main>
      <h1>People</h1>
      <UserStatus userId="alice" />
      <UserStatus userId="alice" showText={false} />
      <UserStatus lastSeen={0} />
      <PresenceDot userId="alice" />
      <AvatarWithPresence userId="ada" name="Ada" />
      <FacePile users={users} max={2} label="team" />
      <OnlineUsersList label="online" />
    </main>,
  );
  // Contrast needs a real renderer; the next test computes it.
  const { violations } = await axe.run(container, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});

/** The contrast of two colours, by WCAG 2. */
function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((start) => Number.parseInt(color.slice(start, start + 2), 16) / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test('text has a contrast of 4.5:1, dots of 3:1 on light and on dark pages', () => {
  expect(contrast(INITIALS_COLORS.color, INITIALS_COLORS.background)).toBeGreaterThanOrEqual(4.5);
  for (const [status, color] of Object.entries(STATUS_DOT_COLORS)) {
    expect(contrast(color, '#ffffff'), status).toBeGreaterThanOrEqual(3);
    expect(contrast(color, '#111827'), status).toBeGreaterThanOrEqual(3);
  }
});
