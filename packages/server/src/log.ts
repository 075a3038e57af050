import { createHmac } from 'node:crypto';
import { type Logger, pino } from 'pino';
import type { Clock } from './clock.ts';
import { prettyLine } from './log/pretty-line.ts';
import { scrub } from './log/scrub.ts';
import type { ServerOptions } from './options/table.ts';

export type { Logger } from 'pino';

/** Where lines go: complete, each with its line break. */
export interface LogTarget {
  write(line: string): void;
}

interface LoggerOptions extends Pick<ServerOptions, 'logLevel' | 'logPretty'> {
  clock: Pick<Clock, 'now'>;
  /** Keys the hash of user ids, so that nobody without it can try ids; the same key gives the same hashes after a restart. */
  hashKey: string | Uint8Array;
  /** Default: standard error, written at once, so that nothing is lost when the process ends. */
  target?: LogTarget & { isTTY?: boolean };
}

/** Fields that hold a user id; hashed from `info` up, plain in `debug` and `trace`. */
const USER_FIELDS = ['user', 'viewer', 'other'] as const;

/** Fields that are never logged, at the top or up to two levels down, whoever passes them. */
const SECRET_FIELDS = ['token', 'authorization', 'cookie', 'apiKey', 'x-api-key', 'secret', 'jwtSecret', 'apiKeys', 'password', 'resume'];
const SECRET_PATHS = SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]);

const INFO = 30;

function hashUsers(fields: object, hashOf: (user: string) => string): object {
  const hashed: Record<string, unknown> = { ...fields };
  for (const name of USER_FIELDS) {
    const value = hashed[name];
    if (typeof value === 'string') hashed[name] = hashOf(value);
  }
  return hashed;
}

/**
 * The server's log: one JSON object a line, with `time` (epoch milliseconds), `level`, `msg` and the fields given. Pass facts as fields,
 * `log.info({ user, dialect }, 'connected')`; user ids, secrets and control characters are then taken care of.
 */
export function createLogger({ logLevel, logPretty, clock, hashKey, target = process.stderr }: LoggerOptions): Logger {
  // 12 characters are 72 bits: no two users of one server meet.
  const hashOf = (user: string) => `#${createHmac('sha256', hashKey).update(user).digest('base64url').slice(0, 12)}`;
  const isPretty = logPretty && target.isTTY === true;
  return pino(
    {
      level: logLevel,
      base: null,
      timestamp: () => `,"time":${clock.now()}`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
      hooks: {
        logMethod(args, method, level) {
          const [fields, ...rest] = args as [unknown, ...string[]];
          const isFields = typeof fields === 'object' && fields !== null && !(fields instanceof Error);
          if (level < INFO || !isFields) return method.apply(this, args);
          return method.apply(this, [hashUsers(fields, hashOf), ...rest] as unknown as typeof args);
        },
      },
    },
    { write: (line: string) => void target.write(isPretty ? prettyLine(line) : scrub(line)) },
  );
}
