import { scrub } from './scrub.ts';

const COLORS: Record<string, string> = { fatal: '31;1', error: '31', warn: '33', info: '36', debug: '90', trace: '90' };

function paint(text: string, color: string): string {
  return `\u001b[${color}m${text}\u001b[0m`;
}

/** The text as JSON would escape it, without the quotes: nothing in it can move the cursor. */
function safe(text: string): string {
  return scrub(JSON.stringify(text).slice(1, -1)).replaceAll('\\"', '"');
}

function stackOf(error: unknown): string {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? error.stack : undefined;
  return typeof stack === 'string'
    ? stack
        .split('\n')
        .map((line) => `\n    ${safe(line)}`)
        .join('')
    : '';
}

/** A line of the log for a person at a terminal: time of day, level, message, fields, and the stack of an error below. */
export function prettyLine(json: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const shown = Object.entries(fields).map(
    ([name, value]) => `${safe(name)}=${typeof value === 'string' ? safe(value) : scrub(JSON.stringify(value))}`,
  );
  const at = new Date(Number(time)).toISOString().slice(11, 23);
  const label = paint(String(level).toUpperCase().padEnd(5), COLORS[String(level)] ?? '0');
  return `${paint(at, '90')} ${label} ${safe(String(msg ?? ''))}${shown.length === 0 ? '' : ` ${paint(shown.join(' '), '90')}`}${stackOf(err)}\n`;
}
