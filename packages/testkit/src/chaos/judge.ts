import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JUDGE_KEY } from './scenario.ts';

/** What a back end is told of one user. */
export interface Account {
  readonly presence: { readonly online: boolean; readonly lastSeenAt: number | null };
  readonly settings: { readonly text: string | null };
}

async function ask<Answer>(url: string, path: string): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, { headers: { 'x-api-key': JUDGE_KEY } });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

export const accountOf = (url: string, user: string) => ask<Account>(url, `/v1/users/${user}`);

export const contactsOf = async (url: string, user: string) => (await ask<{ users: string[] }>(url, `/v1/users/${user}/contacts`)).users;

/** What SQLite finds wrong with a copy of the database, made as the crash left it: the server itself is to do the recovery. */
export function databaseTrouble(data: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-autopsy-'));
  try {
    for (const suffix of ['', '-wal'])
      if (existsSync(join(data, `porchlight.db${suffix}`)))
        cpSync(join(data, `porchlight.db${suffix}`), join(folder, `porchlight.db${suffix}`));
    const database = new DatabaseSync(join(folder, 'porchlight.db'));
    const integrity = JSON.stringify(database.prepare('PRAGMA integrity_check').all());
    const foreign = JSON.stringify(database.prepare('PRAGMA foreign_key_check').all());
    database.close();
    return integrity === '[{"integrity_check":"ok"}]' && foreign === '[]' ? undefined : `${integrity} ${foreign}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
