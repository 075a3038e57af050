import { expect, test } from 'vitest';
// @ts-expect-error A script without types.
import { BUNDLES, gzippedBytes } from '../../../scripts/check-sizes.mjs';

interface Bundle {
  name: string;
  bytesMax?: number;
  allBytesMax?: number;
}

test.each((BUNDLES as Bundle[]).filter(({ bytesMax, allBytesMax }) => bytesMax ?? allBytesMax))(
  'stays within its size: $name',
  async (bundle) => {
    const { bytesMax = Number.POSITIVE_INFINITY, allBytesMax = Number.POSITIVE_INFINITY } = bundle;
    const { first, all } = (await gzippedBytes(bundle)) as { first: number; all: number };
    expect(first).toBeGreaterThan(1_000);
    expect(first).toBeLessThanOrEqual(bytesMax);
    expect(all).toBeLessThanOrEqual(allBytesMax);
  },
  60_000,
);
