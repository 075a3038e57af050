/** SocketCluster as its documentation attaches it, on the loopback interface; publishing is open to everybody. */
import { createServer } from 'node:http';
import { attach } from 'socketcluster-server';

const server = createServer();
attach(server);
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => console.log(`listening ${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
