import { createPresence } from '../create-presence.ts';
import type { Environment, Signal } from '../environment.ts';
import { plainEnvironment } from '../environment.ts';
import type { Presence } from '../presence.ts';
import type { PresenceOptions } from '../presence-options.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createScriptedServer, type ScriptedServer } from './scripted-server.ts';

export interface TestPresence {
  presence: Presence;
  clock: ManualClock;
  server: ScriptedServer;
  signal(signal: Signal): void;
}

/** A token that says whom it names and when it ends; nobody verifies it here. */
export function tokenOf(claims: Record<string, unknown>): string {
  return `e30.${btoa(JSON.stringify(claims)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')}.x`;
}

/** A presence with a page and a connection of its own, at a scripted server, on a clock that stands still. */
export function makePresence(options: Partial<PresenceOptions> = {}, environment: Partial<Environment> = {}): TestPresence {
  const clock = (options.clock as ManualClock | undefined) ?? createManualClock();
  const server = createScriptedServer(clock.now);
  let hear: (signal: Signal) => void = () => {};
  const presence = createPresence({
    url: 'https://presence.test',
    token: 'opaque',
    clock,
    environment: plainEnvironment({
      open: (url) => server.open(url),
      random: () => 0.5,
      listen(listener) {
        hear = listener;
        return () => {
          hear = () => {};
        };
      },
      ...environment,
    }),
    ...options,
  });
  return { presence, clock, server, signal: (signal) => hear(signal) };
}
