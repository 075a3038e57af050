import { type Deadlines, Timed } from './deadlines.ts';

export interface TypingKey {
  readonly tenant: string;
  readonly from: string;
  readonly to: string;
  readonly conversation: string;
}

/** One person typing to another in one conversation, until it is renewed, stopped or old. */
export class Typing extends Timed {
  readonly key: TypingKey;

  constructor(key: TypingKey) {
    super();
    this.key = key;
  }
}

export class TypingTable {
  readonly #typing = new Map<string, Typing>();

  /** Starts, renews or stops; says whether something that had started was stopped. */
  set(event: TypingKey & { isTyping: boolean }, untilAt: number, deadlines: Deadlines): boolean {
    const name = nameOf(event);
    const known = this.#typing.get(name);
    if (known !== undefined) deadlines.remove(known);
    if (!event.isTyping) return this.#typing.delete(name);
    const typing = known ?? new Typing({ tenant: event.tenant, from: event.from, to: event.to, conversation: event.conversation });
    this.#typing.set(name, typing);
    deadlines.ensure(typing, untilAt);
    return false;
  }

  end(typing: Typing): TypingKey {
    this.#typing.delete(nameOf(typing.key));
    return typing.key;
  }
}

// JSON, because any character may stand in an id or a conversation.
function nameOf(key: TypingKey): string {
  return JSON.stringify([key.tenant, key.from, key.to, key.conversation]);
}
