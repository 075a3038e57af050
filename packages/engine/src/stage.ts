import { Engine } from './engine.ts';
import type { EngineEvent, Outcome } from './events.ts';
import { neverStored } from './events.ts';
import { ENGINE_DEFAULTS, type EngineOptions } from './policy.ts';
import type { SessionDetails } from './session.ts';
import type { User } from './user.ts';
import type { View, Viewer } from './visibility.ts';

/** A moment to begin at; any would do. */
export const START_AT = 1_800_000_000_000;

export const DETAILS: Readonly<SessionDetails> = Object.freeze({
  dialect: 'test',
  platform: null,
  appVersion: null,
  device: null,
  screen: null,
});

export const APP = 'app';
export const as = (user: string | null, tenant = APP): Viewer => ({ tenant, user });

/** An engine whose time is moved by hand, for tests: events happen at `now`, and whatever falls due on the way happens at its own time. */
export class Stage {
  readonly engine: Engine;
  now = START_AT;
  readonly outcomes: Outcome[] = [];
  #sessions = 0;

  constructor(options: Partial<EngineOptions> = {}) {
    this.engine = new Engine(options);
  }

  step(event: EngineEvent): Outcome {
    const outcome = this.engine.step(event, this.now);
    this.outcomes.push(outcome);
    return outcome;
  }

  /** Moves on by `ms`, stepping at every deadline on the way as the shell's one alarm would. */
  advance(ms: number): void {
    const end = this.now + ms;
    while (this.engine.nextAt() <= end) {
      this.now = Math.max(this.now, this.engine.nextAt());
      this.step({ type: 'time' });
    }
    this.now = end;
  }

  load(user: string, stored: Partial<ReturnType<typeof neverStored>> = {}, tenant = APP): User {
    this.step({ type: 'loaded', tenant, users: [{ ...neverStored(user, ENGINE_DEFAULTS), ...stored }] });
    return this.user(user, tenant);
  }

  user(user: string, tenant = APP): User {
    const found = this.engine.roster.find(tenant, user);
    if (found === undefined) throw new Error(`${user} was not loaded`);
    return found;
  }

  /** Opens a session of a user, who is loaded if need be, and returns its number. */
  open(user: string, given: Partial<Extract<EngineEvent, { type: 'open' }>> = {}): number {
    const tenant = given.tenant ?? APP;
    if (this.engine.roster.find(tenant, user) === undefined) this.load(user, {}, tenant);
    this.#sessions += 1;
    this.step({
      type: 'open',
      session: this.#sessions,
      tenant,
      user,
      kind: 'link',
      details: { ...DETAILS },
      deviceKey: null,
      ...given,
    });
    return this.#sessions;
  }

  settings(user: string, settings: Omit<Extract<EngineEvent, { type: 'settings' }>, 'type' | 'tenant' | 'user'>, tenant = APP): Outcome {
    return this.step({ type: 'settings', tenant, user, ...settings });
  }

  relate(user: string, kind: 'contact' | 'block', other: string, present = true): Outcome {
    return this.step({ type: 'relate', tenant: APP, user, kind, others: [other], present });
  }

  see(id: string, viewer: Viewer = as('viewer')): View {
    return this.engine.roster.view(viewer, id, this.now);
  }

  /** Everything that was said since the last call, as `user before→after`. */
  told(): string[] {
    const told = this.outcomes.flatMap(({ changes }) =>
      changes.map(({ user, before, after }) => `${user.id} ${before.status}→${after.status}`),
    );
    this.outcomes.length = 0;
    return told;
  }
}
