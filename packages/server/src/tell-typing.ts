import { showsOnline, type TypingChange, type User } from '@porchlight/engine';
import type { Connection } from './connection.ts';
import { spelledFor } from './spelling.ts';

/** Tells the connections of the one who is typed to, as far as they see the sender online, in their own words. */
export function tellTyping(change: TypingChange, sender: User | undefined, connections: Iterable<Connection>, at: number): void {
  if (sender === undefined) return;
  for (const connection of connections) {
    if (!showsOnline(sender, connection.viewer)) continue;
    for (const dialect of connection.dialects) {
      const spell = (id: string) => spelledFor(connection, dialect, id);
      const message = dialect.says.typing?.({ ...change, from: spell(change.from), to: spell(change.to), at });
      if (message !== undefined) connection.link?.say([message]);
    }
  }
}
