import type { Audience, User } from '@porchlight/engine';
import type { Dialect } from './dialects/dialect.ts';
import type { Fragment } from './transports/link.ts';

/** A way of writing, and the number it goes by. */
interface Format {
  readonly spellsNumbers: boolean;
  readonly encoding: string;
  readonly number: number;
}

/** Audiences are sets of four bits. */
const AUDIENCES = 16;

/**
 * What has been encoded at this instant: shared by all connections that are flushed at it and see the same, and by nobody later, because the
 * bytes that one viewer gets must not depend on when another was told.
 */
export class SharedEncodings {
  readonly #formats = new Map<Dialect, Format[]>();
  #formatCount = 0;
  readonly #byFormat = new Map<number, Map<User, Fragment>>();
  #at = Number.NaN;

  /** A number for a way of writing: dialect, spelling and wire. There are few. */
  formatOf(dialect: Dialect, spellsNumbers: boolean, encoding: string): number {
    const formats = this.#formats.get(dialect);
    if (formats !== undefined)
      for (const format of formats) if (format.encoding === encoding && format.spellsNumbers === spellsNumbers) return format.number;
    const number = this.#formatCount++;
    if (formats === undefined) this.#formats.set(dialect, [{ spellsNumbers, encoding, number }]);
    else formats.push({ spellsNumbers, encoding, number });
    return number;
  }

  /** The fragments of one format and audience, by user, for the caller to read and fill while the time is `now`. */
  by(format: number, audience: Audience, now: number): Map<User, Fragment> {
    if (now !== this.#at) {
      this.#byFormat.clear();
      this.#at = now;
    }
    const key = format * AUDIENCES + audience;
    let fragments = this.#byFormat.get(key);
    if (fragments === undefined) {
      fragments = new Map();
      this.#byFormat.set(key, fragments);
    }
    return fragments;
  }

  /** Somebody changed at this very instant: what was encoded is not true any more. */
  forget(): void {
    this.#at = Number.NaN;
  }
}
