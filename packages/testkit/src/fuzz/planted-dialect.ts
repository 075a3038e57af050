import { defineDialect, hear, z } from '@porchlight/server';

/** A dialect with a fault in it, to see that fuzzing finds faults: one of its messages, in one case, is a rejection that nobody handles. */
export default defineDialect({
  name: 'planted',
  namespace: '/planted',
  hears: {
    harmless: hear(z.unknown(), () => undefined),
    fault: hear(z.object({ level: z.number() }), ({ level }) => {
      if (level % 2 === 1) void Promise.reject(new Error('planted fault'));
      return undefined;
    }),
  },
  says: { change: () => undefined, refused: () => ({}) },
});
