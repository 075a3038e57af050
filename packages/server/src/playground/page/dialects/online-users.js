import { ask } from '../server.js';

const HEARTBEAT_MS = 30_000;
const COUNT_MS = 3_000;

/** A phone app without any connection: heartbeats over HTTP, each a lease, and one number to look at. */
export function speakOnlineUsers(host) {
  let heartbeats;
  let counts;
  let inBackground = false;

  const heartbeat = () =>
    ask(host, 'POST', '/api/update-online-status', {
      body: { app_version: '1.0.0', device_info: 'Playground', screen: 'Home', app_state: inBackground ? 'background' : 'foreground' },
    });
  const count = async () => {
    const answer = await ask(host, 'GET', '/api/online-users-count', { quiet: true });
    host.counted(answer.count);
  };
  const stop = () => {
    clearInterval(heartbeats);
    clearInterval(counts);
  };
  // A refusal is an answer: the app shows it and goes on. Without any answer the server is away.
  const failed = (error) => {
    if (error.code !== undefined) return host.refused(error.code, error.message);
    stop();
    host.broken();
  };

  return {
    rawHint: '{"screen":"Movies","app_state":"background"}',
    async connect() {
      stop();
      await heartbeat();
      host.linked();
      await count();
      stop();
      heartbeats = setInterval(() => heartbeat().catch(failed), HEARTBEAT_MS);
      counts = setInterval(() => count().catch(failed), COUNT_MS);
    },
    cut: stop,
    leave() {
      stop();
      ask(host, 'POST', '/api/logout-status').catch(failed);
    },
    meet() {},
    back() {
      inBackground = false;
      heartbeat().catch(failed);
    },
    background() {
      inBackground = true;
      heartbeat().catch(failed);
    },
    raw: (_event, text) => void ask(host, 'POST', '/api/update-online-status', { raw: text }).catch(failed),
  };
}
