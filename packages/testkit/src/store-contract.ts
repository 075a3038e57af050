import { describe } from 'vitest';
import { describeForget } from './store-contract/forget.ts';
import { describeHistories } from './store-contract/histories.ts';
import { describeHistory } from './store-contract/history.ts';
import { describeIds } from './store-contract/ids.ts';
import { describeLifecycle } from './store-contract/lifecycle.ts';
import { describeRecovery } from './store-contract/recovery.ts';
import { describeRelations } from './store-contract/relations.ts';
import type { StorePlace } from './store-contract/scene.ts';
import { describeUsers } from './store-contract/users.ts';

export type { StorePlace } from './store-contract/scene.ts';
export { describeSharedStore, type OpenSharedPlace } from './store-contract/shared.ts';

export interface StoreContractOptions {
  /** Makes a new, empty place; called for most tests, and the place removed after each. */
  open(): Promise<StorePlace>;
  /** How many random histories are compared with the model; 20 unless given. */
  histories?: number;
}

/**
 * Holds a store to its interface. To be called at the top of a test file:
 *
 *     describeStoreContract('sqlite', { open: async () => ({ create: () => createSqliteStore({ file }), crash, remove }) });
 *
 * Random tests are seeded; `PORCHLIGHT_SEED` gives another seed, and a failure names the one to repeat it with.
 */
export function describeStoreContract(name: string, { open, histories = 20 }: StoreContractOptions): void {
  describe(`${name} store`, () => {
    describeLifecycle(open);
    describeUsers(open);
    describeIds(open);
    describeRelations(open);
    describeForget(open);
    describeHistory(open);
    describeRecovery(open);
    describeHistories(open, histories);
  });
}
