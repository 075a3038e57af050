import type { Clock } from '@porchlight/server';
import { connectNative, connectRaw, type RawClient } from '../raw-client.ts';
import type { SignToken } from '../real-server.ts';
import { BYSTANDERS } from './values.ts';

/** People who use the server as it is meant to be used while others fuzz it. */
export interface Bystanders {
  /** What they felt that they should not have: lost connections, changes of each other, altered settings, refusals. */
  complaints(): Promise<string[]>;
  leave(): void;
}

interface Surroundings {
  readonly url: string;
  readonly port: number;
  readonly token: SignToken;
  readonly clock: Clock;
  /** A back end's key for the bystanders' tenant. */
  readonly apiKey: string;
}

const HEARTBEAT_MS = 1_000;

/**
 * One bystander each on a native connection, on the gateway's namespace, on `/` and by HTTP lease, and one who watches them all, has
 * shared settings of each at the start, and must see nothing happen.
 */
export async function settleBystanders(surroundings: Surroundings): Promise<Bystanders> {
  const { port, token, clock } = surroundings;
  const complaints: string[] = [];
  const [native, gateway, status, lease] = BYSTANDERS as readonly [string, string, string, string];
  const clients: RawClient[] = [];
  const keep = (who: string, client: RawClient) => {
    clients.push(client);
    void client.closed.then(() => !isLeaving && complaints.push(`${who} lost its connection (${client.closeCode})`));
  };
  let isLeaving = false;
  keep(native, await connectNative(port, { token: token(native) }, { text: (text) => refusedIn(native, text, complaints) }));
  keep(gateway, await connectSocketIo(port, '/ws/messages,', token(gateway)));
  keep(status, await connectSocketIo(port, '', token(status)));
  let cancelBeat = () => {};
  const beat = async () => {
    const answer = await fetch(`${surroundings.url}/api/update-online-status`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token(lease)}` },
    }).catch(() => undefined);
    if (answer?.status !== 200 && !isLeaving) complaints.push(`the heartbeat of ${lease} got ${answer?.status}`);
    await answer?.text();
    if (!isLeaving) cancelBeat = clock.alarm(clock.now() + HEARTBEAT_MS, () => void beat());
  };
  await beat();
  const settingsBefore = await settingsOfAll(surroundings);
  keep('the watcher', await watchAll(port, token('bystander-watcher'), complaints));
  return {
    complaints: async () => {
      const settingsAfter = await settingsOfAll(surroundings);
      if (settingsAfter !== settingsBefore) complaints.push(`settings were ${settingsBefore}, are ${settingsAfter}`);
      return complaints;
    },
    leave: () => {
      isLeaving = true;
      cancelBeat();
      for (const { socket } of clients) socket.destroy();
    },
  };
}

function refusedIn(who: string, text: string, complaints: string[]): void {
  if (/"type":"(error|bye)"/.test(text)) complaints.push(`${who} was told ${text.slice(0, 200)}`);
}

function connectSocketIo(port: number, namespace: string, token: string): Promise<RawClient> {
  return connectRaw(
    port,
    '/socket.io/?EIO=4&transport=websocket',
    {},
    {
      text(text, client) {
        if (text === '2') client.sendText('3');
        else if (text.startsWith('0{')) client.sendText(`40${namespace}${JSON.stringify({ token })}`);
      },
    },
  );
}

async function watchAll(port: number, token: string, complaints: string[]): Promise<RawClient> {
  const seen = Promise.withResolvers<void>();
  const client = await connectNative(
    port,
    { token, watchOnly: true },
    {
      text(text) {
        const frame = JSON.parse(text) as { type: string; presences?: { id: string; online: boolean }[] };
        if (frame.type === 'snapshot') {
          for (const { id, online } of frame.presences ?? []) if (!online) complaints.push(`${id} was not online at the start`);
          seen.resolve();
        } else if (frame.type === 'changes') complaints.push(`the watcher was told ${text.slice(0, 300)}`);
        else refusedIn('the watcher', text, complaints);
      },
    },
  );
  client.sendText(JSON.stringify({ type: 'watch', set: BYSTANDERS }));
  await seen.promise;
  return client;
}

/** All that is stored of them but times, which move by their being there. */
async function settingsOfAll({ url, apiKey }: Surroundings): Promise<string> {
  const headers = { 'x-api-key': apiKey };
  const answers = BYSTANDERS.flatMap((user) =>
    ['', '/contacts', '/blocks'].map(async (part) => {
      const answer = await fetch(`${url}/v1/users/${user}${part}`, { headers });
      const { presence: _times, ...rest } = (await answer.json()) as Record<string, unknown>;
      return `${answer.status} ${JSON.stringify(rest)}`;
    }),
  );
  return (await Promise.all(answers)).join('\n');
}
