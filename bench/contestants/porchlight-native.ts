import type { Contestant } from './contestant.ts';
import { nativeWire } from './native-wire.ts';
import { porchlightServer } from './porchlight-server.ts';

/** Porchlight's own protocol over WebSocket. */
export const porchlightNative: Contestant = {
  name: 'porchlight native',
  kind: 'ours',
  lacks: 'nothing of the above',
  server: porchlightServer,
  wire: nativeWire({ token: true }),
};
