import { audienceOf, showsOnline, type Tenant, type User, type View, type Viewer, viewOf } from '@porchlight/engine';

export interface OnlinePerson {
  readonly user: User;
  readonly view: View;
}

interface OnlineListOptions {
  limit: number;
  /** Only ids after this one, in code unit order. */
  after?: string | undefined;
  /** Only people shown with one of these statuses. */
  statuses?: readonly string[] | undefined;
}

/**
 * People whom this viewer sees online, by id, at most `limit`. What is shown is found out first; filter, order and cut work on nothing else.
 */
export function listOnline(tenant: Tenant | undefined, viewer: Viewer, { limit, after, statuses }: OnlineListOptions): OnlinePerson[] {
  const people: OnlinePerson[] = [];
  if (tenant === undefined || tenant.name !== viewer.tenant) return people;
  for (const user of tenant.users.values()) {
    // Among a hundred thousand most are beyond the last place: comparing ids is cheaper than asking who may see them.
    const last = people[limit - 1];
    if ((after !== undefined && user.id <= after) || (last !== undefined && user.id > last.user.id)) continue;
    if (!showsOnline(user, viewer)) continue;
    // At whatever time: of those who are seen online nothing is shown coarsely.
    const view = viewOf(user, audienceOf(viewer, tenant.name, user.id, user.facts), 0);
    if (statuses !== undefined && !statuses.includes(view.status)) continue;
    people.splice(placeOf(user.id, people), 0, { user, view });
    if (people.length > limit) people.pop();
  }
  return people;
}

function placeOf(id: string, people: readonly OnlinePerson[]): number {
  let low = 0;
  let high = people.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((people[middle] as OnlinePerson).user.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What lists may show of a person: never the address of a mailbox unless the operator said so. */
export function shownProfile(user: User, expose: readonly string[]): Readonly<Record<string, string | undefined>> {
  const shown: Record<string, string | undefined> = {};
  for (const [field, value] of Object.entries(user.profile ?? {}))
    if (ALWAYS_SHOWN.has(field) || expose.includes(field)) shown[field] = value;
  return shown;
}

const ALWAYS_SHOWN = new Set(['name', 'role', 'userType', 'userName']);

/** Whoever is not signed in. */
export function publicViewer(tenant: string): Viewer {
  return { tenant, user: null };
}
