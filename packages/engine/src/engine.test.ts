import { describe, expect, test } from 'vitest';
import { type LoadedUser, neverStored } from './events.ts';
import { ENGINE_DEFAULTS } from './policy.ts';
import { APP, as, DETAILS, START_AT, Stage } from './stage.ts';

const recover = (stage: Stage, user: string, session: number, lease: { untilAt: number; shown: boolean } | null = null) =>
  stage.step({
    type: 'recover',
    tenant: APP,
    user,
    session,
    details: { ...DETAILS },
    seenAt: START_AT - 3_000,
    lease: lease === null ? null : { storedId: 'old-1', startedAt: START_AT - 90_000, ...lease },
  });

const { graceMs, awayAfterMs, signOfLifeMs, signOfLifeAnswerMs, typingMs } = ENGINE_DEFAULTS;

describe('sessions', () => {
  test('[S1.1] one session makes a user online, the end of the last one offline', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    expect(stage.see('ann').status).toBe('online');
    stage.step({ type: 'leave', session, reason: 'left' });
    expect(stage.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: START_AT });
  });

  test('[S1.2] [I12] several sessions are one presence: only the first beginning and the last end are told', () => {
    const stage = new Stage();
    const sessions = [stage.open('ann'), stage.open('ann'), stage.open('ann')];
    expect(stage.told()).toEqual(['ann offline→online']);
    stage.step({ type: 'leave', session: sessions[1]!, reason: 'left' });
    stage.step({ type: 'lost', session: sessions[0]! });
    stage.advance(graceMs);
    expect(stage.told()).toEqual([]);
    stage.step({ type: 'leave', session: sessions[2]!, reason: 'left' });
    expect(stage.told()).toEqual(['ann online→offline']);
  });

  test('[S1.3] [I12] ending a session twice, late, or one that never was does nothing', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.open('ann');
    stage.step({ type: 'leave', session, reason: 'left' });
    stage.told();
    for (const number of [session, 999])
      for (const event of [
        { type: 'leave', session: number, reason: 'left' },
        { type: 'lost', session: number },
        { type: 'resume', session: number },
        { type: 'show', session: number, shown: false },
        { type: 'alive', session: number, of: 'page' },
        { type: 'activity', session: number, idleMs: 0 },
        { type: 'renew', session: number, leaseMs: 1, background: false, details: {} },
        { type: 'describe', session: number, details: { screen: 'x' } },
      ] as const)
        expect(stage.step(event)).toMatchObject({ slots: [], users: [], sessions: [], changes: [], ended: [] });
    expect(stage.see('ann').status).toBe('online');
    expect(stage.engine.sessionCount).toBe(1);
  });

  test('[S1.4] [I12] a session opens once, and an event for a user who was not loaded does nothing', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.advance(1_000);
    stage.told();
    stage.step({ type: 'open', session, tenant: APP, user: 'ann', kind: 'link', details: DETAILS, deviceKey: null });
    stage.step({ type: 'open', session: 77, tenant: APP, user: 'nobody', kind: 'link', details: DETAILS, deviceKey: null });
    stage.settings('nobody', { availability: 'busy' });
    stage.relate('nobody', 'block', 'ann');
    stage.step({ type: 'sign-out', tenant: APP, user: 'nobody', reason: 'signed-out' });
    stage.step({ type: 'slot', tenant: APP, user: 'nobody', node: 'n2', slot: null, seenAt: 1, activeAt: 1 });
    expect(stage.told()).toEqual([]);
    expect(stage.engine.sessionCount).toBe(1);
  });

  test('[S1.5] a client that comes back takes the place of its lost session, and nobody is told', () => {
    const stage = new Stage();
    const lost = stage.open('ann', { deviceKey: 'phone' });
    stage.step({ type: 'lost', session: lost });
    stage.told();
    stage.advance(graceMs - 1);
    stage.open('ann', { deviceKey: 'phone' });
    expect(stage.outcomes.flatMap(({ ended }) => ended.map(({ number, endReason }) => [number, endReason]))).toEqual([[lost, 'resumed']]);
    stage.advance(graceMs * 2);
    expect(stage.told()).toEqual([]);
    expect(stage.engine.sessionCount).toBe(1);
    expect(stage.see('ann').onlineSinceAt).toBe(START_AT);
  });

  test('[S1.5] another device, and a session that still lives, are not replaced', () => {
    const stage = new Stage();
    stage.open('ann', { deviceKey: 'phone' });
    stage.step({ type: 'lost', session: stage.open('ann', { deviceKey: 'desk' }) });
    stage.open('ann', { deviceKey: 'phone' });
    expect(stage.engine.sessionCount).toBe(3);
  });

  test('[S1.6] whoever says goodbye is offline at once, last seen now', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.advance(7_000);
    stage.step({ type: 'leave', session, reason: 'left' });
    expect(stage.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: START_AT + 7_000 });
  });

  test('[S1.7] a session that hides leaves no trace until it shows itself again', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.advance(5_000);
    stage.step({ type: 'show', session, shown: false });
    const hidden = stage.see('ann');
    expect(hidden).toMatchObject({ status: 'offline', lastSeenAt: START_AT + 5_000 });
    stage.advance(60_000);
    stage.step({ type: 'alive', session, of: 'page' });
    stage.step({ type: 'activity', session, idleMs: 0 });
    expect(stage.see('ann')).toEqual(hidden);
    expect(stage.see('ann', as('ann')).lastSeenAt).toBe(START_AT + 5_000);
    stage.step({ type: 'show', session, shown: true });
    expect(stage.see('ann')).toMatchObject({ status: 'online', lastSeenAt: stage.now });
  });

  test('[S1.7] hiding one of two sessions tells nobody; showing what is shown does nothing', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.open('ann');
    stage.told();
    stage.step({ type: 'show', session, shown: true });
    stage.step({ type: 'show', session, shown: false });
    expect(stage.told()).toEqual([]);
  });

  test('[S1.8] a sign-out ends every session of the user, with its reason, and of nobody else', () => {
    const stage = new Stage();
    const sessions = [stage.open('ann'), stage.open('ann', { kind: 'lease', leaseMs: 1_000 })];
    stage.open('bob');
    stage.told();
    const outcome = stage.step({ type: 'sign-out', tenant: APP, user: 'ann', reason: 'signed-out' });
    expect(outcome.ended.map(({ number, endReason }) => [number, endReason]).sort()).toEqual(sessions.map((each) => [each, 'signed-out']));
    expect(stage.user('ann').signedOutAt).toBe(stage.now);
    expect(stage.told()).toEqual(['ann online→offline']);
    expect(stage.engine.sessionCount).toBe(1);
  });

  test('[S1.9] platforms are those of the counted sessions, sorted and once each; online since the first of them without a gap', () => {
    const stage = new Stage();
    const web = stage.open('ann', { details: { ...DETAILS, platform: 'web' } });
    stage.advance(1_000);
    stage.open('ann', { details: { ...DETAILS, platform: 'ios' } });
    stage.open('ann', { details: { ...DETAILS, platform: 'ios' } });
    expect(stage.see('ann')).toMatchObject({ platforms: ['ios', 'web'], onlineSinceAt: START_AT });
    stage.step({ type: 'leave', session: web, reason: 'left' });
    expect(stage.see('ann')).toMatchObject({ platforms: ['ios'], onlineSinceAt: START_AT });
  });

  test('[S1.10] what more becomes known of a client is saved, and nobody is told', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.told();
    const outcome = stage.step({ type: 'describe', session, details: { dialect: 'user-status', screen: 'inbox' } });
    expect(outcome.sessions.map(({ details }) => details)).toEqual([{ ...DETAILS, dialect: 'user-status', screen: 'inbox' }]);
    expect(stage.told()).toEqual([]);
  });
});

describe('grace', () => {
  test('[S2.1] [I13] a session that comes back within its grace never left', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.told();
    for (let flap = 0; flap < 15; flap += 1) {
      stage.step({ type: 'lost', session });
      stage.advance(graceMs - 1);
      stage.step({ type: 'resume', session });
      stage.advance(1);
    }
    expect(stage.told()).toEqual([]);
    expect(stage.see('ann')).toMatchObject({ status: 'online', onlineSinceAt: START_AT });
  });

  test('[S2.2] [I2] when the grace is over the user is offline, last seen at the last sign of life', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.advance(40_000);
    stage.step({ type: 'alive', session, of: 'link' });
    stage.advance(9_000);
    stage.step({ type: 'lost', session });
    stage.advance(graceMs - 1);
    expect(stage.see('ann').status).toBe('online');
    stage.advance(1);
    expect(stage.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: START_AT + 40_000 });
  });

  test('[S2.3] a grace of nothing ends at once; a session may have its own', () => {
    const stage = new Stage();
    stage.step({ type: 'lost', session: stage.open('ann'), graceMs: 0 });
    expect(stage.see('ann').status).toBe('offline');
    stage.step({ type: 'lost', session: stage.open('bob', { graceMs: 3_000 }) });
    stage.advance(2_999);
    expect(stage.see('bob').status).toBe('online');
    stage.advance(1);
    expect(stage.see('bob').status).toBe('offline');
  });

  test('[S2.4] the shorter of two graces is the one given when the link broke; being lost again does not lengthen it', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.step({ type: 'lost', session, graceMs: 3_000 });
    stage.advance(2_000);
    stage.step({ type: 'lost', session, graceMs: 60_000 });
    stage.advance(1_000);
    expect(stage.see('ann').status).toBe('offline');
  });

  test('[S2.5] while lost, late words of the session are no sign of life', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.step({ type: 'lost', session });
    stage.advance(5_000);
    stage.step({ type: 'alive', session, of: 'page' });
    stage.step({ type: 'activity', session, idleMs: 0 });
    stage.advance(graceMs);
    expect(stage.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: START_AT });
  });
});

describe('leases', () => {
  test('[S3.1] a lease lasts until its end, renewed from each heartbeat; then last seen is the last heartbeat', () => {
    const stage = new Stage();
    const session = stage.open('ann', { kind: 'lease', leaseMs: 300_000 });
    stage.advance(299_999);
    stage.step({ type: 'renew', session, leaseMs: 300_000, background: false, details: {} });
    stage.advance(299_999);
    expect(stage.see('ann').status).toBe('online');
    stage.advance(1);
    expect(stage.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: START_AT + 299_999 });
    expect(stage.outcomes.flatMap(({ ended }) => ended.map(({ endReason }) => endReason))).toEqual(['expired']);
  });

  test('[S3.2] a heartbeat from the background keeps the lease, is no activity, and makes away', () => {
    const stage = new Stage();
    const session = stage.open('ann', { kind: 'lease', leaseMs: 300_000 });
    stage.advance(1_000);
    stage.step({ type: 'renew', session, leaseMs: 300_000, background: true, details: { screen: 'background' } });
    expect(stage.see('ann')).toMatchObject({ status: 'away', lastActiveAt: START_AT, lastSeenAt: START_AT + 1_000 });
    stage.step({ type: 'renew', session, leaseMs: 300_000, background: false, details: {} });
    expect(stage.see('ann')).toMatchObject({ status: 'online', lastActiveAt: START_AT + 1_000 });
  });

  test('[S3.3] a connection is not renewed', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    expect(stage.step({ type: 'renew', session, leaseMs: 1, background: true, details: {} }).sessions).toEqual([]);
    stage.advance(10);
    expect(stage.see('ann').status).toBe('online');
  });
});

describe('clocks and activity', () => {
  test('[S4.1] a page that does not answer a sign of life is suspect, and away; its next word ends that', () => {
    const stage = new Stage({ awayAfterMs: 86_400_000 });
    const session = stage.open('ann', { answersPing: true });
    stage.advance(signOfLifeMs);
    expect(stage.outcomes.flatMap(({ asked }) => asked.map(({ number }) => number))).toEqual([session]);
    stage.advance(signOfLifeAnswerMs - 1);
    expect(stage.see('ann').status).toBe('online');
    stage.advance(1);
    expect(stage.see('ann').status).toBe('away');
    stage.step({ type: 'alive', session, of: 'link' });
    expect(stage.see('ann').status).toBe('away');
    stage.step({ type: 'alive', session, of: 'page' });
    expect(stage.see('ann').status).toBe('online');
  });

  test('[S4.1] a page that answers is asked again in time, and nobody is told', () => {
    const stage = new Stage({ awayAfterMs: 86_400_000 });
    const session = stage.open('ann', { answersPing: true });
    stage.told();
    for (let round = 0; round < 5; round += 1) {
      stage.advance(signOfLifeMs);
      stage.step({ type: 'alive', session, of: 'page' });
    }
    expect(stage.outcomes.flatMap(({ asked }) => asked)).toHaveLength(5);
    expect(stage.told()).toEqual([]);
  });

  test('[S4.1] a page that came back within its grace is still asked for signs of life', () => {
    const stage = new Stage({ awayAfterMs: 86_400_000 });
    const session = stage.open('ann', { answersPing: true });
    stage.step({ type: 'lost', session });
    stage.step({ type: 'resume', session });
    stage.advance(signOfLifeMs + signOfLifeAnswerMs);
    expect(stage.see('ann').status).toBe('away');
    stage.step({ type: 'lost', session });
    stage.step({ type: 'resume', session });
    expect(stage.see('ann').status).toBe('online');
  });

  test('[S4.2] what was due is taken into account before an event that comes late', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.step({ type: 'lost', session });
    stage.now += graceMs + 60_000;
    const outcome = stage.step({ type: 'resume', session });
    expect(outcome.changes.map(({ after }) => after.status)).toEqual(['offline']);
    expect(stage.see('ann').lastSeenAt).toBe(START_AT);
  });

  test('[S4.3] one deadline is asked for: the earliest', () => {
    const stage = new Stage();
    expect(stage.engine.nextAt()).toBe(Number.POSITIVE_INFINITY);
    const session = stage.open('ann');
    expect(stage.engine.nextAt()).toBe(START_AT + awayAfterMs);
    stage.step({ type: 'lost', session });
    expect(stage.engine.nextAt()).toBe(START_AT + graceMs);
    stage.advance(graceMs);
    expect(stage.engine.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('[S5.1] nobody touches anything: away; somebody does: back', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.told();
    stage.advance(awayAfterMs - 1);
    expect(stage.told()).toEqual([]);
    stage.advance(1);
    expect(stage.told()).toEqual(['ann online→away']);
    stage.step({ type: 'activity', session, idleMs: 0 });
    expect(stage.told()).toEqual(['ann away→online']);
    stage.advance(awayAfterMs);
    expect(stage.told()).toEqual(['ann online→away']);
  });

  test('[S5.2] idleness is a duration: it counts back from the server’s time, and never moves activity back', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.advance(100_000);
    stage.step({ type: 'activity', session, idleMs: 20_000 });
    expect(stage.see('ann').lastActiveAt).toBe(START_AT + 80_000);
    stage.step({ type: 'activity', session, idleMs: 99_999_999 });
    expect(stage.see('ann').lastActiveAt).toBe(START_AT + 80_000);
    stage.advance(awayAfterMs - 20_000);
    expect(stage.see('ann').status).toBe('away');
  });

  test('[S5.3] a page in the background is away until it is in front; one session awake is enough', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.step({ type: 'activity', session, idleMs: 0, background: true, screen: 'inbox' });
    expect(stage.see('ann').status).toBe('away');
    const other = stage.open('ann');
    expect(stage.see('ann').status).toBe('online');
    stage.step({ type: 'leave', session: other, reason: 'left' });
    expect(stage.see('ann').status).toBe('away');
    stage.step({ type: 'activity', session, idleMs: 0, background: false });
    expect(stage.see('ann').status).toBe('online');
  });

  test('[S5.4] typing ends by itself after a while, or when it is stopped; stopping what never began says nothing', () => {
    const stage = new Stage();
    const typing = (isTyping: boolean) =>
      stage.step({ type: 'typing', tenant: APP, from: 'ann', to: 'bob', conversation: 'c', isTyping }).typing;
    expect(typing(false)).toEqual([]);
    expect(typing(true)).toMatchObject([{ isTyping: true, autoStopped: false }]);
    stage.advance(typingMs - 1);
    typing(true);
    stage.outcomes.length = 0;
    stage.advance(typingMs - 1);
    expect(stage.outcomes).toEqual([]);
    stage.advance(1);
    expect(stage.outcomes.flatMap((each) => each.typing)).toMatchObject([{ from: 'ann', to: 'bob', isTyping: false, autoStopped: true }]);
    typing(true);
    expect(typing(false)).toMatchObject([{ isTyping: false, autoStopped: false }]);
    stage.outcomes.length = 0;
    stage.advance(typingMs);
    expect(stage.outcomes).toEqual([]);
  });
});

describe('restart', () => {
  test('[S9.1] whoever was online when the last process ended is recovering, and offline after the grace, last seen then', () => {
    const stage = new Stage();
    stage.load('ann', { seenAt: START_AT - 3_000, restingSeenAt: START_AT - 3_000 });
    recover(stage, 'ann', 1_000);
    expect(stage.see('ann')).toMatchObject({ status: 'online', certainty: 'recovering', lastSeenAt: START_AT - 3_000 });
    stage.advance(graceMs - 1);
    expect(stage.see('ann').certainty).toBe('recovering');
    stage.advance(1);
    expect(stage.see('ann')).toMatchObject({ status: 'offline', certainty: 'certain', lastSeenAt: START_AT - 3_000 });
  });

  test('[S9.8] a heartbeat is no sign that a connection is back: that has the rest of its grace', () => {
    const stage = new Stage();
    stage.load('ann');
    recover(stage, 'ann', 1_000);
    stage.advance(3_000);
    const lease = stage.open('ann', { kind: 'lease', leaseMs: 300_000 });
    expect(stage.engine.session(1_000)?.state).toBe('lost');
    stage.step({ type: 'leave', session: lease, reason: 'left' });
    stage.advance(graceMs - 3_000 - 1);
    expect(stage.see('ann').status).not.toBe('offline');
    stage.told();
    stage.advance(1);
    expect(stage.told()).toEqual(['ann online→offline']);
  });

  test('[S9.2] whoever comes back within it never left: any new session takes the place of what was taken over', () => {
    const stage = new Stage();
    stage.load('ann', { seenAt: START_AT - 3_000, restingSeenAt: START_AT - 3_000 });
    recover(stage, 'ann', 1_000);
    stage.advance(graceMs - 1);
    stage.outcomes.length = 0;
    stage.open('ann', { deviceKey: 'whatever' });
    expect(stage.told().filter((each) => each !== 'ann online→online')).toEqual([]);
    stage.advance(graceMs);
    expect(stage.told()).toEqual([]);
    expect(stage.see('ann')).toMatchObject({ status: 'online', certainty: 'certain' });
    expect(stage.engine.sessionCount).toBe(1);
  });

  test('[S9.3] a lease that still runs goes on, under the name it has in the store, hidden or not as it was', () => {
    const stage = new Stage();
    for (const [user, shown] of [
      ['ann', true],
      ['bob', false],
    ] as const) {
      stage.load(user, { seenAt: START_AT - 3_000, restingSeenAt: START_AT - 3_000 });
      recover(stage, user, shown ? 1 : 2, { untilAt: START_AT + 60_000, shown });
    }
    expect(stage.see('bob').status).toBe('offline');
    expect(stage.see('ann')).toMatchObject({ status: 'online', certainty: 'certain' });
    expect(stage.engine.session(1)).toMatchObject({ storedId: 'old-1', startedAt: START_AT - 90_000 });
    stage.advance(60_000);
    expect(stage.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: START_AT - 3_000 });
  });

  test('[S9.4] sixty thousand graces that end in one instant take time for each, not for each pair', () => {
    const stage = new Stage();
    const count = 60_000;
    for (let index = 0; index < count; index += 1) {
      stage.engine.step({ type: 'loaded', tenant: APP, users: [neverStored(`u${index}`, ENGINE_DEFAULTS)] }, stage.now);
      recover(stage, `u${index}`, index + 1);
    }
    stage.outcomes.length = 0;
    // Of this process: others may be busy too.
    const before = process.cpuUsage();
    stage.advance(graceMs);
    const tookMs = process.cpuUsage(before).user / 1_000;
    expect(stage.told()).toHaveLength(count);
    expect(tookMs).toBeLessThan(1_500);
  });
});

test('[S8.2] of however many users, each was seen and active when they were, or never', () => {
  const stage = new Stage();
  for (let index = 0; index < 5_000; index += 1) {
    const loaded = { ...neverStored(`u${index}`, ENGINE_DEFAULTS), activeAt: index % 2 === 0 ? START_AT - index : null };
    stage.step({ type: 'loaded', tenant: APP, users: [loaded] });
    expect(stage.engine.roster.find(APP, `u${index}`)?.activeAt).toBe(loaded.activeAt);
    expect(stage.engine.roster.find(APP, `u${index}`)?.seenAt).toBeNull();
  }
});

describe('nodes', () => {
  const slot = (status: 'online' | 'away', sinceAt = START_AT) => ({ status, certainty: 'certain', sinceAt, platforms: ['web'] }) as const;
  const receive = (stage: Stage, node: string, given: ReturnType<typeof slot> | null, seenAt: number | null = null) =>
    stage.step({ type: 'slot', tenant: APP, user: 'ann', node, slot: given, seenAt, activeAt: seenAt });

  test('[S8.3] a user is online while any node says so; offline when the last one has taken its slot back', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    receive(stage, 'n2', slot('away'));
    receive(stage, 'n3', slot('online'));
    stage.told();
    stage.step({ type: 'leave', session, reason: 'left' });
    receive(stage, 'n3', null);
    expect(stage.told()).toEqual(['ann online→away']);
    stage.advance(9);
    receive(stage, 'n2', null, START_AT + 9);
    receive(stage, 'n2', null);
    expect(stage.told()).toEqual(['ann away→offline']);
    expect(stage.see('ann').lastSeenAt).toBe(START_AT + 9);
  });

  test('[S8.3] [I2] late news of another node never moves last seen back', () => {
    const stage = new Stage();
    stage.open('ann');
    receive(stage, 'n2', slot('online'), START_AT - 50_000);
    expect(stage.see('ann').lastSeenAt).toBe(START_AT);
  });

  test('[S8.3] [I9] a time of a node whose clock is ahead counts as now', () => {
    const stage = new Stage();
    stage.load('ann');
    receive(stage, 'n2', slot('online'), START_AT + 3_600_000);
    receive(stage, 'n2', null);
    expect(stage.see('ann').lastSeenAt).toBe(START_AT);
  });

  test('[S24.3] a session taken over of a dead node is given up when its user appears on another', () => {
    const stage = new Stage();
    stage.load('ann');
    recover(stage, 'ann', 1);
    receive(stage, 'n2', slot('online'));
    receive(stage, 'n2', null);
    expect(stage.told()).toEqual(['ann offline→online', 'ann online→online', 'ann online→offline']);
  });

  const reload = (stage: Stage, stored: Partial<LoadedUser>) =>
    stage.step({ type: 'reloaded', tenant: APP, users: [{ ...neverStored('ann', ENGINE_DEFAULTS), ...stored }] });

  test('[S24.4] what another node has stored of settings and relations holds here too', () => {
    const stage = new Stage();
    stage.open('ann');
    reload(stage, { availability: 'busy', text: 'in a meeting', blocked: ['bob'] });
    expect(stage.see('ann')).toMatchObject({ status: 'busy', text: 'in a meeting' });
    expect(stage.see('ann', as('bob')).status).toBe('offline');
    reload(stage, { availability: 'busy', text: 'in a meeting', blocked: ['bob'] });
    expect(stage.told()).toHaveLength(2);
    reload(stage, {});
    expect(stage.see('ann', as('bob'))).toMatchObject({ status: 'online', text: null });
  });

  test('[S24.4] who hid on another node was last seen when that was stored, and is not forgotten twice', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.advance(5_000);
    reload(stage, { availability: 'invisible', restingSeenAt: START_AT + 4_000 });
    expect(stage.see('ann').lastSeenAt).toBe(START_AT + 4_000);
    reload(stage, { optedOut: true });
    expect(stage.see('ann', as('ann'))).toMatchObject({ status: 'offline', lastSeenAt: null });
    expect(stage.outcomes.flatMap(({ forgotten }) => forgotten)).toEqual([]);
    reload(stage, {});
    expect(stage.see('ann').status).toBe('online');
  });

  test('[S24.4] a sign-out on another node ends the sessions that began before it', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.advance(2_000);
    reload(stage, { signedOutAt: START_AT + 1_000 });
    expect(stage.see('ann').status).toBe('offline');
    stage.open('ann');
    reload(stage, { signedOutAt: START_AT + 1_000 });
    expect(stage.see('ann').status).toBe('online');
  });

  test('[S7.6] of somebody who opted out another node’s slot says nothing, and counts for nothing', () => {
    const stage = new Stage();
    stage.load('ann');
    stage.settings('ann', { optedOut: true });
    receive(stage, 'n2', slot('online'), START_AT + 5);
    expect(stage.engine.roster.tenant(APP)?.count(as('bob'))).toBe(0);
    expect(stage.see('ann', as('ann'))).toMatchObject({ status: 'offline', lastSeenAt: null });
  });
});
