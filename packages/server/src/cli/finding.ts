import type { Clock } from '../clock.ts';
import type { ServerOptions } from '../options.ts';

/** What a check found: fine, worth a look, or a reason why the server would not work. */
export interface Finding {
  level: 'ok' | 'warn' | 'fail';
  text: string;
}

export const ok = (text: string): Finding => ({ level: 'ok', text });
export const suspicious = (text: string): Finding => ({ level: 'warn', text });
export const broken = (text: string): Finding => ({ level: 'fail', text });

/** Looks at one thing without changing it, and says what it found; nothing where it does not apply. Must not throw. */
export type Check = (options: ServerOptions, clock: Clock) => Finding[] | Promise<Finding[]>;
