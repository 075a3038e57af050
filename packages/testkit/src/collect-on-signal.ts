/*
 * Loaded before a server under test (`--import`): on SIGUSR2 it collects its garbage, so that memory is compared and not the moment of the
 * last collection. It costs nothing until then.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

process.on('SIGUSR2', () => {
  if (typeof collect === 'function') collect();
});
