/** So that a page left open overnight holds no more than this. */
const FRAMES_MAX = 600;

/** Tokens are secrets, even in a playground: somebody may share a screenshot. */
function withoutTokens(key, value) {
  return key === 'token' && typeof value === 'string' ? `${value.slice(0, 8)}…` : value;
}

/**
 * Every frame of every person, the newest last, bounded. Listeners are told of each change; while paused, frames are still kept and are
 * shown when it goes on.
 */
export class FrameLog extends EventTarget {
  frames = [];
  dropped = 0;
  #counter = 0;

  /** @param {{person: string, dialect: string, direction: 'in' | 'out' | 'note', event: string, payload?: unknown, quiet?: boolean}} frame */
  add({ person, dialect, direction, event, payload, quiet = false }) {
    this.#counter += 1;
    const json = payload === undefined ? '' : typeof payload === 'string' ? payload : JSON.stringify(payload, withoutTokens);
    this.frames.push({ number: this.#counter, at: Date.now(), person, dialect, direction, event, json, quiet });
    if (this.frames.length > FRAMES_MAX) {
      this.frames.shift();
      this.dropped += 1;
    }
    this.dispatchEvent(new Event('change'));
  }

  clear() {
    this.frames = [];
    this.dropped = 0;
    this.dispatchEvent(new Event('change'));
  }
}
