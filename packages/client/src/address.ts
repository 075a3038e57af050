import { NATIVE_PATH } from '@porchlight/protocol';

const path = new RegExp(`(${NATIVE_PATH})?/?$`);

/** The page's own address, where there is one; DOM types say that there always is. */
const here = (): string | undefined => (globalThis as { location?: Location }).location?.href;

/**
 * Where the socket is of a server that is given as `https://example.com`, `wss://example.com/v1/ws`, or as a path of this page's own origin.
 * Throws TypeError for what is no address.
 */
export function socketAddress(url: string): string {
  return new URL(url, here()).href.replace(/^http/, 'ws').replace(path, NATIVE_PATH);
}

/** Where its HTTP API is, without a slash at the end. Throws TypeError. */
export function httpAddress(url: string): string {
  return new URL(url, here()).href.replace(/^ws/, 'http').replace(path, '');
}
