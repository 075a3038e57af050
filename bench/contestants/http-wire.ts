import { tokenOf } from '../load/bench-user.ts';
import type { Wire } from './contestant.ts';

const BODY = JSON.stringify({ app_version: '1.4.2', device_info: 'Pixel 9', screen: 'chat', app_state: 'active' });
const OK = Buffer.from('HTTP/1.1 200');

/** The heartbeat of the `online-users` dialect over kept-alive HTTP. */
export const httpWire: Wire = {
  framing: 'http',
  signIn: (connection) => connection.signedIn(),
  heartbeat(user) {
    const lines = [
      'POST /api/update-online-status HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Bearer ${tokenOf(user)}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(BODY)}`,
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${BODY}`);
  },
  read(connection, bytes, start, end) {
    if (bytes.compare(OK, 0, OK.length, start, start + OK.length) !== 0) {
      return connection.fail(`a heartbeat was answered with ${bytes.toString('latin1', start, Math.min(end, start + 200))}`);
    }
    connection.answered();
  },
};
