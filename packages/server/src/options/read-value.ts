import type { OptionDescription } from './table.ts';

/** What an option became, or what is wrong with what was given, as the end of a sentence that starts with where it was given. */
export type Reading = { value: unknown } | { problem: string };

/** Never quotes a secret back: these messages end up in logs and tickets. */
function got(option: OptionDescription, given: unknown): string {
  if ('secret' in option) return '';
  const text = typeof given === 'string' ? `"${given}"` : (JSON.stringify(given) ?? typeof given);
  return `, not ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`;
}

function readInteger(option: OptionDescription & { kind: 'integer' }, given: unknown): Reading {
  const value = typeof given === 'string' && /^-?\d{1,15}$/.test(given) ? Number(given) : given;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= option.min && value <= option.max) return { value };
  const unit = option.unit === undefined ? '' : ` (${option.unit})`;
  return { problem: `must be a whole number from ${option.min} to ${option.max}${unit}${got(option, given)}` };
}

function readBoolean(option: OptionDescription, given: unknown): Reading {
  if (given === true || given === 'true' || given === '1') return { value: true };
  if (given === false || given === 'false' || given === '0') return { value: false };
  return { problem: `must be true or false${got(option, given)}` };
}

function readList(option: OptionDescription, given: unknown): Reading {
  const parts: unknown = typeof given === 'string' ? given.split(',') : given;
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) {
    return { problem: `must be a list of texts${got(option, given)}` };
  }
  const values = parts.map((part) => part.trim()).filter((part) => part !== '');
  return { value: Object.freeze([...new Set(values)]) };
}

/** Reads one option's value, as JSON gave it or as the text of a flag or an environment variable. */
export function readValue(option: OptionDescription, given: unknown): Reading {
  switch (option.kind) {
    case 'integer':
      return readInteger(option, given);
    case 'boolean':
      return readBoolean(option, given);
    case 'choice':
      if (typeof given === 'string' && option.choices.includes(given)) return { value: given };
      return { problem: `must be one of ${option.choices.join(', ')}${got(option, given)}` };
    case 'list':
      return readList(option, given);
    case 'text':
      if (given === null && option.default === null) return { value: null };
      if (typeof given === 'string' && given !== '' && !given.includes('\0')) return { value: given };
      return { problem: `must be a text that is not empty${got(option, given)}` };
  }
}
