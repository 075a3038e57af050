import type { EngineEvent } from '@porchlight/engine';
import type { Checks } from './checks.ts';
import { compareStored } from './durability.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { UserTruth } from './truth.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Parts {
  time: VirtualTime;
  checks: Checks;
  /** How far the clocks of several nodes are apart. */
  skewMs(): number;
  /** Some process that can be asked what is stored. */
  anyProcess(): SimulatedProcess | undefined;
}

/** What users change about themselves, through whichever node: when it is certain, and when nobody can know. */
export class SettingsChanges {
  readonly #parts: Parts;
  /** Changes that were begun and not acknowledged, by process. */
  readonly #pending = new Map<SimulatedProcess, Map<UserTruth, number>>();
  /** A process died over a change of theirs: only the store knows what became of it. */
  readonly #unresolved = new Set<UserTruth>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Changes what a user has set, through the service of one node, as the app's back end does. */
  begin(user: UserTruth, process: SimulatedProcess, event: EngineEvent, apply: () => void): void {
    const { settings } = user;
    process.machine.enter(() => {
      if (!process.started) return;
      const { service } = process.node;
      const change = async () => {
        await service.load(user.tenant, [user.id]);
        if (this.#isPendingElsewhere(user, process)) this.#doubt(user);
        settings.certain = false;
        settings.pending += 1;
        settings.changedAt = this.#parts.time.now();
        this.#count(process, user, 1);
        apply();
        user.hasAllowedBuckets ||= settings.coarseLastSeenRule !== 'nobody';
        await service.stepDurably(event);
      };
      change().then(
        () => this.#acknowledged(user, process),
        () => this.#acknowledgeLater(user, process),
      );
    });
  }

  /** Nothing of the user's presence may be recorded from now on, or may be again, once every process has heard of it. */
  optOut(user: UserTruth, optedOut: boolean, heardAfterMs: number, processes: () => readonly SimulatedProcess[]): void {
    user.settings.optedOut = optedOut;
    if (optedOut) return user.forget();
    // Whoever is connected is seen by each node when that hears of it.
    const beingHeard = { machine: { dead: false } };
    user.underWay.add(beingHeard);
    this.#parts.time.after(heardAfterMs, () => {
      user.underWay.delete(beingHeard);
      for (const process of processes())
        if ([...user.sessions].some((session) => session.process === process)) user.prove(process.machine.clock.now(), false);
    });
  }

  /** A process of several died: nobody is going to acknowledge what it had begun. */
  died(process: SimulatedProcess): void {
    for (const [user, count] of this.#pending.get(process) ?? []) {
      user.settings.pending = Math.max(0, user.settings.pending - count);
      this.#doubt(user);
    }
    this.#pending.delete(process);
  }

  // Of two changes under way through two nodes either may be stored last.
  #isPendingElsewhere(user: UserTruth, process: SimulatedProcess): boolean {
    for (const [other, counts] of this.#pending) if (other !== process && (counts.get(user) ?? 0) > 0) return true;
    return false;
  }

  #doubt(user: UserTruth): void {
    this.#unresolved.add(user);
    this.#parts.time.after(1_000, () => this.#resolve());
  }

  #count(process: SimulatedProcess, user: UserTruth, by: number): void {
    const counts = this.#pending.get(process) ?? new Map<UserTruth, number>();
    this.#pending.set(process, counts.set(user, (counts.get(user) ?? 0) + by));
  }

  #acknowledged(user: UserTruth, process: SimulatedProcess): void {
    const { settings } = user;
    if (process.machine.dead || settings.pending === 0) return;
    settings.pending -= 1;
    this.#count(process, user, -1);
    if (settings.pending === 0 && !this.#unresolved.has(user)) settings.certain = true;
    settings.changedAt = this.#parts.time.now();
  }

  // What the store refused is tried again until it is taken.
  #acknowledgeLater(user: UserTruth, process: SimulatedProcess): void {
    process.machine.after(2_000, () => {
      process.node.service.flushed().then(
        () => this.#acknowledged(user, process),
        () => this.#acknowledgeLater(user, process),
      );
    });
  }

  #resolve(): void {
    const { time, anyProcess, checks, skewMs } = this.#parts;
    const process = anyProcess();
    for (const user of this.#unresolved) {
      if (user.settings.pending > 0 || process === undefined) continue;
      const { changedAt } = user.settings;
      void process.node.parts.store.load(user.tenant, [user.id]).then(
        ([stored]) => {
          // Relations of somebody without a record are kept, and shown only once there is one.
          if (stored === undefined || user.settings.pending > 0 || user.settings.changedAt !== changedAt) return;
          this.#unresolved.delete(user);
          user.settings.certain = false;
          compareStored(checks, user, stored, time.now(), skewMs());
        },
        () => {},
      );
    }
    if (this.#unresolved.size > 0) time.after(1_000, () => this.#resolve());
  }
}
