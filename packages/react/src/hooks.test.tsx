// @vitest-environment jsdom
import { act, cleanup, render, renderHook, screen } from '@testing-library/react';
import { memo, type ReactNode, StrictMode } from 'react';
import { afterEach, expect, test } from 'vitest';
import { makePresence, type TestPresence } from '../../client/src/testing/make-presence.ts';
import { settle } from '../../client/src/testing/manual-clock.ts';
import { record } from '../../client/src/testing/scripted-server.ts';
import {
  type PresenceOptions,
  PresenceProvider,
  useConnection,
  useLastSeen,
  useMyPresence,
  usePresence,
  usePresences,
  useUserStatus,
} from './index.ts';

afterEach(cleanup);

const under =
  ({ presence }: TestPresence) =>
  ({ children }: { children: ReactNode }) => (
    <PresenceProvider presence={presence} locale="en" timeZone="UTC">
      {children}
    </PresenceProvider>
  );

const quiet = () => act(settle);

async function say(world: TestPresence, ...presences: ReturnType<typeof record>[]) {
  await act(async () => world.server.last().say({ type: 'changes', at: world.clock.now(), presences }));
}

test('usePresence is undefined until the server said, then the record, then what it changes to', async () => {
  const world = makePresence();
  const { result } = renderHook(() => usePresence('alice'), { wrapper: under(world) });
  expect(result.current).toBeUndefined();
  await quiet();
  expect(result.current).toEqual(record('alice'));
  await say(world, record('alice', { version: 2, status: 'busy' }));
  expect(result.current?.status).toBe('busy');
});

const renders = new Map<string, number>();

const CountedRow = memo(function CountedRow({ id }: { id: string }) {
  renders.set(id, (renders.get(id) ?? 0) + 1);
  return <li>{usePresence(id)?.status}</li>;
});

const ids = Array.from({ length: 1_000 }, (_, index) => `user-${index}`);

function List() {
  renders.set('the list', (renders.get('the list') ?? 0) + 1);
  return (
    <ul>
      {ids.map((id) => (
        <CountedRow key={id} id={id} />
      ))}
    </ul>
  );
}

test('[S23.10] of a list of 1,000 rows only the row renders that changed', async () => {
  const world = makePresence();
  render(<List />, { wrapper: under(world) });
  await quiet();
  renders.clear();
  await say(world, record('user-500', { version: 2, status: 'away' }), record('user-7', { version: 2, status: 'dnd' }));
  expect(Object.fromEntries(renders)).toEqual({ 'user-7': 1, 'user-500': 1 });
  // Somebody of whom the server says the same again is rendered no more.
  renders.clear();
  await say(world, record('user-7', { version: 2, status: 'dnd' }));
  expect(renders.size).toBe(0);
});

const Row = () => <p>{usePresence('alice')?.status}</p>;

test('[S23.10] StrictMode watches once and connects once', async () => {
  const world = makePresence();
  const { unmount } = render(
    <StrictMode>
      <PresenceProvider presence={world.presence}>
        <Row />
        <Row />
      </PresenceProvider>
    </StrictMode>,
  );
  await quiet();
  expect(screen.getAllByText('online')).toHaveLength(2);
  expect(world.server.last().of('watch')).toMatchObject([{ add: ['alice'] }]);
  unmount();
  await act(() => world.clock.advance(1_000));
  expect(world.server.last().of('watch')).toMatchObject([{ add: ['alice'] }, { remove: ['alice'] }]);
});

const State = () => <p>{useConnection().name}</p>;

function App({ round, options }: { round: number; options: Pick<PresenceOptions, 'environment' | 'clock'> }) {
  return (
    <StrictMode>
      <PresenceProvider url="https://presence.test" token={() => `token ${round}`} {...options}>
        <State />
      </PresenceProvider>
    </StrictMode>
  );
}

test('a provider with options makes a client that lives as long as it does, also in StrictMode', async () => {
  const world = makePresence({ autoConnect: false });
  const environment = {
    open: (url: string) => world.server.open(url),
    listen: () => () => {},
    random: () => 0.5,
    device: { description: {} },
  };
  const options = { environment, clock: world.clock };
  const { rerender, unmount } = render(<App round={1} options={options} />);
  await quiet();
  expect(screen.getByText('open')).toBeDefined();
  expect(world.server.live()).toHaveLength(1);
  // Another function at every render is no other client.
  rerender(<App round={2} options={options} />);
  await quiet();
  expect(world.server.sockets).toHaveLength(1);
  unmount();
  expect(world.server.last().heard.at(-1)).toEqual({ type: 'closing' });
  expect(world.server.live()).toHaveLength(0);
});

test('usePresences gives the same array until one of them changes, whatever array it is given', async () => {
  const world = makePresence();
  const { result, rerender } = renderHook(() => usePresences(['alice', 'bob']), { wrapper: under(world) });
  await quiet();
  const before = result.current;
  expect(before.map((each) => each?.id)).toEqual(['alice', 'bob']);
  rerender();
  expect(result.current).toBe(before);
  await say(world, record('bob', { version: 2, status: 'away' }));
  expect(result.current[0]).toBe(before[0]);
  expect(result.current[1]?.status).toBe('away');
});

test('useLastSeen changes by itself at the right moment', async () => {
  const world = makePresence();
  const seenAt = world.clock.now() - 30_000;
  world.server.record = (id) => record(id, { status: 'offline', lastSeenAt: seenAt });
  const { result } = renderHook(() => useLastSeen('alice'), { wrapper: under(world) });
  expect(result.current).toBe('');
  await quiet();
  expect(result.current).toBe('just now');
  await act(() => world.clock.advance(29_999));
  expect(result.current).toBe('just now');
  await act(() => world.clock.advance(1));
  expect(result.current).toBe('1 minute ago');
});

test('useMyPresence knows who one is, and sets what one is shown as', async () => {
  const world = makePresence();
  const { result } = renderHook(() => useMyPresence(), { wrapper: under(world) });
  await quiet();
  expect(result.current.userId).toBe('me');
  expect(result.current.presence).toEqual(record('me'));
  const { setStatus } = result.current;
  await act(() => setStatus('dnd', { text: 'focus' }));
  expect(world.server.last().of('status')).toMatchObject([{ availability: 'dnd', text: 'focus' }]);
  expect(result.current.setStatus).toBe(setStatus);
});

test('useUserStatus serves components of a user context', async () => {
  const world = makePresence();
  const seenAt = world.clock.now() - 600_000;
  world.server.record = (id) => (id === '7' ? record(id) : record(id, { status: 'offline', lastSeenAt: seenAt }));
  const { result, unmount } = renderHook(
    () => {
      const { getUserStatus, userStatuses } = useUserStatus();
      return { seven: getUserStatus(7), eight: getUserStatus('8'), userStatuses };
    },
    { wrapper: under(world) },
  );
  expect(result.current.seven).toEqual({ status: 'offline', lastSeen: null });
  await quiet();
  expect(result.current.seven).toEqual({ status: 'online', lastSeen: new Date(world.clock.now()) });
  expect(result.current.eight).toEqual({ status: 'offline', lastSeen: new Date(seenAt) });
  expect(Object.keys(result.current.userStatuses)).toEqual(['7', '8']);
  // Somebody who stays online stays so for components that only look at the time.
  await act(() => world.clock.advance(60_000));
  expect(world.clock.now() - (result.current.seven.lastSeen?.getTime() ?? 0)).toBeLessThan(30_000);
  unmount();
  await world.clock.advance(1_000);
  expect(world.server.last().of('watch').at(-1)).toMatchObject({ remove: ['7', '8'] });
});

test('a hook without a provider says what is missing', () => {
  expect(() => renderHook(() => usePresence('alice'))).toThrow('<PresenceProvider>');
});
