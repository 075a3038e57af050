import { showsOnline, type TypingChange, type User } from '@porchlight/engine';
import type { Connection } from './connection.ts';
import { spelledFor } from './spelling.ts';
import { isBehind } from './transports/link.ts';

interface Typing {
  change: TypingChange;
  sender: User | undefined;
  /** Of the one who is typed to. */
  connections: Iterable<Connection>;
  at: number;
  sendBufferBytesMax: number;
}

/**
 * Tells the connections of the one who is typed to, as far as they see the sender online, in their own words; not those that are behind: for a
 * reader that takes nothing, what others type would pile up without end.
 */
export function tellTyping({ change, sender, connections, at, sendBufferBytesMax }: Typing): void {
  if (sender === undefined) return;
  for (const connection of connections) {
    const { link } = connection;
    if (link === null || isBehind(link, sendBufferBytesMax) || !showsOnline(sender, connection.viewer)) continue;
    for (const dialect of connection.dialects) {
      const spell = (id: string) => spelledFor(connection, dialect, id);
      const message = dialect.says.typing?.({ ...change, from: spell(change.from), to: spell(change.to), at });
      if (message !== undefined) link.say([message]);
    }
  }
}
