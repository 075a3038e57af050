import type { Contestant } from './contestant.ts';
import { httpWire } from './http-wire.ts';
import { porchlightServer } from './porchlight-server.ts';

/** The `online-users` dialect over HTTP: the token is verified and the heartbeat is a lease. */
export const porchlightHttp: Contestant = {
  name: 'porchlight HTTP',
  kind: 'ours',
  lacks: 'nothing of the above',
  server: porchlightServer,
  wire: httpWire,
};
