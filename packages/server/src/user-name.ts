import type { User } from '@porchlight/engine';

/** Which user of which tenant: ids of two tenants have nothing to do with each other. */
export interface UserName {
  readonly tenant: string;
  readonly user: string;
}

/** A user's place in maps of all tenants' users. A NUL cannot stand in an id. */
export const keyOf = ({ tenant, user }: UserName): string => `${tenant}\u0000${user}`;

/** How a user in memory is named to the cluster and the store. */
export const nameOf = ({ tenant, id }: User): UserName => ({ tenant: tenant.name, user: id });
