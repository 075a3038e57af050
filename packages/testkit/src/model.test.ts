import { test } from 'vitest';
import { checkAgainstModel } from './model.ts';

test('[I1a] [I1b] [I2] [I6b] [I12] [I13] a node is what the model says, over 300 sequences of commands', async () => {
  await checkAgainstModel(300, 20_260_101);
}, 120_000);
