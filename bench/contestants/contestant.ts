import type { FRAMINGS } from '../load/framing.ts';
import type { LoadConnection } from '../load/load-connection.ts';

/** How a server process is started. */
export interface Launch {
  command: string;
  args: string[];
  env?: Record<string, string>;
  /** Where it will listen. Absent when it prints `listening <port>` on its standard output. */
  port?: number;
  /** True when SIGUSR2 makes it collect its garbage. */
  collects?: boolean;
}

/** Why a contestant cannot take part here, such as a binary that is not installed. */
export interface Skip {
  skip: string;
}

/** How big the scenario is, so that a server with accounts can be given them before it starts. */
export interface Accounts {
  users: number;
  /** In place of the server's own grace, where it has one. */
  graceMs?: number;
  /** Whom each user watches; empty where the scenario watches nobody. */
  watchedBy: (user: number) => readonly number[];
}

/** What the load generator does and recognises on the wire of one contestant. Optional members are things it cannot do. */
export interface Wire {
  framing: keyof typeof FRAMINGS;
  /** How many connections may be dialled at once, where its listening socket holds fewer than others'; beyond it the kernel drops. */
  dialledMax?: number;
  /** The HTTP request that opens a WebSocket; absent for plain TCP. */
  upgrade?(connection: LoadConnection): Buffer;
  /** Says who it is. The wire calls `connection.signedIn()` when the server has agreed and the user is online. */
  signIn(connection: LoadConnection): void;
  /** Watches users; the wire calls `connection.watching()` when the server has confirmed. At most once a connection. */
  watch?(connection: LoadConnection, users: readonly number[]): void;
  /** Shows the connection's user as online or offline without leaving. */
  flip?(connection: LoadConnection, online: boolean): void;
  /** Leaves for good, so that watchers are told at once; the caller ends the connection after it. */
  leave?(connection: LoadConnection): void;
  /** The framed bytes that ask for the presence of users; the wire calls `connection.answered()` for each whole answer. */
  query?(users: readonly number[]): Buffer;
  /** The framed bytes of one heartbeat over HTTP; answered likewise. */
  heartbeat?(user: number): Buffer;
  /** Reads one whole message: counts deliveries, snapshots, answers, and answers pings of the application. */
  read(connection: LoadConnection, bytes: Buffer, start: number, end: number, kind: number): void;
}

/** One server under test: one file each, with these headings in this order. */
export interface Contestant {
  name: string;
  kind: 'ours' | 'floor' | 'peer';
  /** What it does not do and Porchlight does, in words for the report. */
  lacks: string;
  /** Why it may cost less than Porchlight where it does, in words for the report; peers alone. */
  spares?: string;
  /** True when its rows take several times as long as others'; they are played last. */
  slow?: true;
  /** True when only the full run measures it. */
  onlyFull?: true;
  /** Why it stays out of a scenario that its words would allow, with so many users, or in the setting of this label. */
  declines?(scenario: string, users: number, label: string): string | undefined;
  /** How the server process is started, with its own port and everything it writes in `folder`. */
  server(folder: string, accounts: Accounts): Promise<Launch | Skip>;
  wire: Wire;
}
