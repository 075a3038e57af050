/*
 * Columns of plain numbers that grow by an eighth: little is left unused, and copying stays cheap next to what fills it. The smaller column is
 * given up at once and must not be used any more: waiting for the garbage collector, eight generations of a table of watches left 100 bytes a
 * watch in the C library's heap.
 */

const larger = (length: number, wanted: number) => Math.max(wanted, Math.ceil(length * 1.125));

export function grownFloats(column: Float64Array<ArrayBuffer>, wanted = 0): Float64Array<ArrayBuffer> {
  return new Float64Array(column.buffer.transfer(larger(column.length, wanted) * Float64Array.BYTES_PER_ELEMENT));
}

/** What is new holds `fill`. */
export function grownInts(column: Int32Array<ArrayBuffer>, wanted = 0, fill = 0): Int32Array<ArrayBuffer> {
  const { length } = column;
  const grown = new Int32Array(column.buffer.transfer(larger(length, wanted) * Int32Array.BYTES_PER_ELEMENT));
  if (fill !== 0) grown.fill(fill, length);
  return grown;
}

/** A column of which only the first so many numbers are in use, with an eighth to spare. */
export function shrunkInts(column: Int32Array<ArrayBuffer>, used: number): Int32Array<ArrayBuffer> {
  return new Int32Array(column.buffer.transfer(larger(used, 0) * Int32Array.BYTES_PER_ELEMENT));
}
