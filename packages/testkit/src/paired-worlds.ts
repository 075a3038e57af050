import type { EngineEvent } from '@porchlight/engine';
import { bodyOf } from './paired/http-caller.ts';
import { requestTo, routesOf } from './paired/routes.ts';
import { IDS, SECRET, Stage, VIEWER } from './paired/stage.ts';
import { createRandom, type Random } from './random.ts';

/** Why the viewer may not see the one with the secret. */
export const SECRECIES = ['invisible', 'blocked', 'nobody', 'no contact', 'opted out', 'other tenant'] as const;
export type Secrecy = (typeof SECRECIES)[number];

export interface PairResult {
  /** The first line that differs, of one world and the other; undefined when every byte and every time is the same. */
  readonly difference: readonly [string | undefined, string | undefined] | undefined;
  /** How many lines the viewer's transcript has. */
  readonly lines: number;
  /** Which routes and words the viewer tried. */
  readonly tried: ReadonlySet<string>;
}

const DURATION_MS = 240_000;

type Api = ReturnType<typeof routesOf>;
let api: Api | undefined;

/** Plays two worlds of one seed that differ only in what somebody does whom the viewer may not see, and compares all that the viewer gets. */
export async function playPair(seed: number, secrecy: Secrecy): Promise<PairResult> {
  const first = await playWorld(seed, secrecy, 'one');
  // In every other pair the other world's secret is that nothing happens at all.
  const second = await playWorld(seed, secrecy, seed % 2 === 0 ? 'nothing' : 'another');
  const length = Math.max(first.transcript.length, second.transcript.length);
  const index = Array.from({ length }, (_, at) => at).find((at) => first.transcript[at] !== second.transcript[at]);
  return {
    difference: index === undefined ? undefined : [first.transcript[index], second.transcript[index]],
    lines: length,
    tried: first.tried,
  };
}

async function playWorld(seed: number, secrecy: Secrecy, secret: 'one' | 'another' | 'nothing') {
  const transcript: string[] = [];
  const tried = new Set<string>();
  const stage: Stage = new Stage((hearer, text) => {
    if (hearer === VIEWER) transcript.push(`${stage.time.now() - stage.time.startedAt} ${text}`);
  });
  await stage.process.start();
  const tenant = secrecy === 'other tenant' ? 'other' : 'default';
  await hide(stage, tenant, secrecy);
  // The same for every node of this version, and dear to make.
  api ??= routesOf(bodyOf(await stage.http.ask({ method: 'GET', url: '/openapi.json' })));
  const known = api;

  act(stage, createRandom(seed, 'xenia'), 4_000, (random) => behave(stage, 'default', 'xenia', random, []));
  act(stage, createRandom(seed, 'yann'), 4_000, (random) => behave(stage, 'default', 'yann', random, []));
  act(stage, createRandom(seed, 'viewer'), 1_500, (random) => look(stage, known, random, transcript, tried));
  // What would end the secrecy is not for this one to say.
  if (secret !== 'nothing')
    act(stage, createRandom(seed, `secret ${secret}`), 1_000, (random) => behave(stage, tenant, SECRET, random, ['status']));
  await stage.time.run(DURATION_MS);
  return { transcript, tried };
}

// Before anything else happens, and so the same in both worlds.
async function hide(stage: Stage, tenant: string, secrecy: Secrecy): Promise<void> {
  const { service } = stage.process.node;
  await service.load(tenant, [SECRET]);
  const settings = (fields: object) => service.stepDurably({ type: 'settings', tenant, user: SECRET, ...fields } as EngineEvent);
  switch (secrecy) {
    case 'invisible':
      return settings({ availability: 'invisible' });
    case 'blocked':
      return service.stepDurably({ type: 'relate', tenant, user: SECRET, kind: 'block', others: [VIEWER], present: true });
    case 'nobody':
      return settings({ onlineRule: 'nobody', lastSeenRule: 'nobody' });
    case 'no contact':
      return settings({ onlineRule: 'contacts', lastSeenRule: 'contacts' });
    case 'opted out':
      return settings({ optedOut: true });
    case 'other tenant':
      return;
  }
}

/** Somebody who does something every now and then, by a will of their own. */
function act(stage: Stage, random: Random, everyMs: number, does: (random: Random) => void): void {
  const next = () =>
    stage.time.after(1 + random.below(2 * everyMs), () => {
      does(random);
      next();
    });
  next();
}

function behave(stage: Stage, tenant: string, user: string, random: Random, without: readonly string[]): void {
  const dialect = random.pick(Stage.dialects);
  const kind = random.next();
  if (!stage.isConnected(tenant, user, dialect)) {
    if (kind < 0.7) void stage.connect(tenant, user, dialect);
    else stage.time.hold(heartbeat(stage, tenant, user, kind > 0.9));
  } else if (kind < 0.75) stage.say(tenant, user, dialect, random, [...without, 'contacts:add', 'token']);
  else stage.part(tenant, user, dialect, kind < 0.88 ? 'left' : 'lost');
}

async function heartbeat(stage: Stage, tenant: string, user: string, isLogout: boolean): Promise<void> {
  const path = isLogout ? '/api/logout-status' : '/api/update-online-status';
  await stage.http.ask({ method: 'POST', url: path, token: stage.token(tenant, user), body: {} });
}

/** The viewer tries everything there is: every word of every dialect, and every route that the API's own document names. */
function look(stage: Stage, { routes, document }: Api, random: Random, transcript: string[], tried: Set<string>): void {
  const dialect = random.pick(Stage.dialects);
  if (!stage.isConnected('default', VIEWER, dialect)) {
    void stage.connect('default', VIEWER, dialect);
    return;
  }
  if (random.chance(0.5)) {
    tried.add(dialect.name);
    return stage.say('default', VIEWER, dialect, random, ['leave', 'token']);
  }
  const route = random.pick(routes);
  tried.add(`${route.method} ${route.path}`);
  const token = stage.token('default', VIEWER);
  const request = requestTo(route, document, { random, self: VIEWER, ids: IDS, token });
  stage.time.hold(
    stage.http.ask(request).then((answer) => {
      const text = withoutMadeIds(answer);
      transcript.push(`${stage.time.now() - stage.time.startedAt} ${request.method} ${request.url} ${text}`);
    }),
  );
}

// Sessions are named at random, anew in each world.
function withoutMadeIds(answer: string): string {
  const names = new Map<string, string>();
  return answer.replace(/"id":"([\w-]{16})"/g, (_whole, id: string) => {
    if (!names.has(id)) names.set(id, String(names.size));
    return `"id":"session ${names.get(id)}"`;
  });
}
