export { Engine } from './engine.ts';
export { type Change, type EngineEvent, type LoadedUser, neverStored, type Outcome, type TypingChange } from './events.ts';
export { type Claim, ENGINE_DEFAULTS, type EngineOptions, NO_CLAIM, type Policy, type Rules } from './policy.ts';
export { type Digest, type Facts, merge, type Slot, sameSlot } from './presence.ts';
export type { Roster } from './roster.ts';
export type { Session, SessionDetails } from './session.ts';
export { Telling } from './telling.ts';
export { showsOnline, type Tenant } from './tenant.ts';
export type { User } from './user.ts';
export {
  AUDIENCE,
  type Audience,
  audienceOf,
  type Grain,
  seesLive,
  tellsApart,
  UNKNOWN_VIEW,
  type View,
  type Viewer,
  viewOf,
} from './visibility.ts';
export { type Watcher, Watches } from './watches.ts';
