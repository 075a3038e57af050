import { type Channel, type Environment, plainEnvironment, type Sharing, type Signal } from './environment.ts';

const DEVICE_KEY = 'porchlight-device';

// Storage may be forbidden (private windows, sandboxed frames): then the server cannot tell that a device returned, and nothing worse.
function deviceId(): string | undefined {
  try {
    localStorage[DEVICE_KEY] ??= crypto.randomUUID();
    return localStorage[DEVICE_KEY];
  } catch {
    return undefined;
  }
}

// Web Locks are missing on insecure origins and in old browsers; where they are, channels are too.
function browserSharing(): Sharing | undefined {
  const { locks } = navigator;
  return locks && { locks: locks as unknown as Sharing['locks'], channel: (name) => new BroadcastChannel(name) as Channel };
}

/** A page in a browser. */
export function browserEnvironment(): Environment {
  return plainEnvironment({ listen, sharing: browserSharing(), device: { id: deviceId(), description: { platform: 'web' } } });
}

function listen(hear: (signal: Signal) => void): () => void {
  const ending = new AbortController();
  const on = (target: EventTarget, names: string, tell: (event: Event) => void) => {
    for (const name of names.split(' ')) target.addEventListener(name, tell, { capture: true, passive: true, signal: ending.signal });
  };
  const visibility = () => hear(document.hidden ? 'hidden' : 'shown');
  on(window, 'pointerdown pointermove keydown touchstart wheel scroll', () => hear('input'));
  on(document, 'visibilitychange', visibility);
  on(document, 'freeze', () => hear('frozen'));
  on(document, 'resume', () => hear('resumed'));
  on(window, 'pagehide', () => hear('closing'));
  // A page that comes back out of the back/forward cache.
  on(window, 'pageshow', (event) => (event as PageTransitionEvent).persisted && hear('resumed'));
  on(window, 'online offline', (event) => hear(event.type as Signal));
  if (document.hidden) visibility();
  return () => ending.abort();
}

/** The environment that this code runs in. */
export function detectEnvironment(): Environment {
  return typeof document === 'undefined' ? plainEnvironment() : browserEnvironment();
}
