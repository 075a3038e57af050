import { ask } from './server.js';

/*
 * What belongs to a user and not to a dialect: the status, who may see it, who is blocked. Every person sets it over the HTTP API.
 */

const SETTINGS = '/v1/me/settings';

/** `{availability, text, onlineRule, lastSeenRule, optedOut, …}` */
export const readSettings = (host) => ask(host, 'GET', SETTINGS, { quiet: true });

export const changeSettings = (host, change) => ask(host, 'PATCH', SETTINGS, { body: change });

export const setBlocked = (host, id, blocked) => ask(host, blocked ? 'PUT' : 'DELETE', `/v1/me/blocks/${encodeURIComponent(id)}`);

export const setContact = (host, id, present) => ask(host, present ? 'PUT' : 'DELETE', `/v1/me/contacts/${encodeURIComponent(id)}`);
