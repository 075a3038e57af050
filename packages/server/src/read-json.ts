import { PorchlightError } from './errors.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** The end of the string that starts at `start`, or the end of the text when it is never closed. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const end = text.indexOf('"', at);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
    at = end + 1;
  }
  return text.length;
}

/** Whether there are so few brackets that they cannot nest too deeply. Following those of a thousand ids takes a fifth of reading them. */
function hasFewBrackets(text: string, depthMax: number): boolean {
  let brackets = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) if (++brackets > depthMax) return false;
  }
  return true;
}

/** Whether brackets nest deeper than `depthMax`; one pass, stops at the first that does. `JSON.parse` itself would build all of it. */
function isTooDeep(text: string, depthMax: number): boolean {
  if (hasFewBrackets(text, depthMax)) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = stringEnd(text, at);
    else if (unit === OPEN_OBJECT || unit === OPEN_ARRAY) {
      if (++depth > depthMax) return true;
    } else if (unit === CLOSE_OBJECT || unit === CLOSE_ARRAY) depth--;
  }
  return false;
}

// Also where a key may be written with escapes, since those cannot be told from the text without parsing it.
const isSuspicious = (text: string) => text.includes('__proto__') || text.includes('constructor') || text.includes('\\u00');

/** Whether a key could change a prototype when somebody merges or assigns the value. Depth is bounded before, so recursion is safe. */
function hasDangerousKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasDangerousKey);
  if (Object.hasOwn(value, '__proto__')) return true;
  if (Object.hasOwn(value, 'constructor')) {
    const inner: unknown = (value as Record<string, unknown>).constructor;
    if (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, 'prototype')) return true;
  }
  return Object.values(value).some(hasDangerousKey);
}

/**
 * Parses JSON from outside. Refuses, with INVALID_PAYLOAD and nothing else: what is not JSON, what nests deeper than `depthMax`, and the
 * keys through which prototypes are poisoned (`__proto__`, `constructor` holding `prototype`). The caller bounds the length before.
 */
export function readJson(text: string, { depthMax }: { depthMax: number }): unknown {
  if (isTooDeep(text, depthMax)) throw new PorchlightError('INVALID_PAYLOAD', `The JSON nests deeper than ${depthMax} levels.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the input, which may hold a token.
    throw new PorchlightError('INVALID_PAYLOAD', 'This is not JSON.');
  }
  if (isSuspicious(text) && hasDangerousKey(value)) {
    throw new PorchlightError('INVALID_PAYLOAD', 'The keys `__proto__` and `constructor.prototype` are not allowed.');
  }
  return value;
}
