// @vitest-environment jsdom
import { afterEach, expect, test, vi } from 'vitest';
import { browserEnvironment, detectEnvironment } from './browser-environment.ts';
import { type Channel, plainEnvironment, reactNativeEnvironment, type Signal } from './environment.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  localStorage.clear();
});

function heard(environment = browserEnvironment()) {
  const signals: Signal[] = [];
  const stop = environment.listen((signal) => signals.push(signal));
  return { signals, stop };
}

test('hears of input, visibility, freezing, closing, and the network', () => {
  const { signals, stop } = heard();
  const tell = (target: EventTarget, name: string, more = {}) => target.dispatchEvent(Object.assign(new Event(name), more));
  for (const name of ['pointerdown', 'pointermove', 'keydown', 'touchstart', 'wheel']) tell(document.body, name);
  tell(window, 'scroll');
  // jsdom's own events do not bubble; the page's do.
  document.body.dispatchEvent(new Event('keydown', { bubbles: true }));
  expect(new Set(signals)).toEqual(new Set(['input']));
  signals.length = 0;
  const hidden = vi.spyOn(document, 'hidden', 'get');
  hidden.mockReturnValue(true);
  tell(document, 'visibilitychange');
  tell(document, 'freeze');
  tell(document, 'resume');
  hidden.mockReturnValue(false);
  tell(document, 'visibilitychange');
  tell(window, 'offline');
  tell(window, 'online');
  tell(window, 'pagehide');
  tell(window, 'pageshow', { persisted: false });
  tell(window, 'pageshow', { persisted: true });
  expect(signals).toEqual(['hidden', 'frozen', 'resumed', 'shown', 'offline', 'online', 'closing', 'resumed']);
  stop();
  tell(window, 'online');
  expect(signals).toHaveLength(8);
});

test('says so at once when the page begins hidden', () => {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  expect(heard().signals).toEqual(['hidden']);
});

test('remembers the device, and does without where that is forbidden', () => {
  const { id } = browserEnvironment().device;
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(browserEnvironment().device.id).toBe(id);
  vi.stubGlobal('localStorage', undefined);
  expect(browserEnvironment().device.id).toBeUndefined();
});

test('shares where there are locks', () => {
  expect(detectEnvironment().sharing).toBeUndefined();
  vi.stubGlobal('navigator', { locks: { request: async () => {} } });
  const channel = detectEnvironment().sharing?.channel('a name') as Channel;
  expect(channel).toBeInstanceOf(BroadcastChannel);
  channel.close();
});

test('is plain where there is no page, and every part can be replaced', () => {
  vi.stubGlobal('document', undefined);
  expect(detectEnvironment().device.description).toEqual({ platform: 'node' });
  expect(plainEnvironment({ random: () => 0.25 }).random()).toBe(0.25);
});

test('follows the state of a React Native app', () => {
  let change: (state: string) => void = () => {};
  const remove = vi.fn();
  const appState = {
    currentState: 'active',
    addEventListener(_type: 'change', listener: (state: string) => void) {
      change = listener;
      return { remove };
    },
  };
  const environment = reactNativeEnvironment(appState, 'ios', 'device 1');
  expect(environment.device).toEqual({ id: 'device 1', description: { platform: 'ios' } });
  const { signals, stop } = heard(environment);
  change('inactive');
  change('active');
  expect(signals).toEqual(['hidden', 'shown', 'input']);
  stop();
  expect(remove).toHaveBeenCalled();
});
