import { showsOnline, type TypingChange, type User } from '@porchlight/engine';
import { spellAsNumber } from '@porchlight/protocol';
import type { Connection } from './connection.ts';

/** Tells the connections of the one who is typed to, as far as they see the sender online, in their own words. */
export function tellTyping(change: TypingChange, sender: User | undefined, connections: Iterable<Connection>, at: number): void {
  if (sender === undefined) return;
  for (const connection of connections) {
    if (!showsOnline(sender, connection.viewer)) continue;
    const spell = (id: string) => (connection.spellsNumbers ? spellAsNumber(id) : id);
    for (const dialect of connection.dialects) {
      const message = dialect.says.typing?.({ ...change, from: spell(change.from), to: spell(change.to), at });
      if (message !== undefined) connection.link?.say([message]);
    }
  }
}
