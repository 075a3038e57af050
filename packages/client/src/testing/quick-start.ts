import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** A socket for pages in jsdom, whose own does not work with the events of Node. */
export { WebSocket as NodeSocket } from 'ws';

/** The code blocks of a README in one language. */
export function codeBlocks(readme: URL, language: 'ts' | 'tsx' | 'html' | 'js' | 'sh'): string[] {
  const text = readFileSync(readme, 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] as string);
}

/** What the compiler says of some code, as strict as this project is, as if it stood beside the README. */
export function compilerErrors(readme: URL, code: string, language: 'ts' | 'tsx'): string[] {
  const folder = join(dirname(fileURLToPath(readme)), 'src');
  const file = join(folder, `quick-start.${language}`);
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    jsx: ts.JsxEmit.ReactJSX,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, target, ...rest) =>
    name === file ? ts.createSourceFile(name, code, target) : getSourceFile.call(host, name, target, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/**
 * Runs a block as it stands in the README, but for texts such as addresses that are another's here; each of those has to occur in it. Gives what it
 * exports, and how to take its file away again.
 */
export async function runBlock(code: string, language: 'ts' | 'tsx', instead: Readonly<Record<string, string>>) {
  const root = resolve(import.meta.dirname, '../../../..');
  // Below the root, so that it finds the packages as an app would.
  mkdirSync(join(root, '.tmp'), { recursive: true });
  const folder = mkdtempSync(join(root, '.tmp', 'quick-start-'));
  let text = code;
  for (const [there, here] of Object.entries(instead)) {
    if (!text.includes(there)) throw new Error(`The README does not say ${there} any more.`);
    text = text.replaceAll(there, here);
  }
  writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "jsx": "react-jsx" } }');
  writeFileSync(join(folder, `start.${language}`), text);
  const module = (await import(/* @vite-ignore */ join(folder, `start.${language}`))) as Record<string, unknown>;
  return { module, remove: () => rmSync(folder, { recursive: true }) };
}
