/** Hocuspocus as its documentation starts it, on the loopback interface; documents are kept in memory. */
import { Server } from '@hocuspocus/server';

const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, timeout: 600_000 });
await server.listen();
console.log(`listening ${server.httpServer.address().port}`);
