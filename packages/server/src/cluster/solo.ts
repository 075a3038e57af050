import type { Cluster } from './cluster.ts';

/** One node and nobody else. */
export function createSoloCluster(): Cluster {
  return {
    join: async () => {},
    put: () => {},
    announce: () => {},
    read: async () => [],
    leave: async () => {},
  };
}
