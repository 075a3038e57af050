import type { ServerOptions } from '../options.ts';

/**
 * Whether a page of this origin may connect. No browser sends none; one that does must be this very server's or in the list. CORS does not
 * cover WebSocket upgrades, so they are asked here too.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  options: Pick<ServerOptions, 'corsOrigins'>,
): boolean {
  if (origin === undefined) return true;
  if (options.corsOrigins.includes('*') || options.corsOrigins.includes(origin)) return true;
  try {
    return host !== undefined && new URL(origin).host === host.toLowerCase();
  } catch {
    return false;
  }
}
