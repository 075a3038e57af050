import { createRandom } from '../random.ts';
import { forAll, nativePerson, type PeopleOptions, type Person } from './people.ts';
import { type ChaosReport, eventually, Findings, pass, type Scenario, type Surroundings, startServer } from './scenario.ts';
import { ViewerLog } from './viewer-log.ts';

const PEOPLE = { full: 300, small: 40 } as const;
const VIEWERS = { full: 10, small: 3 } as const;
/** The defaults, and the same a tenth as long. */
const TIMES = {
  full: { graceMs: 15_000, pingIntervalMs: 15_000, pingTimeoutMs: 10_000, pausesMs: [1_000, 3_000, 8_000, 12_000, 20_000] },
  small: { graceMs: 1_500, pingIntervalMs: 1_500, pingTimeoutMs: 1_000, pausesMs: [300, 2_000] },
} as const;

/** Stops the whole process for a while, as a debugger, a full machine or a moved virtual machine does, and lets it go on. */
export const pause: Scenario = {
  name: 'pause',
  purpose: 'SIGSTOP and SIGCONT: nobody whose connection held is shown offline afterwards, and nobody is cut for not having been heard',
  run,
};

async function run(surroundings: Surroundings): Promise<ChaosReport> {
  const { clock, seed, size, print } = surroundings;
  const random = createRandom(seed, 'pause');
  const findings = new Findings();
  const { pausesMs, ...times } = TIMES[size];
  const server = await startServer(surroundings, { store: 'memory', ...times, awayAfterMs: 86_400_000 });
  const options: PeopleOptions = { port: server.port, token: server.token, clock, random, returnWithinMs: 500 };
  const users = Array.from({ length: PEOPLE[size] }, (_, index) => `person-${index}`);
  const people: Person[] = [];
  await forAll(users, 50, async (user) => void people.push(await nativePerson(user, options)));
  const logs: ViewerLog[] = [];
  for (let index = 0; index < VIEWERS[size]; index += 1) {
    const log = new ViewerLog(clock);
    people.push(await nativePerson(`viewer-${index}`, options, users, (text) => log.hear(text)));
    logs.push(log);
  }
  await eventually(clock, 5_000, () => logs.every((log) => log.onlineCount() === users.length));
  const cuts = () => people.reduce((sum, { losses }) => sum + losses, 0);
  for (const pauseMs of pausesMs) {
    // At any moment of the ping's round.
    await pass(clock, random.below(times.pingIntervalMs));
    const cutBefore = cuts();
    server.signal('SIGSTOP');
    await pass(clock, pauseMs);
    server.signal('SIGCONT');
    findings.fault('SIGSTOP');
    // Until everything that the pause could have set off has happened.
    await pass(clock, times.pingIntervalMs + times.pingTimeoutMs + times.graceMs + 1_000);
    for (const log of logs) {
      const flips = log.takeFlips();
      findings.check(
        '[I1a] nobody is shown offline',
        flips.length === 0,
        () => `${flips.length} flips after ${pauseMs} ms, first ${JSON.stringify(flips[0])}`,
      );
      findings.check('[I5] everybody is shown online', log.onlineCount() === users.length, () => `${log.onlineCount()} of ${users.length}`);
    }
    findings.check('no connection is cut', cuts() === cutBefore, () => `${cuts() - cutBefore} of ${people.length} after ${pauseMs} ms`);
    print(`pause: ${pauseMs} ms`);
  }
  findings.figure('longest pause, ms', Math.max(...pausesMs));
  for (const person of people) person.leave();
  server.signal('SIGKILL');
  await server.ended;
  return findings.report('pause');
}
