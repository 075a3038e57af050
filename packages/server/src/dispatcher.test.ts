import { beforeEach, describe, expect, test } from 'vitest';
import { defineDialect, hear, z } from './dialects/dialect.ts';
import { PorchlightError } from './errors.ts';
import { type RecordingLink, type StagedNode, stageNode, turn } from './staged-node.ts';

/** An app's own dialect, with every way to go wrong. */
const odd = defineDialect({
  name: 'odd',
  hears: {
    later: hear(z.unknown(), async () => {
      await turn();
      return { says: [['late', {}]], ack: 'late' };
    }),
    now: hear(z.unknown(), () => ({ says: [['now', {}]], ack: 'now' })),
    throws: hear(z.unknown(), () => {
      throw new Error('secret of the server');
    }),
    rejects: hear(z.unknown(), () => Promise.reject(new Error('secret of the server'))),
    refuses: hear(z.unknown(), () => {
      throw new PorchlightError('RATE_LIMITED', 'Wait.', { retryAfterMs: 7 });
    }),
    unwritable: hear(z.unknown(), () => ({ says: [['big', { id: 7n }]] })),
    'unwritable later': hear(z.unknown(), () => Promise.resolve({ says: [['big', { id: 7n }] as const] })),
    wordless: hear(z.unknown(), () => {
      throw new PorchlightError('FORBIDDEN', 'wordless');
    }),
    'wordless later': hear(z.unknown(), () => Promise.reject(new PorchlightError('FORBIDDEN', 'wordless'))),
    shaped: hear(z.object({ list: z.array(z.string()) }), () => undefined),
  },
  says: {
    change: () => undefined,
    refused: ({ code, message, event, request, retryAfterMs }) => {
      if (message === 'wordless') throw new Error('no words');
      return { says: [['refused', { code, message, event, request, retryAfterMs }]], ack: { code } };
    },
  },
});

let staged: StagedNode;
let link: RecordingLink;
let send: (event: string, payload?: unknown) => Promise<unknown>;

beforeEach(async () => {
  staged = await stageNode({ messagesBurstMax: 50 }, { dialects: [odd] });
  const { connection, link: made } = await staged.connect('ann', { dialects: [odd] });
  link = made;
  send = (event, payload) => staged.send(connection, event, payload);
});

describe('answers', () => {
  test('[S18.3] behind an answer that takes long no more messages wait than may be sent at once', async () => {
    const { connection, link: own } = await staged.connect('bob', { dialects: [odd] });
    const answers: unknown[] = [];
    for (let count = 0; count < 60; count += 1) staged.node.dispatcher.message(connection, 'later', {}, (each) => answers.push(each));
    expect(connection.queued).toBe(50);
    expect(own.said.filter(([event]) => event === 'refused')).toHaveLength(9);
    for (let round = 0; round < 200; round += 1) await turn();
    expect(connection.queued).toBe(0);
    expect(answers).toHaveLength(60);
  });

  test('[S18.3] messages of a connection are answered in order, however long one takes', async () => {
    const { connection, link: own } = await staged.connect('bob', { dialects: [odd] });
    const answers: unknown[] = [];
    for (const event of ['later', 'now', 'later', 'now'])
      staged.node.dispatcher.message(connection, event, {}, (each) => answers.push(each));
    for (let round = 0; round < 6; round += 1) await turn();
    expect(answers).toEqual(['late', 'now', 'late', 'now']);
    expect(own.said.map(([event]) => event)).toEqual(['late', 'now', 'late', 'now']);
    expect(connection.answering).toBeUndefined();
  });

  test('[S18.4] [I14] what fails in the server is INTERNAL, logged, and says nothing of why', async () => {
    for (const event of ['throws', 'rejects', 'unwritable', 'unwritable later']) {
      expect(await send(event), event).toEqual({ code: 'INTERNAL' });
      expect(JSON.stringify(link.said.splice(0))).not.toContain('secret');
    }
    expect(staged.lines.filter((line) => line.includes('could not be answered'))).toHaveLength(4);
  });

  test('[S18.4] [I14] a dialect without words for a refusal stops nothing', async () => {
    await send('wordless');
    await send('wordless later');
    expect(await send('now')).toBe('now');
    expect(staged.lines).toHaveLength(2);
  });

  test('[S18.5] a refusal names the event, repeats the request, and says when to try again', async () => {
    await send('refuses', { request: 'r1' });
    expect(link.said).toEqual([['refused', { code: 'RATE_LIMITED', message: 'Wait.', event: 'refuses', request: 'r1', retryAfterMs: 7 }]]);
    link.said.length = 0;
    await send('x'.repeat(1_000), { request: 'x'.repeat(65) });
    expect(link.said).toEqual([['refused', { code: 'INVALID_PAYLOAD', message: 'There is no such event.', event: 'x'.repeat(64) }]]);
  });

  test('[S18.5] [T22] [T23] unknown events, names of prototypes, wrong types and deep payloads are INVALID_PAYLOAD', async () => {
    let deep: unknown = 'x';
    for (let depth = 0; depth < staged.options.jsonDepthMax; depth += 1) deep = { deep };
    expect(await send('now', deep)).toBe('now');
    for (const [event, payload] of [
      ['toString', {}],
      ['__proto__', {}],
      ['constructor', {}],
      ['shaped', null],
      ['shaped', { list: 'x' }],
      ['shaped', { list: [7] }],
      ['now', { deep }],
    ] as const)
      expect(await send(event, payload), event).toEqual({ code: 'INVALID_PAYLOAD' });
  });

  test('[S17.4] [T27] messages beyond the rate are refused, one user cannot use up another’s', async () => {
    const answers = [];
    for (let message = 0; message < 60; message += 1) answers.push(await send('now'));
    expect(answers.filter((each) => each === 'now')).toHaveLength(50);
    expect(answers.at(-1)).toEqual({ code: 'RATE_LIMITED' });
    const other = await staged.connect('bob', { dialects: [odd] });
    expect(await staged.send(other.connection, 'now')).toBe('now');
    staged.clock.advance(60_000);
    expect(await send('now')).toBe('now');
  });

  test('[S18.3] a closed connection is answered nothing', async () => {
    const { connection, link: own } = await staged.connect('bob', { dialects: [odd] });
    staged.node.dispatcher.message(connection, 'later', {});
    staged.node.gateway.left(connection);
    staged.node.dispatcher.message(connection, 'now', {});
    for (let round = 0; round < 4; round += 1) await turn();
    expect(own.said).toEqual([]);
  });
});

describe('which dialect a connection speaks', () => {
  test('[S19.4] the first word that only one dialect knows says it, and from then on it hears only that one', async () => {
    const spoken = ['smart-presence', 'user-presence', 'user-status'].map(staged.dialect);
    const { connection } = await staged.connect('7', { dialects: spoken });
    await staged.send(connection, 'nobody knows this', {});
    expect(connection.dialects).toHaveLength(3);
    await staged.send(connection, 'userHeartbeat', {});
    expect(connection.dialects.map(({ name }) => name)).toEqual(['user-status']);
    await staged.send(connection, 'register_session', { sessionId: '7' });
    expect(connection.dialects.map(({ name }) => name)).toEqual(['user-status']);
  });
});
