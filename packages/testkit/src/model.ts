export { checkAgainstModel } from './model/commands.ts';
