// @vitest-environment jsdom
import { createRequire, registerHooks } from 'node:module';
import { afterAll, expect, test, vi } from 'vitest';
import { makePresence } from '../../client/src/testing/make-presence.ts';
import { settle } from '../../client/src/testing/manual-clock.ts';
import { record } from '../../client/src/testing/scripted-server.ts';

// React 18 is installed beside 19 under other names: here `react` means the older one, for the bindings and for its own renderer.
const hooks = vi.hoisted(() => ({ require: undefined as unknown as NodeJS.Require }));
hooks.require = createRequire(import.meta.url);
const older = registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'react' && context.parentURL?.includes('react-dom18') ? 'react18' : specifier, context),
});
afterAll(() => older.deregister());

vi.mock('react', async () => {
  const react = await import('react18' as string);
  return { ...react.default, default: react.default };
});
vi.mock('react/jsx-runtime', async () => ({ ...(await import('react18/jsx-runtime' as string)).default }));
vi.mock('react/jsx-dev-runtime', async () => ({ ...(await import('react18/jsx-dev-runtime' as string)).default }));

const React = await import('react');
const { hydrateRoot } = hooks.require('react-dom18/client') as typeof import('react-dom/client');
const { renderToString } = hooks.require('react-dom18/server') as typeof import('react-dom/server');
const { act } = React;
const { FacePile, OnlineUsersList, PresenceDot, PresenceProvider, UserStatus, useMyPresence, useOnlineCount, useUserStatus } = await import(
  './index.ts'
);
// Loaded beforehand: on demand they would take their time by a clock that is not the test's.
await import('@porchlight/client/online');
await import('./loaded-online-users-list.tsx');

const Me = () => <i>{useMyPresence().userId}</i>;
const Count = () => <b>{useOnlineCount()}</b>;
const Context = () => <u>{useUserStatus().getUserStatus('carol').status}</u>;

test('works in React 18 too: renders on a server, hydrates in StrictMode, and changes', async () => {
  expect(React.version).toMatch(/^18\./);
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.stubGlobal('fetch', async () => Response.json({ users: [record('dave')], count: 41 }));
  const errors = vi.spyOn(console, 'error');
  const world = makePresence();
  const page = (
    <React.StrictMode>
      <PresenceProvider presence={world.presence} locale="en" timeZone="UTC">
        <UserStatus userId="alice" />
        <UserStatus lastSeen={0} />
        <PresenceDot userId="bob" />
        <FacePile users={[{ id: 'alice', name: 'Alice' }]} />
        <Me />
        <Count />
        <Context />
        <OnlineUsersList />
      </PresenceProvider>
    </React.StrictMode>
  );
  const container = document.createElement('div');
  container.innerHTML = renderToString(page);
  let root: ReturnType<typeof hydrateRoot> | undefined;
  await act(async () => {
    root = hydrateRoot(container, page);
    await settle();
  });
  expect(container.textContent).toContain('online');
  expect(container.querySelector('i')?.textContent).toBe('me');
  await act(settle);
  expect(['b', 'u', 'li'].map((name) => container.querySelector(name)?.textContent?.trim())).toEqual(['41', 'online', 'dave']);
  expect(
    world.server
      .last()
      .of('watch')
      .flatMap((frame) => frame.add ?? [])
      .sort(),
  ).toEqual(['alice', 'bob', 'carol', 'dave', 'me']);
  await act(async () =>
    world.server.last().say({ type: 'changes', at: world.clock.now(), presences: [record('alice', { version: 2, status: 'busy' })] }),
  );
  expect(container.textContent).toContain('busy');
  await act(async () => root?.unmount());
  expect(errors.mock.calls).toEqual([]);
});
