import type { Clock } from '@porchlight/server';

interface Told {
  readonly at: number;
  readonly user: string;
  readonly online: boolean;
}

/** What one viewer was told, and what its screen shows by now. */
export class ViewerLog {
  readonly #clock: Clock;
  readonly #online = new Map<string, boolean>();
  #flips: Told[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a frame of the native protocol. */
  hear(text: string): void {
    if (!text.startsWith('{"type":"changes"') && !text.startsWith('{"type":"snapshot"')) return;
    const { presences } = JSON.parse(text) as { presences: { id: string; online: boolean }[] };
    for (const { id, online } of presences) this.note(id, online);
  }

  note(user: string, online: boolean): void {
    const known = this.#online.get(user);
    if (known !== undefined && known !== online) this.#flips.push({ at: this.#clock.now(), user, online });
    this.#online.set(user, online);
  }

  /** Whom it shows online. */
  onlineCount(): number {
    let count = 0;
    for (const online of this.#online.values()) if (online) count += 1;
    return count;
  }

  /** How often somebody went or came on its screen since the last time this was asked. */
  takeFlips(): readonly Told[] {
    const flips = this.#flips;
    this.#flips = [];
    return flips;
  }
}
