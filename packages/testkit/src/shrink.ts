/**
 * Leaves out whatever parts are not needed for it to fail still, and keeps the others in their order: halves first, then ever smaller pieces,
 * until no single part can go (delta debugging: Zeller 1999). `triesMax` bounds how often `fails` is asked, since each time may start a server.
 */
export async function shrink<Part>(
  parts: readonly Part[],
  fails: (parts: readonly Part[]) => Promise<boolean>,
  triesMax: number,
): Promise<Part[]> {
  let left = [...parts];
  let tries = 0;
  for (let size = Math.ceil(left.length / 2); size >= 1 && tries < triesMax; ) {
    const { length } = left;
    for (let start = 0; start < left.length && tries < triesMax; ) {
      const without = [...left.slice(0, start), ...left.slice(start + size)];
      tries += 1;
      if (await fails(without)) left = without;
      else start += size;
    }
    if (size === 1 && left.length === length) break;
    size = Math.ceil(size / 2);
  }
  return left;
}
