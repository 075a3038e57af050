import { foundation } from './sqlite-0001-foundation.ts';
import { grace } from './sqlite-0002-grace.ts';
import { coarse } from './sqlite-0003-coarse.ts';

/** In order; the database's `user_version` says how many of them it has. A published one is never edited: add another. */
export const sqliteMigrations: readonly string[] = [foundation, grace, coarse];
