import type { EngineEvent } from '@porchlight/engine';
import { SECRET, type Stage, VIEWER } from './stage.ts';

/** Why the viewer may not see the one with the secret; or, of `buckets`, may see no more of them than in which of these they were seen. */
const SECRECIES = ['invisible', 'blocked', 'nobody', 'no contact', 'opted out', 'other tenant', 'buckets'] as const;
type Secrecy = (typeof SECRECIES)[number];

/** How the secrecy goes in one pair of worlds. */
export interface Course {
  readonly secrecy: Secrecy;
  /** From the start on; midway, of somebody who was seen until then; or midway and not for ever. */
  readonly lasts: 'always' | 'from midway' | 'for a while';
}

/** Kinds of hiding that show nothing afterwards of what was done meanwhile: the others are rules about who sees, and not about what there is to see. */
const FORGETFUL: readonly Secrecy[] = ['invisible', 'opted out'];

export const COURSES: readonly Course[] = SECRECIES.flatMap((secrecy) => [
  { secrecy, lasts: 'always' as const },
  // Nobody moves from one tenant to another.
  ...(secrecy === 'other tenant' ? [] : [{ secrecy, lasts: 'from midway' as const }]),
  ...(FORGETFUL.includes(secrecy) ? [{ secrecy, lasts: 'for a while' as const }] : []),
]);

export const tenantOf = ({ secrecy }: Course) => (secrecy === 'other tenant' ? 'other' : 'default');

/** What holds before it is hidden, beyond what holds of everybody. */
export async function befriend(stage: Stage, { secrecy }: Course): Promise<void> {
  if (secrecy !== 'no contact') return;
  await relate(stage, 'contact', true);
  await settings(stage, { onlineRule: 'contacts', lastSeenRule: 'contacts' });
}

/** Resolves when the one with the secret is acknowledged to be hidden from the viewer. */
export async function hide(stage: Stage, { secrecy }: Course): Promise<void> {
  switch (secrecy) {
    case 'invisible':
      return settings(stage, { availability: 'invisible' });
    case 'blocked':
      return relate(stage, 'block', true);
    case 'nobody':
      return settings(stage, { onlineRule: 'nobody', lastSeenRule: 'nobody' });
    case 'no contact':
      return relate(stage, 'contact', false);
    case 'opted out':
      return settings(stage, { optedOut: true });
    case 'other tenant':
      return;
    case 'buckets':
      return settings(stage, { onlineRule: 'nobody', lastSeenRule: 'nobody', coarseLastSeenRule: 'everyone' });
  }
}

/** Ends a secrecy that is forgetful. */
export async function reveal(stage: Stage): Promise<void> {
  await settings(stage, { availability: 'auto', optedOut: false });
}

async function settings(stage: Stage, fields: object): Promise<void> {
  await step(stage, { type: 'settings', tenant: 'default', user: SECRET, ...fields } as EngineEvent);
}

async function relate(stage: Stage, kind: 'block' | 'contact', present: boolean): Promise<void> {
  await step(stage, { type: 'relate', tenant: 'default', user: SECRET, kind, others: [VIEWER], present });
}

async function step({ process: { node } }: Stage, event: EngineEvent): Promise<void> {
  await node.service.load('default', [SECRET]);
  await node.service.stepDurably(event);
}
