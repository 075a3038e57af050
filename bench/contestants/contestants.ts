import type { Contestant } from './contestant.ts';
import { floorWs, floorWsBatched } from './floor-ws.ts';

/** In the order of the report. */
export const contestants: readonly Contestant[] = [floorWs, floorWsBatched];
