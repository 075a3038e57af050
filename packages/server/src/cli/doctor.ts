import type { Terminal } from '../cli.ts';
import { type Clock, createSystemClock } from '../clock.ts';
import { OptionsError, optionWarnings, readOptions, type ServerOptions, unknownEnvironment } from '../options.ts';
import { checkDatabase, checkFolder, checkSecret } from './check-data.ts';
import { checkDialects, checkKeySet, checkPort, checkPublicKey } from './check-surroundings.ts';
import { broken, type Check, type Finding, ok, suspicious } from './finding.ts';

const CHECKS: readonly Check[] = [checkFolder, checkSecret, checkDatabase, checkPublicKey, checkKeySet, checkDialects, checkPort];

const NODE_MIN = [22, 18] as const;
/** When this version was written: a clock that shows less is wrong. */
const WRITTEN_AT = Date.UTC(2026, 0, 1);

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return isEnough
    ? ok(`Node ${process.versions.node}`)
    : broken(`Node ${process.versions.node} is too old; ${NODE_MIN.join('.')} or later is needed.`);
}

function checkClock(clock: Clock): Finding {
  const now = clock.now();
  const text = new Date(now).toISOString();
  return now >= WRITTEN_AT
    ? ok(`Clock ${text}`)
    : broken(`The clock says ${text}, which is in the past: tokens would seem to be from the future.`);
}

function checkOptions(env: NodeJS.ProcessEnv, options: ServerOptions): Finding[] {
  const warnings = [...optionWarnings(options), ...unknownEnvironment(env).map((name) => `${name} is set, but there is no such option.`)];
  return [ok('The options are complete and agree with each other'), ...warnings.map(suspicious)];
}

async function examine(argv: string[], env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const clock = createSystemClock();
  const findings = [checkNode(), checkClock(clock)];
  try {
    const options = readOptions({ argv, env });
    findings.push(...checkOptions(env, options));
    for (const check of CHECKS) findings.push(...(await check(options, clock)));
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    findings.push(...error.problems.map(broken));
  }
  return findings;
}

const MARKS = { ok: 'ok  ', warn: 'look', fail: 'FAIL' } as const;

/** Prints what is right and wrong with the configuration and its surroundings, given the same options as `serve`; 1 when something would fail. */
export async function doctor({ argv, env, print }: Terminal): Promise<number> {
  const findings = await examine(argv, env);
  for (const { level, text } of findings) print(`${MARKS[level]}  ${text}`);
  const failures = findings.filter(({ level }) => level === 'fail').length;
  print(failures === 0 ? '\nNothing stands in the way.' : `\n${failures} ${failures === 1 ? 'thing stands' : 'things stand'} in the way.`);
  return failures === 0 ? 0 : 1;
}
