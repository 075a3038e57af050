import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Findings, JUDGE_KEY } from './scenario.ts';
import type { Writer } from './writer.ts';

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

const contactsOf = async (url: string, user: string) => (await ask<{ users: string[] }>(url, `/v1/users/${user}/contacts`)).users;

/** Looks whether what a writer was told is stored is there; what is found is what there is to be kept from now on. */
export async function judgeWrites({ user, text, contacts }: Writer, url: string, findings: Findings): Promise<void> {
  const { settings } = await accountOf(url, user);
  const allowed = text.allowed();
  findings.check('[I3] settings as acknowledged', allowed.includes(settings.text), () => `${user}: ${settings.text}, not of ${allowed}`);
  text.settle(settings.text);
  const found = new Set(await contactsOf(url, user));
  for (const [other, ledger] of contacts) {
    const isContact = found.has(other);
    findings.check('[I3] contacts as acknowledged', ledger.allowed().includes(isContact), () => `${user} and ${other}: ${isContact}`);
    ledger.settle(isContact);
  }
}

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
