import { spellAsNumber } from '@porchlight/protocol';
import type { Connection } from './connection.ts';
import type { Dialect, SpelledId } from './dialects/dialect.ts';

/** Whether a connection wants ids as numbers where they can be numbers: as it spelled them itself, else as its dialect does. */
export function spellsNumbers(connection: Pick<Connection, 'spellsNumbers'>, dialect: Dialect): boolean {
  return connection.spellsNumbers ?? dialect.spellsNumbers ?? false;
}

/** An id the way this connection spells ids. */
export function spelledFor(connection: Pick<Connection, 'spellsNumbers'>, dialect: Dialect, id: string): string | number {
  return spellsNumbers(connection, dialect) ? spellAsNumber(id) : id;
}

/** Takes note of how a client spells ids. Once it has spelled one as a number it wants numbers; a text that could be none says nothing. */
export function learnSpelling(connection: Pick<Connection, 'spellsNumbers'>, ids: readonly SpelledId[]): void {
  if (connection.spellsNumbers === true) return;
  if (ids.some(({ spelled }) => typeof spelled === 'number')) connection.spellsNumbers = true;
  else if (ids.some(({ id }) => typeof spellAsNumber(id) === 'number')) connection.spellsNumbers = false;
}
