import type { ClientFrame, PresenceRecord, ServerFrame } from '@porchlight/protocol';
import type { Socket } from '../environment.ts';

type Unnumbered<Frame> = Frame extends unknown ? Omit<Frame, 'seq'> : never;

/** One socket as the far end sees it. */
export interface FarEnd {
  readonly url: string;
  readonly heard: ClientFrame[];
  /** Frames of one kind that were heard. */
  of<Type extends ClientFrame['type']>(type: Type): Extract<ClientFrame, { type: Type }>[];
  /** Sends a frame with the next number. */
  say(frame: Unnumbered<ServerFrame>): void;
  /** Sends text as it is. */
  raw(text: string): void;
  close(code: number): void;
  /** With which code the client closed it; undefined while it has not. */
  closedWith: number | undefined;
  /** Nothing passes either way any more, and nobody is told. */
  cut(): void;
  seq: number;
}

export interface ScriptedServer {
  readonly sockets: FarEnd[];
  /** The last socket. */
  last(): FarEnd;
  /** Sockets that are neither closed nor cut. */
  live(): FarEnd[];
  open(url: string): Socket;
  /** Whether sockets open and are welcomed by themselves. Default true. */
  answers: boolean;
  /** Whether a returning session is known. Default true. */
  resumes: boolean;
  user: string;
  now: () => number;
  welcome: Partial<Extract<ServerFrame, { type: 'welcome' }>>;
  /** What `watch` is answered with; undefined answers nothing. */
  record: ((id: string) => PresenceRecord) | undefined;
}

export const record = (id: string, rest: Partial<PresenceRecord> = {}): PresenceRecord => ({
  id,
  online: (rest.status ?? 'online') !== 'offline',
  status: 'online',
  lastSeenAt: null,
  version: 1,
  ...rest,
});

/** The far end of the transport, under a test's control. It is no server: it says what it is told to, and `welcome` and snapshots by itself. */
export function createScriptedServer(now: () => number): ScriptedServer {
  let sessions = 0;
  const sockets: (FarEnd & { dead: boolean })[] = [];
  const linkOf = new Map<string, FarEnd>();
  const watchedBy = new Map<FarEnd, Set<string>>();

  const server: ScriptedServer = {
    sockets,
    last: () => sockets.at(-1) as FarEnd,
    live: () => sockets.filter((socket) => !socket.dead && socket.closedWith === undefined),
    answers: true,
    resumes: true,
    user: 'me',
    now,
    welcome: {},
    record: (id) => record(id),
    open(url) {
      const { near, far } = pair(url, (frame) => answer(far, frame));
      sockets.push(far);
      queueMicrotask(() => server.answers && near.onopen?.({} as never));
      return near;
    },
  };

  function greet(far: FarEnd, resume: { session: string; seq: number } | undefined) {
    const resumed = resume !== undefined && server.resumes && linkOf.has(resume.session);
    const session = resumed ? resume.session : `session-${++sessions}`;
    far.seq = resumed ? resume.seq : 0;
    // One link a session: the one before is closed.
    const before = linkOf.get(session);
    if (resumed) before?.close(4409);
    watchedBy.set(far, new Set(resumed && before ? watchedBy.get(before) : []));
    linkOf.set(session, far);
    far.say({
      type: 'welcome',
      session,
      user: server.user,
      now: server.now(),
      epoch: 'one',
      resumed,
      thresholds: { awayAfterMs: 300_000, graceMs: 15_000, pingMs: 15_000, flushMs: 100 },
      limits: { frameBytesMax: 16_384, idsMax: 100, watchesMax: 1_000 },
      ...server.welcome,
    });
    const { record } = server;
    const watched = [...(watchedBy.get(far) ?? [])];
    if (resumed && record && watched.length > 0) far.say({ type: 'changes', at: server.now(), presences: watched.map((id) => record(id)) });
  }

  function answer(far: FarEnd, frame: ClientFrame) {
    if (!server.answers) return;
    if (frame.type === 'hello') greet(far, frame.resume);
    if (server.record === undefined) return;
    const { record } = server;
    if (frame.type === 'watch') {
      for (const id of frame.add ?? []) watchedBy.get(far)?.add(id);
      for (const id of frame.remove ?? []) watchedBy.get(far)?.delete(id);
      const presences = (frame.add ?? []).map((id) => record(id));
      far.say({ type: 'snapshot', at: server.now(), ...(frame.request && { request: frame.request }), begin: true, end: true, presences });
    }
    if (frame.type === 'get')
      far.say({ type: 'presences', at: server.now(), request: frame.request, presences: frame.ids.map((id) => record(id)) });
    if ((frame.type === 'status' || frame.type === 'token') && frame.request !== undefined) far.say({ type: 'ok', request: frame.request });
  }

  return server;
}

function pair(url: string, hear: (frame: ClientFrame) => void) {
  const near: Socket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send(text) {
      if (far.dead) return;
      const frame = JSON.parse(text) as ClientFrame;
      far.heard.push(frame);
      queueMicrotask(() => hear(frame));
    },
    close(code) {
      far.closedWith ??= code;
      far.dead = true;
    },
  };
  const far: FarEnd & { dead: boolean } = {
    url,
    heard: [],
    dead: false,
    seq: 0,
    closedWith: undefined,
    of: (type) => far.heard.filter((frame) => frame.type === type) as never,
    say: (frame) => far.raw(JSON.stringify({ ...frame, seq: ++far.seq })),
    raw(text) {
      if (!far.dead) near.onmessage?.({ data: text });
    },
    close(code) {
      if (far.dead) return;
      far.dead = true;
      near.onclose?.({ code });
    },
    cut() {
      far.dead = true;
    },
  };
  return { near, far };
}
