import { join } from 'node:path';

/** The database in the data folder (beside it SQLite keeps `-wal` and `-shm`, and the store its `.lock`). */
export function databasePath(data: string): string {
  return join(data, 'porchlight.db');
}

/** The made secret that tokens are signed with. */
export function secretPath(data: string): string {
  return join(data, 'jwt-secret');
}
