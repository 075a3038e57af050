import type { ServerFrame } from '@porchlight/protocol';
import { native } from '@porchlight/server';
import { befriend, type Course, hide, reveal, tenantOf } from './paired/courses.ts';
import { Curious, everythingIn } from './paired/curious.ts';
import { bodyOf } from './paired/http-caller.ts';
import { MadeNames } from './paired/made-names.ts';
import { type Api, routesOf } from './paired/routes.ts';
import { BUCKET_MS, IDS, SECRET, Stage, VIEWER } from './paired/stage.ts';
import { createRandom, type Random } from './random.ts';
import { readTold } from './simulation/words.ts';

export { COURSES, type Course } from './paired/courses.ts';

export interface PairResult {
  /** What the two worlds, or one of them, had wrong: the first line that differs, or what came too late. Undefined when nothing was. */
  readonly trouble: string | undefined;
  /** How many lines the viewer's transcript has. */
  readonly lines: number;
  /** In how many of them a bucket was told. */
  readonly bucketLines: number;
  /** What the viewer did with success, and which frames it got. */
  readonly succeeded: ReadonlySet<string>;
}

const DURATION_MS = 240_000;
/** From when on whoever is not hidden always is, and until when whoever is not hidden for ever. */
const HIDDEN_FROM_MS = { least: 60_000, spread: 20_000 };
const HIDDEN_UNTIL_MS = 170_000;
/** In some worlds the viewer only listens for a while: so long that the page is asked whether it lives. */
const LISTENS_MS = { from: 90_000, until: 195_000 };
/** Before a secrecy ends, its user goes, lost sessions too, and comes back, in each world at another time: which is not to be seen afterwards. */
const GONE_BEFORE_MS = 25_000;
const BACK_BEFORE_MS = { one: 8_000, another: 4_000, nothing: 2_000 };
/** In how many buckets somebody is seen of whom the viewer may know in which: so that some are skipped. */
const SEEN_IN = 0.5;
/** How often that one is asked for, beside all else. */
const POLLS_MS = 1_000;
const PRESENCE = `/v1/presence/${SECRET}`;
/** After a revocation is acknowledged, nothing about its user reaches the viewer (R). */
const REVOKED_MS = 1_000;

/** The frames of the native protocol; one that is added there is missed here by the compiler, and then by the run. */
const FRAMES: Record<ServerFrame['type'], true> = {
  welcome: true,
  snapshot: true,
  changes: true,
  presences: true,
  ok: true,
  error: true,
  ping: true,
  bye: true,
};

let api: Api | undefined;

/** What is in the API's document, the dialects and the native protocol, and not among what viewers did and got in many pairs. */
export async function untried(succeeded: ReadonlySet<string>): Promise<string[]> {
  api ??= await readApi(new Stage(() => {}));
  return [...everythingIn(api), ...Object.keys(FRAMES).map((type) => `frame ${type}`)].filter((name) => !succeeded.has(name));
}

async function readApi({ http }: Stage): Promise<Api> {
  return routesOf(bodyOf(await http.ask({ method: 'GET', url: '/openapi.json' })));
}

/** Plays two worlds of one seed that differ only in what somebody does whom the viewer may not see, and compares all that the viewer gets. */
export async function playPair(seed: number, course: Course): Promise<PairResult> {
  const first = await playWorld(seed, course, 'one');
  // In every other pair the other world's secret is that nothing happens at all.
  const mayDoNothing = seed % 2 === 0 && course.secrecy !== 'buckets';
  const second = await playWorld(seed, course, mayDoNothing ? 'nothing' : 'another');
  const length = Math.max(first.transcript.length, second.transcript.length);
  const index = Array.from({ length }, (_, at) => at).find((at) => first.transcript[at] !== second.transcript[at]);
  const differ = index === undefined ? undefined : `the worlds differ\n  ${first.transcript[index]}\n  ${second.transcript[index]}`;
  const bucketLines = first.transcript.filter((line) => line.includes('"lastSeenWithinMs"')).length;
  return { trouble: differ ?? first.late ?? second.late, lines: length, bucketLines, succeeded: first.succeeded };
}

async function playWorld(seed: number, course: Course, secret: 'one' | 'another' | 'nothing') {
  const transcript: string[] = [];
  const made = new MadeNames();
  let late: string | undefined;
  let hiddenAt = Number.POSITIVE_INFINITY;
  const note = (text: string) => void transcript.push(`${stage.time.now() - stage.time.startedAt} ${made.hide(text)}`);
  const stage: Stage = new Stage((hearer, dialect, message, bytes) => {
    if (hearer !== VIEWER) return;
    note(`${dialect} ${bytes ?? JSON.stringify(message)}`);
    curious?.succeeded.add(`frame ${message[0]}`);
    if (stage.time.now() > hiddenAt + REVOKED_MS && showsSecret(message)) late ??= `shown after it was hidden: ${transcript.at(-1)}`;
  });
  await stage.process.start();
  api ??= await readApi(stage);
  const curious: Curious | undefined = new Curious(stage, api, createRandom(seed, 'viewer'), note);
  const everything = everythingOf(stage, seed, tenantOf(course));

  const hidden = async () => {
    await hide(stage, course);
    hiddenAt = stage.time.now();
    if (course.secrecy === 'buckets') everything.visit(SECRET, `secret ${secret}`);
    else if (secret !== 'nothing') everything.behave(SECRET, `secret ${secret}`, 1_000);
  };
  await befriend(stage, course);
  if (course.lasts === 'always') await hidden();
  else {
    everything.behave(SECRET, 'before', 1_000);
    const { least, spread } = HIDDEN_FROM_MS;
    stage.time.after(least + createRandom(seed, 'hidden').below(spread), () => {
      everything.stop(SECRET);
      stage.time.hold(hidden());
    });
  }
  if (course.lasts === 'for a while') {
    stage.time.after(HIDDEN_UNTIL_MS - GONE_BEFORE_MS, () => everything.leave(SECRET));
    stage.time.after(HIDDEN_UNTIL_MS - BACK_BEFORE_MS[secret], () => stage.time.hold(stage.connect('default', SECRET, native)));
    stage.time.after(HIDDEN_UNTIL_MS, () => {
      hiddenAt = Number.POSITIVE_INFINITY;
      stage.time.hold(reveal(stage).then(() => everything.behave(SECRET, 'after', 1_000)));
    });
  }
  everything.behave('xenia', 'xenia', 4_000);
  everything.behave('yann', 'yann', 4_000);
  repeatedly(stage, createRandom(seed, 'pace'), 1_500, () => {
    const atMs = stage.time.now() - stage.time.startedAt;
    if (seed % 4 !== 3 || atMs < LISTENS_MS.from || atMs > LISTENS_MS.until) stage.time.hold(curious.act());
    else if (!stage.isConnected('default', VIEWER, native)) stage.time.hold(stage.connect('default', VIEWER, native));
  });
  if (course.secrecy === 'buckets')
    repeatedly(stage, createRandom(seed, 'polls'), POLLS_MS, () =>
      stage.time.hold(stage.http.ask({ method: 'GET', url: PRESENCE, token: stage.token('default', VIEWER) }).then(note)),
    );
  await stage.time.run(DURATION_MS);
  return { transcript, late, succeeded: curious.succeeded };
}

/** Whether a message says of the one with the secret that there is somebody. */
function showsSecret(message: readonly [string, unknown]): boolean {
  if (/^typing/.test(message[0])) return JSON.stringify(message[1]).includes(`"fromUserId":"${SECRET}"`);
  const [event, payload] = message[0] === 'changes' ? ['snapshot', message[1]] : message;
  return readTold([event, payload], IDS).some(({ user, online }) => user === SECRET && online === true);
}

/** Does something every now and then, until it is told to stop. */
function repeatedly(stage: Stage, random: Random, everyMs: number, does: (random: Random) => void): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = stage.time.after(1 + random.below(2 * everyMs), () => {
      next();
      does(random);
    });
  };
  next();
  return () => cancel();
}

/** People who do something every now and then, by a will of their own. */
function everythingOf(stage: Stage, seed: number, secretTenant: string) {
  const stops = new Map<string, () => void>();
  const stop = (user: string) => stops.get(user)?.();
  const tenantFor = (user: string) => (user === SECRET ? secretTenant : 'default');
  const behave = (user: string, will: string, everyMs: number) => {
    stop(user);
    // What would end the secrecy, or tell of it, is not for this one to say.
    const without = user === SECRET ? ['status', 'contacts:add', 'token'] : ['contacts:add', 'token'];
    const act = (random: Random) => doSomething(stage, tenantFor(user), user, random, without);
    stops.set(user, repeatedly(stage, createRandom(seed, will), everyMs, act));
  };
  const leave = (user: string) => {
    stop(user);
    for (const dialect of Stage.dialects) stage.part(tenantFor(user), user, dialect, 'left');
    stage.time.hold(heartbeat(stage, tenantFor(user), user, true));
  };
  return {
    behave,
    stop,
    leave,
    /** Is seen in some buckets, in both worlds the same, and in each world at other moments of them, and for another while. */
    visit: (user: string, will: string) => {
      leave(user);
      const [isSeen, random] = [createRandom(seed, 'buckets'), createRandom(seed, will)];
      const firstAt = (Math.floor(stage.time.now() / BUCKET_MS) + 1) * BUCKET_MS - stage.time.now();
      for (let at = firstAt; at < DURATION_MS; at += BUCKET_MS) {
        if (!isSeen.chance(SEEN_IN)) continue;
        const comesAt = at + random.below(BUCKET_MS / 3);
        stage.time.after(comesAt, () => {
          stage.time.hold(stage.connect(tenantFor(user), user, random.pick(Stage.dialects)));
          behave(user, `${will} ${at}`, 1_000);
        });
        stage.time.after(comesAt + 1_000 + random.below(BUCKET_MS / 2), () => leave(user));
      }
    },
  };
}

function doSomething(stage: Stage, tenant: string, user: string, random: Random, without: readonly string[]): void {
  const dialect = random.pick(Stage.dialects);
  const kind = random.next();
  const events = Object.keys(dialect.hears).filter((event) => !without.includes(event));
  if (!stage.isConnected(tenant, user, dialect)) {
    if (kind < 0.7) stage.time.hold(stage.connect(tenant, user, dialect));
    else stage.time.hold(heartbeat(stage, tenant, user, kind > 0.9));
  } else if (kind < 0.75 && events.length > 0) stage.time.hold(stage.say(tenant, user, dialect, random.pick(events), random));
  else stage.part(tenant, user, dialect, kind < 0.88 ? 'left' : 'lost');
}

async function heartbeat(stage: Stage, tenant: string, user: string, isLogout: boolean): Promise<void> {
  const path = isLogout ? '/api/logout-status' : '/api/update-online-status';
  await stage.http.ask({ method: 'POST', url: path, token: stage.token(tenant, user), body: {} });
}
