/*
 * An example of an app's own words: the lobby of a game. Its clients say `enter`, `idle`, `exit` and `who`, and are told `player` whenever
 * somebody comes or goes. Started with
 *
 *   porchlight serve --dialect-config docs/lobby-dialect.ts
 *
 * the server speaks it on the Socket.IO namespace `/lobby`, beside all its other dialects, about the same people.
 */
import { defineDialect, hear, iso, type Refusal, route, type Shown, userId, z } from '@porchlight/server';

/** What the lobby calls the states that it shows. */
const STATES = { online: 'playing', away: 'idle', busy: 'in a match', dnd: 'in a match', offline: 'gone' } as const;

const player = ({ spelled, view }: Shown) => ({ id: spelled, state: STATES[view.status], lastSeen: iso(view.lastSeenAt) });
const problem = ({ code, message }: Refusal) => ({ problem: code, hint: message });

export default defineDialect({
  name: 'lobby',
  namespace: '/lobby',
  grain: 'status',

  hears: {
    enter: hear(z.object({ id: userId.optional(), table: z.string().max(64).optional() }), async ({ id, table }, actions) => {
      await actions.act(id);
      actions.show(true);
      actions.activity(0, table === undefined ? {} : { screen: table });
      return { ack: { welcome: true } };
    }),

    idle: hear(z.object({ seconds: z.number().min(0).max(86_400) }), async ({ seconds }, actions) => {
      await actions.act(undefined);
      actions.activity(seconds * 1_000);
      return undefined;
    }),

    exit: hear(z.unknown(), async (_payload, actions) => {
      await actions.act(undefined);
      actions.leave('left');
      return undefined;
    }),

    who: hear(z.unknown(), async (_payload, actions) => {
      await actions.act(undefined);
      const { people, count } = await actions.online();
      return { says: [['lobby', { players: people.map(player), count }]] };
    }),
  },

  routes: [
    route({
      method: 'get',
      path: '/api/lobby/:player',
      authenticated: true,
      summary: 'Whether a player is in the lobby.',
      reads: z.object({ player: userId }),
      does: async ({ player: asked }, actions) => player(await actions.see(asked)),
      answers: z.object({ id: z.union([z.string(), z.number()]), state: z.string(), lastSeen: z.string().nullable() }),
    }),
  ],

  says: {
    change: (shown) => ['player', player(shown)],
    refused: (refusal) => ({ says: [['problem', problem(refusal)]], ack: problem(refusal) }),
    refusedRoute: problem,
  },
});
