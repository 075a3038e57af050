export interface FrameLimits {
  /** Bytes of one frame. */
  frameBytesMax: number;
  /** Ids in one frame. */
  idsMax: number;
}

/** What a frame holds besides its ids. */
const AROUND_BYTES = 200;

/** Parts these ids so that each part fits into a frame. */
export function frameParts(ids: readonly string[], { frameBytesMax, idsMax }: FrameLimits): string[][] {
  const parts: string[][] = [];
  let part: string[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    // A UTF-16 unit is at most three bytes.
    bytes += id.length * 3 + 3;
    if (part.length >= idsMax || bytes > frameBytesMax) {
      part = [];
      bytes = AROUND_BYTES + id.length * 3 + 3;
      parts.push(part);
    }
    part.push(id);
  }
  return parts;
}
