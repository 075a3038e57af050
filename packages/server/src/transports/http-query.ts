import type { IncomingMessage } from 'node:http';
import { PorchlightError } from '../errors.ts';

/** No field at all; one object, so that it can be told from an empty query. */
export const NOTHING: Readonly<Record<string, string>> = Object.freeze({});

/** The path of a request, without its query. */
export function pathOf({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** Throws INVALID_PAYLOAD for a path that is not percent-encoded UTF-8: a router would take it literally, and two ids could become one. */
export function checkPath(request: Pick<IncomingMessage, 'url'>): void {
  try {
    decodeURIComponent(pathOf(request));
  } catch {
    throw new PorchlightError('INVALID_PAYLOAD', 'The path is not percent-encoded UTF-8.');
  }
}

/** The query of a request; of a field that is given twice, the last. */
export function queryOf({ url = '/' }: Pick<IncomingMessage, 'url'>): Readonly<Record<string, string>> {
  const start = url.indexOf('?');
  return start === -1 ? NOTHING : Object.fromEntries(new URLSearchParams(url.slice(start)));
}
