/**
 * The shortest list it can find, of parts of this one in their order, that still fails: by leaving out ever smaller pieces (delta debugging,
 * Zeller 1999). `triesMax` bounds how often `fails` is asked, since each time may start a server.
 */
export async function shrink<Part>(
  parts: readonly Part[],
  fails: (parts: readonly Part[]) => Promise<boolean>,
  triesMax: number,
): Promise<Part[]> {
  let left = [...parts];
  let pieces = 2;
  for (let tries = 0; left.length > 1 && tries < triesMax; ) {
    const size = Math.ceil(left.length / pieces);
    let isShorter = false;
    for (let start = 0; start < left.length && tries < triesMax && !isShorter; start += size) {
      const without = [...left.slice(0, start), ...left.slice(start + size)];
      tries += 1;
      if (without.length > 0 && (await fails(without))) {
        left = without;
        isShorter = true;
      }
    }
    if (isShorter) pieces = Math.max(2, pieces - 1);
    else if (size === 1) break;
    else pieces = Math.min(left.length, pieces * 2);
  }
  return left;
}
