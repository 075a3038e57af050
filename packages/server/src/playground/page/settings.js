import { ask } from './server.js';

/*
 * What belongs to a user and not to a dialect: the status, who may see it, who is a contact or blocked. Everybody sets it over the HTTP API.
 */

const ME = '/v1/me';

/** `{settings: {availability, text, onlineRule, lastSeenRule, coarseLastSeenRule, …}, contacts: [id], blocks: [id]}` */
export async function readAccount(host) {
  const quiet = { quiet: true };
  const [{ settings }, contacts, blocks] = await Promise.all([
    ask(host, 'GET', ME, quiet),
    ask(host, 'GET', `${ME}/contacts`, quiet),
    ask(host, 'GET', `${ME}/blocks`, quiet),
  ]);
  return { settings, contacts: contacts.users, blocks: blocks.users };
}

export const changeSettings = (host, change) => ask(host, 'PATCH', ME, { body: change });

export const setBlocked = (host, id, blocked) => ask(host, blocked ? 'PUT' : 'DELETE', `${ME}/blocks/${encodeURIComponent(id)}`);

export const setContact = (host, id, present) => ask(host, present ? 'PUT' : 'DELETE', `${ME}/contacts/${encodeURIComponent(id)}`);
