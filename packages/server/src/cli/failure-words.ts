import { OptionsError } from '../options.ts';
import { SecretError } from '../secrets.ts';
import { StoreError } from '../stores/store-error.ts';

interface SystemError extends Error {
  code: string;
  address?: string;
  port?: number;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function listenWords({ code, address = 'that address', port }: SystemError): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${address} is in use. Stop the other program, or take another port with --port.`;
    case 'EACCES':
      return port === undefined ? undefined : `Port ${port} may not be used by this user. Take one above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
      return `${address} is not an address of this machine. Give one that is with --host.`;
    case 'ENOTFOUND':
      return 'The name given as --host is not known.';
    default:
      return undefined;
  }
}

/** What went wrong, for the person at the terminal: words where we know what to do, everything there is where we do not. */
export function failureWords(error: unknown): string {
  if (error instanceof OptionsError || error instanceof SecretError || error instanceof StoreError) return error.message;
  const words = isSystemError(error) ? listenWords(error) : undefined;
  return words ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
}
