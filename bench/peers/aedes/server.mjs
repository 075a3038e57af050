/** Aedes as its documentation starts it, on the loopback interface. */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker();
const server = createServer({ noDelay: true }, broker.handle);
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => console.log(`listening ${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
