import { connect, type Socket } from 'node:net';
import type { Clock } from '@porchlight/server';
import { type Conversation, type Step, textToBytes } from './conversation.ts';
import type { Target } from './target.ts';

/** How long a step waits for the server's bytes, for certain ones, and the end of a conversation for the last of them. */
const AWAIT_MS = 150;
const AWAIT_CERTAIN_MS = 600;
const SILENCE_MS = 40;
/** A whole request must be answered, or the connection closed, within this. */
const ANSWER_MS_MAX = 2_000;
/** What of the server's answers is looked at: the beginnings of each. */
const KEPT_BYTES_MAX = 262_144;

/** Words that no answer may hold, whatever was asked. */
const FORBIDDEN = /HTTP\/1\.1 50[0-24-9]|"code":"INTERNAL"|\bat [\w.<>]+ \(?file:|node:internal/;

interface Line {
  socket: Socket;
  heard: string;
  heardBytes: number;
  /** How much of it earlier steps have waited for. */
  read: number;
  /** When something was last heard or written. */
  busyAt: number;
  isClosed: boolean;
}

/** What is played against. */
type Played = Pick<Target, 'server' | 'machineTookMs'>;

/** Plays one conversation against a server. Says what was wrong with its answers, if anything was. */
export async function play(
  conversation: Conversation,
  { server: { port }, machineTookMs }: Played,
  clock: Clock,
): Promise<string | undefined> {
  const lines = new Map<number, Line>();
  const until = (line: Line, isDone: () => boolean, waitMs: number) => awaitBytes(line, isDone, waitMs, clock);
  const lineOf = (number: number) => {
    const known = lines.get(number);
    if (known !== undefined) return known;
    const opened = openLine(port, clock);
    lines.set(number, opened);
    return opened;
  };
  try {
    for (const step of conversation.steps) {
      const line = lineOf(step.on);
      if ('await' in step) await hear(step.await, line, conversation.answered === true, until);
      else if ('send' in step) await write(line, withSession(step, lines), clock);
      else if ('stopReading' in step) line.socket.pause();
      else await end(step.end, line, until);
    }
    for (const line of lines.values())
      if (!line.socket.isPaused()) await until(line, () => clock.now() - line.busyAt >= SILENCE_MS, 4 * SILENCE_MS);
    const first = lines.get(0);
    const isDue = conversation.answered === true && first?.heard === '' && !first.isClosed && !first.socket.isPaused();
    if (first !== undefined && isDue) {
      const tookBefore = machineTookMs();
      const isAnswered = () => first.heard !== '' || first.isClosed;
      await until(first, isAnswered, ANSWER_MS_MAX);
      // What the machine took is given back.
      await until(first, isAnswered, machineTookMs() - tookBefore);
      if (!isAnswered()) return `no answer within ${ANSWER_MS_MAX} ms`;
    }
    return troubleIn(conversation, [...lines.values()]);
  } finally {
    for (const { socket } of lines.values()) socket.destroy();
  }
}

type Until = (line: Line, isDone: () => boolean, waitMs: number) => Promise<void>;

async function hear(what: true | string, line: Line, isAnswered: boolean, until: Until): Promise<void> {
  const before = line.heardBytes;
  const wanted = what === true ? /^/ : new RegExp(what);
  const isHeard = () => line.heardBytes > (what === true ? before : line.read) && wanted.test(line.heard.slice(line.read));
  // The first answer is what the rest builds on, so it is waited for even where the machine is busy.
  const patienceMs = what === true ? AWAIT_MS : AWAIT_CERTAIN_MS;
  await until(line, isHeard, isAnswered && before === 0 ? ANSWER_MS_MAX : patienceMs);
  line.read = line.heard.length;
}

// A reset throws away what the server has not read by then, so it is given the time to read.
async function end(how: 'finish' | 'reset', line: Line, until: Until) {
  await until(line, () => false, SILENCE_MS);
  if (how === 'reset') line.socket.resetAndDestroy();
  else line.socket.end();
}

function troubleIn(conversation: Conversation, lines: readonly Line[]): string | undefined {
  for (const { heard } of lines) {
    const found = FORBIDDEN.exec(heard);
    if (found !== null) return `an answer holds ${JSON.stringify(heard.slice(Math.max(0, found.index - 80), found.index + 300))}`;
    if (conversation.forged === true && /HTTP\/1\.1 200/.test(heard)) return 'a forged token was taken';
  }
  return undefined;
}

function openLine(port: number, clock: Clock): Line {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const line: Line = { socket, heard: '', heardBytes: 0, read: 0, busyAt: clock.now(), isClosed: false };
  socket.on('data', (chunk: Buffer) => {
    line.busyAt = clock.now();
    line.heardBytes += chunk.length;
    if (line.heard.length < KEPT_BYTES_MAX) line.heard += chunk.toString('latin1');
  });
  // The server is free to cut whoever talks nonsense.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    line.isClosed = true;
  });
  return line;
}

function withSession(step: Extract<Step, { send: string }>, lines: ReadonlyMap<number, Line>): Buffer[] {
  let text = step.send;
  if (text.includes('{sid}')) {
    const heard = [...lines.values()].map((line) => line.heard).join('');
    text = text.replaceAll('{sid}', /"sid":"([\w-]+)"/.exec(heard)?.[1] ?? 'none');
  }
  const bytes = textToBytes(text);
  const cuts = [0, ...(step.cuts ?? []), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

async function write(line: Line, pieces: readonly Buffer[], clock: Clock): Promise<void> {
  const { socket } = line;
  // The server's silence counts from here: it has yet to read this.
  line.busyAt = clock.now();
  for (const piece of pieces) {
    if (socket.destroyed || !socket.writable) return;
    // A turn of the loop between pieces, so that they are packets of their own.
    if (pieces.length > 1) await new Promise((done) => setImmediate(done));
    socket.write(piece);
  }
}

/** Waits until it is done, the line closed, or the time is over. */
function awaitBytes(line: Line, isDone: () => boolean, waitMs: number, clock: Clock): Promise<void> {
  if (line.isClosed || isDone()) return Promise.resolve();
  return new Promise((resolve) => {
    const endAt = clock.now() + waitMs;
    let cancel = () => {};
    const finish = () => {
      cancel();
      line.socket.off('data', look).off('close', finish);
      resolve();
    };
    const look = () => isDone() && finish();
    // Silence is noticed by looking again, bytes by themselves.
    const tick = () => {
      if (isDone()) return finish();
      // Where this process was held up itself, the answer may be here and only unread: it gets a turn of the loop.
      if (clock.now() >= endAt) return void setImmediate(() => setImmediate(finish));
      cancel = clock.alarm(Math.min(endAt, clock.now() + SILENCE_MS), tick);
    };
    line.socket.on('data', look).on('close', finish);
    tick();
  });
}
