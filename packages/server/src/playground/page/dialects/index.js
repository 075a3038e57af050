import { speakNative } from './native.js';
import { speakOnlineUsers } from './online-users.js';
import { speakPresenceGateway } from './presence-gateway.js';
import { speakSmartPresence } from './smart-presence.js';
import { speakUserPresence } from './user-presence.js';
import { speakUserStatus } from './user-status.js';

/**
 * The dialects a person can speak. `speak(host)` makes the person's client; what it has a word for it has a member for:
 *
 * - `connect`, `cut` (no goodbye), `leave` (goodbye), `meet(ids)` (these are the others), `back` (did something), `raw(event, text)`: all have;
 * - `background()`, `hide(hidden)`, `status(availability, text)`, `typing(to, isTyping)`: some have.
 *
 * `about` says in a few words what kind of app speaks it; `id` is what an id looks like there.
 */
export const DIALECTS = {
  native: { speak: speakNative, about: 'Porchlight’s own protocol over a plain WebSocket: whole records.', id: 'dave' },
  'smart-presence': { speak: speakSmartPresence, about: 'A chat app with contacts, on Socket.IO. Can show who is typing.', id: 'erin' },
  'user-presence': { speak: speakUserPresence, about: 'A web app that is told phrases: “Active 3 minutes ago”.', id: 'frank' },
  'presence-gateway': { speak: speakPresenceGateway, about: 'A NestJS gateway: Socket.IO requests with acknowledgements.', id: 'grace' },
  'user-status': { speak: speakUserStatus, about: 'Socket.IO with numbers for ids; everybody hears of everybody.', id: '8' },
  'online-users': { speak: speakOnlineUsers, about: 'A phone app without a connection: HTTP heartbeats, and a count.', id: 'heidi' },
};
