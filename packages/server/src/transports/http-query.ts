import type { IncomingMessage } from 'node:http';

/** No field at all; one object, so that it can be told from an empty query. */
export const NOTHING: Readonly<Record<string, string>> = Object.freeze({});

/** The path of a request, without its query. */
export function pathOf({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** The query of a request; of a field that is given twice, the last. */
export function queryOf({ url = '/' }: Pick<IncomingMessage, 'url'>): Readonly<Record<string, string>> {
  const start = url.indexOf('?');
  return start === -1 ? NOTHING : Object.fromEntries(new URLSearchParams(url.slice(start)));
}
