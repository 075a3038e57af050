import { io } from '/socket.io/socket.io.esm.min.js';

/**
 * One Socket.IO client as an app would have it, with every frame put in the log. It never comes back by itself: the person decides that, so
 * that a line that was cut stays cut until somebody mends it.
 *
 * `hears` maps events to what they mean; `linked` is called on every connection, `ask` resolves with the acknowledgement.
 */
export function createSocket(host, { namespace = '/', dialect, hears, linked }) {
  const socket = io(namespace, {
    forceNew: true,
    autoConnect: false,
    reconnection: false,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    auth: (give) =>
      host.credentials().then(
        (credentials) => give({ ...credentials, dialect }),
        (error) => {
          host.refused(error.code ?? 'UNREACHABLE', error.message);
          socket.disconnect();
        },
      ),
  });
  let leaving = false;

  socket.onAny((event, payload) => {
    host.log('in', event, payload);
    if (event === 'error' || event === 'exception') host.refused(payload?.code ?? 'ERROR', payload?.message ?? '');
    else if (Object.hasOwn(hears, event)) hears[event](payload);
  });
  socket.onAnyOutgoing((event, payload) => host.log('out', event, payload));
  socket.on('connect', () => {
    host.log('note', 'connected', { namespace, transport: socket.io.engine.transport.name });
    linked();
    host.linked();
  });
  socket.on('connect_error', (error) => {
    host.log('note', 'connect_error', error.data ?? error.message);
    if (error.data?.code !== undefined) host.refused(error.data.code, error.data.message);
    host.broken();
  });
  socket.on('disconnect', (reason) => {
    host.log('note', 'disconnect', reason);
    if (!leaving) host.broken();
  });
  socket.io.on('ping', () => {
    host.log('in', 'ping', undefined, true);
    host.log('out', 'pong', undefined, true);
  });

  return {
    connect() {
      leaving = false;
      host.log('note', 'connect', { namespace, auth: { token: '…', dialect } });
      socket.connect();
    },
    // The transport goes without a Socket.IO goodbye, as when a tunnel swallows a phone.
    cut: () => socket.io.engine?.close(),
    leave() {
      leaving = true;
      socket.disconnect();
    },
    // Nothing is kept for later: what is sent while the line is down would not be sent by a person who is not there.
    emit: (event, ...payload) => void (socket.connected && socket.emit(event, ...payload)),
    ask: (event, payload, answered) => {
      if (!socket.connected) return;
      socket.emit(event, payload, (answer) => {
        host.log('in', `ack ${event}`, answer);
        answered(answer);
      });
    },
    /** An event with whatever was typed: JSON where it is some, else a text. */
    raw(event, text) {
      if (text.trim() === '') return void socket.emit(event);
      let payload = text;
      try {
        payload = JSON.parse(text);
      } catch {
        // Rubbish is what this is for.
      }
      socket.emit(event, payload);
    },
  };
}
