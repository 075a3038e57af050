import { beforeEach, expect, test } from 'vitest';
import { identityOf } from './authenticate.ts';
import { listOnline, publicViewer, shownProfile } from './online-list.ts';
import { type StagedNode, stageNode } from './staged-node.ts';

let staged: StagedNode;
const viewer = { tenant: 'default', user: 'viewer' };
const tenant = () => staged.node.service.engine.roster.tenant('default');
const list = (options: Partial<Parameters<typeof listOnline>[2]> = {}, who = viewer) =>
  listOnline(tenant(), who, { limit: 100, ...options }).map(({ user }) => user.id);
const set = (user: string, settings: Record<string, unknown>) =>
  staged.node.service.step({ type: 'settings', tenant: 'default', user, ...settings });

beforeEach(async () => {
  staged = await stageNode();
  for (const user of ['eve', 'bob', 'ann', 'dan', 'cara']) await staged.connect(user);
});

test('[S7.12] lists hold whom this viewer sees online, by id, and are cut at their limit', () => {
  expect(list()).toEqual(['ann', 'bob', 'cara', 'dan', 'eve']);
  expect(list({ limit: 2 })).toEqual(['ann', 'bob']);
  expect(list({ limit: 2, after: 'bob' })).toEqual(['cara', 'dan']);
  expect(list({ after: 'eve' })).toEqual([]);
});

test('[S7.12] [T15] what is shown is found out first: a filter finds nobody by what is hidden', () => {
  set('ann', { availability: 'busy' });
  set('bob', { availability: 'invisible' });
  set('cara', { onlineRule: 'nobody' });
  staged.node.service.step({ type: 'relate', tenant: 'default', user: 'dan', kind: 'block', others: ['viewer'], present: true });
  expect(list()).toEqual(['ann', 'eve']);
  expect(list({ statuses: ['busy'] })).toEqual(['ann']);
  for (const statuses of [['offline'], ['away'], ['invisible'], []]) expect(list({ statuses }), String(statuses)).toEqual([]);
  expect(list({}, { tenant: 'other', user: 'viewer' })).toEqual([]);
  // Dan blocks somebody, who could be whoever is not signed in.
  expect(listOnline(tenant(), publicViewer('default'), { limit: 9 }).map(({ user }) => user.id)).toEqual(['ann', 'eve']);
  expect(listOnline(undefined, viewer, { limit: 9 })).toEqual([]);
});

test('[S7.13] lists show of a person what the token says, and an address only where the operator said so', async () => {
  await staged.connect(identityOf('zoe', { profile: { name: 'Zoe', role: 'chef', email: 'z@x.y', shoeSize: '38' } }));
  const zoe = staged.node.service.find('default', 'zoe')!;
  expect(shownProfile(zoe, [])).toEqual({ name: 'Zoe', role: 'chef' });
  expect(shownProfile(zoe, ['email'])).toEqual({ name: 'Zoe', role: 'chef', email: 'z@x.y' });
});
