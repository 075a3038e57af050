import type { Deadlines } from './deadlines.ts';

export interface TypingKey {
  readonly tenant: string;
  readonly from: string;
  readonly to: string;
  readonly conversation: string;
}

/** Who is typing to whom in which conversation, until it is renewed, stopped or old. */
export class TypingTable {
  readonly #deadlines: Deadlines;
  readonly #places = new Map<string, number>();
  readonly #keys: (TypingKey | undefined)[] = [];
  readonly #freePlaces: number[] = [];

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Starts, renews or stops; says whether something that had started was stopped. */
  set(event: TypingKey & { isTyping: boolean }, untilAt: number): boolean {
    const known = this.#places.get(nameOf(event));
    if (known !== undefined) this.#deadlines.remove(known);
    if (!event.isTyping) {
      if (known !== undefined) this.end(known);
      return known !== undefined;
    }
    this.#deadlines.ensure(known ?? this.#begin(event), untilAt);
    return false;
  }

  #begin({ tenant, from, to, conversation }: TypingKey): number {
    const key = { tenant, from, to, conversation };
    const place = this.#freePlaces.pop() ?? this.#keys.length;
    this.#keys[place] = key;
    this.#places.set(nameOf(key), place);
    return place;
  }

  /** Ends the typing at this place, whose deadline is over. */
  end(place: number): TypingKey {
    const key = this.#keys[place] as TypingKey;
    this.#keys[place] = undefined;
    this.#freePlaces.push(place);
    this.#places.delete(nameOf(key));
    return key;
  }
}

// JSON, because any character may stand in an id or a conversation.
function nameOf(key: TypingKey): string {
  return JSON.stringify([key.tenant, key.from, key.to, key.conversation]);
}
