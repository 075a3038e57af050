import type { SessionDetails } from '@porchlight/engine';
import type { Identity } from './authenticate.ts';
import type { Connection } from './connection.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Link } from './transports/link.ts';

/** What a transport knows of somebody who connects. */
export interface Arrival {
  link: Link;
  /** Null only in open mode: the first message that names a user will sign in. */
  identity: Identity | null;
  dialects: readonly Dialect[];
  address: string;
  /** The same for the same device of the same user, so that it can replace its lost session; null when unknown. */
  deviceKey: string | null;
  details?: Partial<Omit<SessionDetails, 'dialect'>>;
  watchOnly?: boolean;
  /** The page can be asked for a sign of life. */
  answersPing?: boolean;
  /** Told once when the connection is forgotten. */
  dropped?: (connection: Connection) => void;
}
