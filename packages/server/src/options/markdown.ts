import { describe, environmentNameOf, flagOf, type OptionName, optionNames } from './table.ts';

function defaultText(name: OptionName): string {
  const option = describe(name);
  if (option.kind === 'list') return option.default.length === 0 ? 'none' : option.default.map((each) => `\`${each}\``).join(', ');
  return option.default === null ? 'none' : `\`${option.default}\``;
}

function valuesText(name: OptionName): string {
  const option = describe(name);
  switch (option.kind) {
    case 'integer':
      return `${option.min}–${option.max}${option.unit === undefined ? '' : ` ${option.unit}`}`;
    case 'boolean':
      return '`true`, `false`';
    case 'choice':
      return option.choices.map((choice) => `\`${choice}\``).join(', ');
    case 'list':
      return 'list';
    case 'text':
      return 'text';
  }
}

/** The table of all options, for the README; a test holds the two together. */
export function optionsMarkdown(): string {
  const rows = optionNames.map((name) =>
    [`\`--${flagOf(name)}\``, `\`${environmentNameOf(name)}\``, `\`${name}\``, valuesText(name), defaultText(name), describe(name).purpose]
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | '),
  );
  return ['flag | environment | file | values | default | purpose', '--- | --- | --- | --- | --- | ---', ...rows]
    .map((row) => `| ${row} |`)
    .join('\n');
}

const FLAG_WIDTH = 36;

/** The same for a terminal. */
export function optionsHelp(): string {
  return optionNames
    .map((name) => {
      const option = describe(name);
      const flag = `  --${option.kind === 'boolean' ? `[no-]${flagOf(name)}` : flagOf(name)}`;
      const gap = flag.length < FLAG_WIDTH ? ' '.repeat(FLAG_WIDTH - flag.length) : `\n${' '.repeat(FLAG_WIDTH)}`;
      const values = option.kind === 'boolean' ? '' : ` [${valuesText(name).replaceAll('`', '')}]`;
      return `${flag}${gap}${option.purpose.replaceAll('`', '')}${values} (${defaultText(name).replaceAll('`', '')})`;
    })
    .join('\n');
}
