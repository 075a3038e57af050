/**
 * How deeply arrays and objects of a parsed payload are nested, without recursion: 0 for a plain value. Stops looking, with `depthMax + 1`,
 * once it is deeper than `depthMax`.
 */
export function depthOf(payload: unknown, depthMax: number): number {
  if (typeof payload !== 'object' || payload === null) return 0;
  let level: object[] = [payload];
  for (let depth = 1; ; depth += 1) {
    const next: object[] = [];
    for (const each of level) for (const value of Object.values(each)) if (typeof value === 'object' && value !== null) next.push(value);
    if (next.length === 0 || depth > depthMax) return depth;
    level = next;
  }
}
