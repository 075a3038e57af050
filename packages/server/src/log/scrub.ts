const TOKENS = /eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.?[A-Za-z0-9_-]*/g;
const CREDENTIALS = /(\bBearer\s+|[?&](?:token|access_token|api_key)=)[^\s"'&\\]+/gi;
// JSON escapes only the first 32 controls. These others move the cursor, end the line or turn the text around in terminals and viewers;
// within JSON they can only stand in texts, where an escape means the same.
const CONTROLS = /[\u007f-\u009f\u2028\u2029\p{Cf}]/gu;

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}

/** A line of JSON without anything that looks like a token, and without characters that a terminal would obey. Stays JSON. */
export function scrub(line: string): string {
  return line.replace(TOKENS, '[token]').replace(CREDENTIALS, '$1[redacted]').replace(CONTROLS, escaped);
}
