import { expect, test } from 'vitest';
import { APP, DETAILS, START_AT, Stage } from './stage.ts';

const WEB = { details: { ...DETAILS, platform: 'web' } };
const slotOf = (platform: string, sinceAt: number) => ({ status: 'online', certainty: 'certain', sinceAt, platforms: [platform] }) as const;

test('[S8.3] this node’s slot stays what its own sessions make it, before, while and after another node has one', () => {
  const stage = new Stage();
  const receive = (slot: ReturnType<typeof slotOf> | null) =>
    stage.step({ type: 'slot', tenant: APP, user: 'ann', node: 'n2', slot, seenAt: null, activeAt: null });
  stage.load('ann');
  receive(slotOf('ios', START_AT - 50));
  expect(stage.user('ann').slot).toBeNull();
  stage.advance(10);
  stage.open('ann', WEB);
  const own = slotOf('web', START_AT + 10);
  expect(stage.user('ann').slot).toEqual(own);
  expect(stage.see('ann')).toMatchObject({ platforms: ['ios', 'web'], onlineSinceAt: START_AT - 50 });
  stage.settings('ann', { availability: 'busy' });
  expect(stage.user('ann').slot).toEqual(own);
  receive(null);
  expect(stage.user('ann').slot).toEqual(own);
  expect(stage.see('ann')).toMatchObject({ platforms: ['web'], onlineSinceAt: START_AT + 10 });
});

test('[S8.3] what a claim hides from everybody is still in the slot that other nodes are told of', () => {
  const stage = new Stage();
  const session = stage.open('ann', WEB);
  stage.settings('ann', { availability: 'dnd' });
  stage.told();
  const version = stage.see('ann').version;
  const outcome = stage.step({ type: 'activity', session, idleMs: 0, background: true });
  expect(outcome.slots).toEqual([stage.user('ann')]);
  expect(outcome.changes).toEqual([]);
  expect(stage.user('ann').slot).toEqual({ ...slotOf('web', START_AT), status: 'away' });
  expect(stage.see('ann')).toMatchObject({ status: 'dnd', version });
  stage.settings('ann', { availability: 'auto' });
  expect(stage.see('ann').status).toBe('away');
});
