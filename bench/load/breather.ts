/** Long enough for some fifty deliveries to gather, short beside every latency that is measured. */
const BREATH_MS = 0.5;
const nobody = new Int32Array(new SharedArrayBuffer(4));
let isDue = false;

function breathe(): void {
  isDue = false;
  Atomics.wait(nobody, 0, 0, BREATH_MS);
}

/**
 * Has the process sleep for a moment once everything that has arrived is read, so that what comes next is read together: being woken for
 * each delivery costs the load a third more, and the server too, in whose time the kernel does the waking. Latencies are up to a breath too long.
 */
export function breatheAfterReading(): void {
  if (isDue) return;
  isDue = true;
  setImmediate(breathe);
}
