import type { Cluster } from './cluster.ts';

/** One node and nobody else. */
export function createSoloCluster(): Cluster {
  return {
    several: false,
    isCutOff: false,
    join: async () => {},
    put: () => {},
    tell: () => {},
    read: () => [],
    rejoin: () => {},
    leave: async () => {},
  };
}
