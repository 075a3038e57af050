import { tokenOf, userId } from '../load/bench-user.ts';
import { clientFrame, upgradeRequest } from '../load/client-frame.ts';
import type { Contestant } from './contestant.ts';
import { porchlightServer } from './porchlight-server.ts';

const UPGRADE = upgradeRequest('/socket.io/?EIO=4&transport=websocket');
const PONG = clientFrame('3');
const NAMESPACE = '/ws/messages,';
const [CONNECTED, ANSWERED, REFUSED] = [`42${NAMESPACE}["connected"`, `43${NAMESPACE}`, `44${NAMESPACE}`];

/** The `presence-gateway` dialect, which answers batch queries with an ack, and with the event named in it. */
export const porchlightGateway: Contestant = {
  name: 'porchlight Socket.IO ack',
  kind: 'ours',
  lacks: 'nothing of the above',
  server: (folder, accounts) => porchlightServer(folder, accounts, { audience: 'watched' }),
  wire: {
    framing: 'websocket',
    upgrade: () => UPGRADE,
    // The engine speaks first; the dialogue goes on in `read`.
    signIn() {},
    query: (users) => clientFrame(`42${NAMESPACE}1${JSON.stringify(['check-users-status', { userIds: users.map(userId) }])}`),
    read(connection, bytes, start, end) {
      const head = bytes.toString('latin1', start, Math.min(end, start + CONNECTED.length));
      if (head === '2') return connection.send(PONG);
      if (head.startsWith('0')) {
        return connection.send(clientFrame(`40${NAMESPACE}${JSON.stringify({ token: tokenOf(connection.identity.user) })}`));
      }
      if (head.startsWith(ANSWERED)) return connection.answered();
      if (head === CONNECTED) return connection.signedIn();
      if (head.startsWith(REFUSED)) return connection.fail(`connecting was refused: ${bytes.toString('latin1', start, end)}`);
    },
  },
};
