import { timeOf } from '../times.js';

/** The server's own protocol over a plain WebSocket: whole records, last value wins. */
export function speakNative(host) {
  let socket;
  let resume;
  let ids = [];
  let leaving = false;
  let retryAfterMs;
  let activeAt = Date.now();

  const send = (frame, quiet = false) => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    host.log('out', frame.type, frame, quiet);
    socket.send(JSON.stringify(frame));
  };

  const see = (record) =>
    host.sees(record.id, {
      online: record.online,
      tone: record.status,
      words: () => {
        if (!record.online) return `offline · lastSeenAt ${timeOf(record.lastSeenAt)}`;
        return [
          record.status,
          ...(record.text === undefined ? [] : [`“${record.text}”`]),
          ...(record.platforms === undefined ? [] : [`on ${record.platforms.join(', ')}`]),
          ...(record.certainty === undefined ? [] : [record.certainty]),
        ].join(' · ');
      },
    });

  const hears = {
    welcome(frame) {
      resume = { session: frame.session, seq: frame.seq };
      retryAfterMs = undefined;
      host.linked(frame.resumed);
      if (ids.length > 0) send({ type: 'watch', set: ids });
    },
    snapshot: ({ presences }) => presences.forEach(see),
    changes: ({ presences }) => presences.forEach(see),
    presences: ({ presences }) => presences.forEach(see),
    ping: () => send({ type: 'pong' }, true),
    error: ({ code, message }) => host.refused(code, message),
    bye: (frame) => {
      retryAfterMs = frame.retryAfterMs;
    },
    typing: ({ from, isTyping }) => host.typed(String(from), isTyping),
  };

  const receive = (text) => {
    const frame = JSON.parse(text);
    if (resume !== undefined && typeof frame.seq === 'number') resume.seq = frame.seq;
    host.log('in', frame.type, frame, frame.type === 'ping');
    if (Object.hasOwn(hears, frame.type)) hears[frame.type](frame);
  };

  const connect = async () => {
    leaving = false;
    activeAt = Date.now();
    const credentials = await host.credentials();
    const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/ws`, 'porchlight.v1');
    socket = opened;
    opened.addEventListener('open', () =>
      send({
        type: 'hello',
        ...credentials,
        client: { platform: 'web', screen: 'Playground' },
        deviceId: host.deviceId,
        ...(resume === undefined ? {} : { resume }),
      }),
    );
    opened.addEventListener('message', ({ data }) => opened === socket && receive(data));
    opened.addEventListener('close', ({ code, reason }) => {
      if (opened !== socket) return;
      host.log('note', 'closed', { code, ...(reason === '' ? {} : { reason }) });
      if (!leaving) host.broken(retryAfterMs);
    });
  };

  return {
    rawHint: '{"type":"watch","set":["bob"]}',
    connect,
    // A page cannot tear a WebSocket apart, but any code except 1000 says to the server that this was no goodbye.
    cut: () => socket?.close(4000, 'cut'),
    leave() {
      leaving = true;
      resume = undefined;
      send({ type: 'leave' });
    },
    meet(known) {
      ids = known;
      send({ type: 'watch', set: ids });
    },
    back() {
      activeAt = Date.now();
      send({ type: 'activity', idleMs: 0, background: false });
    },
    background: () => send({ type: 'activity', idleMs: Date.now() - activeAt, background: true }),
    hide: (hidden) => send({ type: 'show', request: 'show', shown: !hidden }),
    status: (availability, text) => send({ type: 'status', request: 'status', availability, text: text === '' ? null : text }),
    raw(_event, text) {
      host.log('out', 'raw', text);
      socket?.send(text);
    },
  };
}
