import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { databasePath, secretPath } from '../data-folder.ts';
import type { ServerOptions } from '../options.ts';
import { readSecret } from '../secrets.ts';
import { sqliteMigrations } from '../stores/migrations/sqlite.ts';
import { explain } from '../stores/sqlite-file.ts';
import { broken, type Finding, ok, suspicious } from './finding.ts';

const FREE_BYTES_MIN = 100 * 1_048_576;
const WRITABLE_BY_OTHERS = 0o022;
const CLOCK_BACK_MAX_MS = 60_000;

const needsFolder = ({ store, auth, jwtSecret, jwtPublicKey, jwksUrl }: ServerOptions) =>
  store !== 'memory' || (auth === 'jwt' && (jwtSecret ?? jwtPublicKey ?? jwksUrl) === null);

/** The folder itself, or the nearest one above it that exists. */
function nearestFolder(path: string): string {
  let folder = resolve(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

export function checkFolder(options: ServerOptions): Finding[] {
  if (!needsFolder(options)) return [];
  const wanted = resolve(options.data);
  const folder = nearestFolder(wanted);
  try {
    const { mode } = statSync(folder);
    if (!statSync(folder).isDirectory()) return [broken(`${folder} is a file; --data needs a folder.`)];
    accessSync(folder, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(folder);
    const findings = [ok(folder === wanted ? `Data folder ${wanted}` : `Data folder ${wanted} (not there yet; it will be made)`)];
    if (folder === wanted && process.platform !== 'win32' && (mode & WRITABLE_BY_OTHERS) !== 0) {
      findings.push(suspicious(`Others may write in ${wanted}. Run \`chmod 700 ${wanted}\`.`));
    }
    if (bavail * bsize < FREE_BYTES_MIN)
      findings.push(suspicious(`Only ${Math.floor((bavail * bsize) / 1_048_576)} MiB are free for ${wanted}.`));
    return findings;
  } catch (error) {
    return [
      broken(
        `${folder} cannot be written by this user (${error instanceof Error ? error.message : String(error)}). Change its owner, or --data.`,
      ),
    ];
  }
}

export function checkSecret({ auth, jwtSecret, jwtPublicKey, jwksUrl, data }: ServerOptions): Finding[] {
  if (auth === 'open') return [];
  if (jwtSecret !== null) return [ok('Token secret: from --jwt-secret')];
  if ((jwtPublicKey ?? jwksUrl) !== null) return [];
  try {
    const isThere = readSecret(data) !== undefined;
    return [
      ok(
        isThere
          ? `Token secret: ${secretPath(data)}, for its owner only`
          : `Token secret: none yet; it will be made in ${secretPath(data)}`,
      ),
    ];
  } catch (error) {
    return [broken(error instanceof Error ? error.message : String(error))];
  }
}

/** Reads the whole database once, without writing: also while a server runs on it. */
export function checkDatabase({ store, data }: ServerOptions, clock: Clock): Finding[] {
  if (store !== 'sqlite') return [];
  const file = databasePath(data);
  if (!existsSync(file)) return [ok(`Database: none yet; it will be made in ${file}`)];
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    return readDatabase(database, file, clock.now());
  } catch (error) {
    return [broken(explain(error, file).message)];
  } finally {
    database?.close();
  }
}

function readDatabase(database: DatabaseSync, file: string, now: number): Finding[] {
  const value = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];
  const version = Number(value('PRAGMA user_version'));
  if (version > sqliteMigrations.length) {
    return [broken(`${file} was written by a newer Porchlight (tables of version ${version}, this one knows ${sqliteMigrations.length}).`)];
  }
  const health = value('PRAGMA quick_check(1)');
  if (health !== 'ok') return [broken(`The database ${file} is damaged: ${String(health)}. Restore a backup.`)];
  const findings = [ok(`Database ${file}, sound, tables of version ${version} of ${sqliteMigrations.length}`)];
  if (version === 0) return findings;
  const aliveAt = value('SELECT max(alive_at) FROM nodes');
  if (typeof aliveAt === 'number' && aliveAt > now + CLOCK_BACK_MAX_MS) {
    const aheadS = Math.round((aliveAt - now) / 1_000);
    findings.push(broken(`The clock is ${aheadS} s behind what a server last wrote here: it was set back, or was wrong then.`));
  }
  return findings;
}
