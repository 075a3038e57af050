import { once } from 'node:events';
import { createServer } from 'node:net';
import { createRandom, type Random } from '../random.ts';
import { forAll, gatewayPerson, nativePerson, type PeopleOptions, type Person } from './people.ts';
import { type ChaosReport, eventually, Findings, pass, type Scenario, type Surroundings, startServer, withDataFolder } from './scenario.ts';
import { ViewerLog } from './viewer-log.ts';

const PEOPLE = { full: 5_000, small: 200 } as const;
const VIEWERS = { full: 20, small: 4 } as const;
const GATEWAY_VIEWERS = 3;
const WATCHED_MAX = 1_000;
const GRACE_MS = { full: 15_000, small: 8_000 } as const;
const RETURN_WITHIN_MS = { full: 5_000, small: 1_000 } as const;
const CONNECTING_AT_ONCE = 100;

/** Restarts a server with everybody on it, in good order and not, and looks at what viewers are told: nothing. */
export const herd: Scenario = {
  name: 'herd',
  purpose: 'everybody comes back at once after a restart within the grace: viewers are told nothing',
  run: (surroundings) => withDataFolder('herd', (data) => run(surroundings, data)),
};

async function run(surroundings: Surroundings, data: string): Promise<ChaosReport> {
  const { clock, seed, size, print } = surroundings;
  const random = createRandom(seed, 'herd');
  const findings = new Findings();
  const flags = { data, graceMs: GRACE_MS[size], awayAfterMs: 86_400_000, signOfLifeMs: 3_600_000 };
  let server = await startServer(surroundings, { ...flags, port: await portOfItsOwn(random.fork('port')) });
  const options: PeopleOptions = { port: server.port, token: server.token, clock, random, returnWithinMs: RETURN_WITHIN_MS[size] };
  const users = Array.from({ length: PEOPLE[size] }, (_, index) => `person-${index}`);
  const people: Person[] = [];
  await forAll(users, CONNECTING_AT_ONCE, async (user) => void people.push(await nativePerson(user, options)));
  const logs: ViewerLog[] = [];
  for (let index = 0; index < VIEWERS[size]; index += 1) {
    const log = new ViewerLog(clock);
    const start = random.below(users.length);
    const watched = [...users, ...users].slice(start, start + Math.min(users.length, WATCHED_MAX));
    people.push(await nativePerson(`viewer-${index}`, options, watched, (text) => log.hear(text)));
    logs.push(log);
  }
  for (let index = 0; index < GATEWAY_VIEWERS; index += 1) {
    const log = new ViewerLog(clock);
    people.push(await gatewayPerson(`gateway-${index}`, options, (event) => noteEvent(log, event)));
    logs.push(log);
  }
  // Everybody else has been told of the viewers by now.
  await pass(clock, 2_000);
  for (const log of logs) log.takeFlips();
  print(`herd: ${people.length} connected`);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const restartedAt = clock.now();
    server.signal(signal);
    await server.ended;
    findings.fault(signal === 'SIGTERM' ? 'restart in good order' : 'kill -9 and restart');
    server = await startServer(surroundings, { ...flags, port: options.port });
    const isBack = await eventually(clock, GRACE_MS[size], () => people.every(({ isConnected }) => isConnected));
    findings.figure(`all back after ${signal}, ms`, clock.now() - restartedAt);
    findings.check(
      'everybody is back within the grace',
      isBack,
      () => `${people.filter(({ isConnected }) => !isConnected).length} are not`,
    );
    // Whoever had not come back would be told of now.
    await pass(clock, GRACE_MS[size] + 2_000);
    for (const log of logs) {
      const flips = log.takeFlips();
      findings.check(
        '[I15] a viewer is told nothing',
        flips.length === 0,
        () => `${flips.length} flips after ${signal}, first ${JSON.stringify(flips[0])}`,
      );
    }
    print(`herd: back after ${signal}`);
  }
  for (const log of logs.slice(0, VIEWERS[size])) {
    const shown = log.onlineCount();
    const expected = Math.min(users.length, WATCHED_MAX);
    findings.check('[I5] a viewer shows everybody who is there', shown === expected, () => `${shown} of ${expected}`);
  }
  for (const person of people) person.leave();
  server.signal('SIGKILL');
  await server.ended;
  findings.figure('people', users.length);
  findings.figure(
    'connections lost and made again',
    people.reduce((sum, { losses }) => sum + losses, 0),
  );
  return findings.report('herd');
}

/**
 * A free port below those that the system gives to clients: of thousands that knock while the server is away, one would otherwise be given the
 * very port that it comes back to.
 */
async function portOfItsOwn(random: Random): Promise<number> {
  for (;;) {
    const port = 20_000 + random.below(10_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await Promise.race([once(server, 'listening').then(() => true), once(server, 'error').then(() => false)]).catch(
      () => false,
    );
    await new Promise<void>((closed) => void server.close(() => closed()));
    if (isFree) return port;
  }
}

/** The gateway tells only of changes, so whoever is first heard of has changed. */
function noteEvent(log: ViewerLog, event: string): void {
  const match = /^\["user-(online|offline)",\{"userId":"([^"]+)"/.exec(event);
  if (match === null || !match[2]?.startsWith('person-')) return;
  const isOnline = match[1] === 'online';
  log.note(match[2], !isOnline);
  log.note(match[2], isOnline);
}
