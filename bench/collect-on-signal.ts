/**
 * Loaded before a Node server under test: SIGUSR2 makes it collect its garbage, so that memory is compared and not the moment of the
 * last collection. It costs nothing until then.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

process.on('SIGUSR2', () => {
  // The last resort gives back the young generation too, which grows with the load and not with what is held.
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
});
