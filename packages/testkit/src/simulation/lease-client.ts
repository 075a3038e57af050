import { earliestMs, latestMs, TIMES } from './bounds.ts';
import { tokenFor } from './simulated-client.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Surroundings } from './surroundings.ts';
import type { SessionTruth, UserTruth } from './truth.ts';

/** A client without a connection: it says every now and then that it is there, to whichever node it meets. */
export class LeaseClient {
  readonly user: UserTruth;
  readonly #world: Surroundings;
  readonly #device: string;
  /** The process that has yet to answer. */
  #waitsFor: SimulatedProcess | undefined;
  readonly #leases = new Map<object, SessionTruth>();
  /** When it last logged out, and through which process. */
  #loggedOut: { at: number; process: object } | undefined;

  constructor(world: Surroundings, user: UserTruth, name: string) {
    this.#world = world;
    this.user = user;
    this.#device = `lease ${name}`;
  }

  /** A heartbeat, unless the last request has yet to be answered. */
  heartbeat(process: SimulatedProcess, background: boolean): void {
    this.#request(process, async () => {
      this.#renew(process, false);
      await process.node.leases.heartbeat(await this.#signedIn(process), 'online-users', { background });
      if (!process.machine.dead) this.#renew(process, true);
    });
  }

  logout(process: SimulatedProcess): void {
    this.#request(process, async () => {
      for (const lease of this.#leases.values()) lease.notBefore = 0;
      // Saying goodbye is a sign of life.
      this.#world.prove(this.user, process, false);
      await process.node.leases.logout(await this.#signedIn(process));
      if (process.machine.dead) return;
      const now = this.#world.time.now();
      this.#loggedOut = { at: now, process };
      this.#world.prove(this.user, process, false);
      for (const [holder, lease] of this.#leases) {
        // By clocks that differ it cannot be told whether another node's lease was renewed since.
        if (holder !== process && this.#world.driftMs > 0) continue;
        lease.endBy = Math.min(lease.endBy, now + latestMs(0));
        lease.elsewhere = holder !== process;
      }
      this.#leases.clear();
    });
  }

  #request(process: SimulatedProcess, request: () => Promise<void>): void {
    if (this.#waitsFor?.machine.dead === false) return;
    this.#waitsFor = process;
    process.machine.enter(() => {
      const { machine } = process;
      const heard = { machine };
      this.user.underWay.add(heard);
      // A refusal changes nothing.
      void request()
        .catch(() => undefined)
        .then(() => {
          this.user.underWay.delete(heard);
          this.#waitsFor = undefined;
        });
    });
  }

  // Through another process, so shortly before that by their clocks it may have been after.
  #mayHaveLoggedOut(process: SimulatedProcess): boolean {
    if (this.#loggedOut === undefined || this.#loggedOut.process === process) return false;
    return this.#world.time.now() <= this.#loggedOut.at + this.#world.weather.skewMs;
  }

  async #signedIn(process: SimulatedProcess) {
    const identity = await process.node.identities.identify(tokenFor(this.user, process));
    return identity;
  }

  // A heartbeat under way may have begun a lease already; only one that was answered has for certain.
  #renew(process: SimulatedProcess, answered: boolean): void {
    const now = this.#world.time.now();
    let lease = this.#leases.get(process);
    if (lease === undefined) {
      lease = this.#world.addSession(this.user, {
        user: this.user.id,
        device: this.#device,
        process,
        openedAt: now,
        kind: 'lease',
        live: false,
        shown: 'yes',
        shownAt: 0,
        notBefore: 0,
        endBy: 0,
        open: true,
      });
      this.#leases.set(process, lease);
    }
    // One that ran out long ago was forgotten.
    this.user.sessions.add(lease);
    lease.openedAt = now;
    lease.elsewhere = false;
    lease.endBy = Math.max(lease.endBy, now + latestMs(TIMES.leaseMs));
    if (answered) lease.notBefore = this.#mayHaveLoggedOut(process) ? 0 : now + earliestMs(TIMES.leaseMs);
    this.#world.prove(this.user, process, answered);
  }
}
