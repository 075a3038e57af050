// @vitest-environment jsdom
import { createPresence } from '@porchlight/client';
import { act } from '@testing-library/react';
import { StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { makePresence } from '../../client/src/testing/make-presence.ts';
import { settle } from '../../client/src/testing/manual-clock.ts';
import { record } from '../../client/src/testing/scripted-server.ts';
import {
  FacePile,
  OnlineUsersList,
  PresenceDot,
  PresenceProvider,
  type PresenceProviderProps,
  UserStatus,
  useOnlineCount,
} from './index.ts';

const NOW = Date.UTC(2026, 0, 1);

function Page(props: PresenceProviderProps) {
  return (
    <StrictMode>
      <PresenceProvider {...props} locale="en" timeZone="UTC">
        <UserStatus userId="alice" />
        <UserStatus lastSeen={NOW - 600_000} />
        <PresenceDot userId="bob" />
        <FacePile users={[{ id: 'alice', name: 'Alice' }]} />
        <OnlineUsersList />
        <Count />
      </PresenceProvider>
    </StrictMode>
  );
}
const Count = () => <b>{useOnlineCount()}</b>;

const initial = [record('alice', { status: 'offline', lastSeenAt: NOW - 300_000 })];

test('renders on a server without connecting, reading the network, or setting a timer', () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const html = renderToString(<Page url="/" token={() => 'never asked for'} />);
  expect(html).not.toContain('ago');
  expect(renderToString(<Page url="/" token="t" initial={initial} initialNow={NOW} />)).toContain('5 minutes ago');
  expect(timers).not.toHaveBeenCalled();
});

test.each([
  ['with what the page was rendered with', { initial, initialNow: NOW }],
  ['without', {}],
])('hydrates without a mismatch %s, and then tells the truth', async (_name, given) => {
  vi.stubGlobal('fetch', async () => Response.json({ users: [], count: 3 }));
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
  const atServer = createPresence({ url: 'https://presence.test', token: 't', autoConnect: false });
  const container = document.createElement('div');
  container.innerHTML = renderToString(<Page presence={atServer} {...given} />);
  // By now the browser may know more than the page that was rendered.
  const world = makePresence();
  world.server.record = (id) => record(id, { status: 'busy', version: 9 });
  world.presence.watch(['alice']);
  await settle();
  const recoverable: unknown[] = [];
  await act(async () => {
    hydrateRoot(container, <Page presence={world.presence} {...given} />, { onRecoverableError: (error) => recoverable.push(error) });
  });
  await act(settle);
  expect(recoverable).toEqual([]);
  expect(errors.mock.calls).toEqual([]);
  expect(container.textContent).toContain('busy');
  expect(container.querySelector('b')?.textContent).toBe('3');
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
