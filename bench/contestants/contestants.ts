import { aedes } from './aedes.ts';
import type { Contestant } from './contestant.ts';
import { ejabberd } from './ejabberd.ts';
import { floorHttp } from './floor-http.ts';
import { floorSend } from './floor-send.ts';
import { floorSocketio } from './floor-socketio.ts';
import { floorWs, floorWsBatched } from './floor-ws.ts';
import { hocuspocus } from './hocuspocus.ts';
import { mosquitto } from './mosquitto.ts';
import { naive } from './naive.ts';
import { naiveHttp } from './naive-http.ts';
import { porchlightGateway } from './porchlight-gateway.ts';
import { porchlightHttp } from './porchlight-http.ts';
import { porchlightNative } from './porchlight-native.ts';
import { porchlightSocketio } from './porchlight-socketio.ts';
import { prosody } from './prosody.ts';
import { socketcluster } from './socketcluster.ts';
/** In the order of the report. */
export const contestants: readonly Contestant[] = [
  porchlightNative,
  porchlightSocketio,
  porchlightGateway,
  porchlightHttp,
  floorSend,
  floorWs,
  floorWsBatched,
  floorSocketio,
  floorHttp,
  naive,
  naiveHttp,
  mosquitto,
  aedes,
  socketcluster,
  hocuspocus,
  prosody,
  ejabberd,
];
