import { expect, test } from 'vitest';
// @ts-expect-error A script without types.
import { BUNDLES, gzippedBytes } from '../../../scripts/check-sizes.mjs';

interface Bundle {
  name: string;
  code: string;
  external?: (string | RegExp)[];
  bytesMax?: number;
  allBytesMax?: number;
}

test.each((BUNDLES as Bundle[]).filter(({ bytesMax, allBytesMax }) => bytesMax ?? allBytesMax))(
  'stays within its size: $name',
  async ({ code, external, bytesMax = Number.POSITIVE_INFINITY, allBytesMax = Number.POSITIVE_INFINITY }) => {
    const { first, all } = (await gzippedBytes(code, external)) as { first: number; all: number };
    expect(first).toBeLessThanOrEqual(bytesMax);
    expect(all).toBeLessThanOrEqual(allBytesMax);
  },
  60_000,
);
