import { describe, expect, test } from 'vitest';
import { ENGINE_DEFAULTS } from './policy.ts';
import { APP, as, START_AT, Stage } from './stage.ts';
import { UNKNOWN_VIEW } from './visibility.ts';

const DAY_MS = 86_400_000;

describe('claims', () => {
  test('[S6.1] busy, dnd and away beat what the sessions show, while there is a session', () => {
    const stage = new Stage();
    stage.load('ann');
    stage.settings('ann', { availability: 'busy', text: 'exam' });
    expect(stage.see('ann')).toMatchObject({ status: 'offline', text: null });
    const session = stage.open('ann');
    for (const availability of ['busy', 'dnd', 'away'] as const) {
      stage.settings('ann', { availability });
      expect(stage.see('ann')).toMatchObject({ status: availability, text: 'exam' });
    }
    stage.advance(ENGINE_DEFAULTS.awayAfterMs);
    stage.settings('ann', { availability: 'dnd' });
    expect(stage.see('ann').status).toBe('dnd');
    stage.step({ type: 'leave', session, reason: 'left' });
    expect(stage.see('ann')).toMatchObject({ status: 'offline', text: null });
  });

  test('[S6.2] a claim with an end is over then, with its text, and viewers are told once', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.settings('ann', { availability: 'dnd', text: 'call', untilAt: stage.now + 60_000 });
    stage.told();
    stage.advance(59_999);
    expect(stage.told()).toEqual([]);
    stage.advance(1);
    expect(stage.told()).toEqual(['ann dnd→online']);
    expect(stage.see('ann').text).toBeNull();
    expect(stage.engine.nextAt()).toBe(START_AT + ENGINE_DEFAULTS.awayAfterMs);
  });

  test('[S6.2] a later claim replaces an earlier one and its end; one without an end stays', () => {
    const stage = new Stage({ awayAfterMs: DAY_MS * 9 });
    stage.open('ann');
    stage.settings('ann', { availability: 'busy', untilAt: stage.now + 60_000 });
    stage.settings('ann', { availability: 'dnd', untilAt: stage.now + 120_000 });
    stage.advance(60_000);
    expect(stage.see('ann').status).toBe('dnd');
    stage.settings('ann', { availability: 'dnd', untilAt: null });
    stage.advance(DAY_MS);
    expect(stage.see('ann').status).toBe('dnd');
    stage.settings('ann', { availability: 'busy', untilAt: stage.now + 1_000 });
    stage.settings('ann', { availability: 'busy', untilAt: stage.now + 500 });
    stage.advance(500);
    expect(stage.see('ann').status).toBe('online');
  });

  test('[S6.2] an end that passed while nobody had the user in memory is over when the user is loaded', () => {
    const stage = new Stage();
    stage.load('ann', { availability: 'dnd', text: 'call', availabilityUntilAt: START_AT - 1 });
    stage.open('ann');
    expect(stage.see('ann')).toMatchObject({ status: 'online', text: null });
    stage.load('bob', { availability: 'dnd', availabilityUntilAt: START_AT + 5_000 });
    stage.open('bob');
    expect(stage.see('bob').status).toBe('dnd');
    stage.advance(5_000);
    expect(stage.see('bob').status).toBe('online');
  });

  test('[S6.3] saying nothing of a field leaves it; null takes the text away', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.settings('ann', { availability: 'busy', text: 'exam' });
    stage.settings('ann', { onlineRule: 'everyone' });
    expect(stage.see('ann')).toMatchObject({ status: 'busy', text: 'exam' });
    stage.settings('ann', { text: null });
    expect(stage.see('ann')).toMatchObject({ status: 'busy', text: null });
  });
});

describe('invisible', () => {
  test('[S7.2] looks like going offline now, and stays at that moment whatever happens', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.advance(5_000);
    stage.step({ type: 'alive', session, of: 'page' });
    stage.settings('ann', { availability: 'invisible' });
    const hidden = stage.see('ann');
    expect(hidden).toMatchObject({ status: 'offline', lastSeenAt: START_AT + 5_000, text: null, platforms: [], onlineSinceAt: null });
    stage.advance(1_000);
    stage.step({ type: 'activity', session, idleMs: 0 });
    stage.open('ann');
    stage.settings('ann', { text: 'hidden words' });
    stage.advance(ENGINE_DEFAULTS.awayAfterMs);
    stage.step({ type: 'leave', session, reason: 'left' });
    expect(stage.see('ann')).toEqual(hidden);
    expect(stage.see('ann', as('ann'))).toMatchObject({ status: 'away', text: 'hidden words' });
  });

  test('[S7.2] whoever leaves while invisible is still last seen when the hiding began; so after it was taken back', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.settings('ann', { availability: 'invisible' });
    stage.advance(50_000);
    stage.step({ type: 'leave', session, reason: 'left' });
    stage.settings('ann', { availability: 'auto' });
    expect(stage.see('ann').lastSeenAt).toBe(START_AT);
    stage.open('ann');
    expect(stage.see('ann')).toMatchObject({ status: 'online', lastSeenAt: START_AT + 50_000 });
  });

  test('[S7.2] [I6b] taking it back looks like coming online at that moment: no time from before is told, now or when the user goes', () => {
    const stage = new Stage();
    const first = stage.open('ann');
    stage.settings('ann', { availability: 'invisible' });
    stage.advance(50_000);
    stage.step({ type: 'leave', session: first, reason: 'left' });
    stage.advance(10_000);
    const session = stage.open('ann');
    stage.step({ type: 'activity', session, idleMs: 0 });
    stage.advance(20_000);
    stage.settings('ann', { availability: 'auto' });
    const shownAt = START_AT + 80_000;
    expect(stage.see('ann')).toMatchObject({ status: 'online', onlineSinceAt: shownAt, lastSeenAt: START_AT, lastActiveAt: START_AT });
    expect(stage.see('ann', as('ann'))).toMatchObject({ onlineSinceAt: START_AT + 60_000, lastActiveAt: START_AT + 60_000 });
    stage.step({ type: 'lost', session });
    stage.advance(ENGINE_DEFAULTS.graceMs);
    expect(stage.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: START_AT, lastActiveAt: START_AT });
    // What follows is told as ever.
    const next = stage.open('ann');
    expect(stage.see('ann')).toMatchObject({ lastSeenAt: stage.now, onlineSinceAt: stage.now });
    stage.step({ type: 'leave', session: next, reason: 'left' });
    expect(stage.see('ann').lastSeenAt).toBe(stage.now);
  });
});

describe('rules, blocks and contacts', () => {
  test('[S7.3] who may see the user online: everyone, contacts, nobody', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.relate('ann', 'contact', 'cara');
    for (const [rule, cara, viewer] of [
      ['everyone', 'online', 'online'],
      ['contacts', 'online', 'offline'],
      ['nobody', 'offline', 'offline'],
    ] as const) {
      stage.settings('ann', { onlineRule: rule });
      expect([stage.see('ann', as('cara')).status, stage.see('ann').status], rule).toEqual([cara, viewer]);
      expect(stage.see('ann', as('ann')).status).toBe('online');
    }
  });

  test('[S7.4] who may see when the user was last seen: everyone, contacts, nobody', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.relate('ann', 'contact', 'cara');
    for (const [rule, cara, viewer] of [
      ['everyone', START_AT, START_AT],
      ['contacts', START_AT, null],
      ['nobody', null, null],
    ] as const) {
      stage.settings('ann', { lastSeenRule: rule });
      expect([stage.see('ann', as('cara')).lastSeenAt, stage.see('ann').lastSeenAt], rule).toEqual([cara, viewer]);
      expect(stage.see('ann').lastActiveAt).toBe(viewer);
    }
    stage.step({ type: 'leave', session, reason: 'left' });
    expect(stage.see('ann')).toMatchObject({ lastSeenAt: null, lastActiveAt: null });
  });

  test('[S7.5] a block hides the user from that viewer at once, and only in that direction; unblocking shows the user as is', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.open('bob');
    stage.relate('ann', 'block', 'bob');
    expect(stage.see('ann', as('bob'))).toBe(UNKNOWN_VIEW);
    expect(stage.see('bob', as('ann')).status).toBe('online');
    expect(stage.see('ann', as('cara')).status).toBe('online');
    stage.relate('ann', 'block', 'bob', false);
    expect(stage.see('ann', as('bob')).status).toBe('online');
  });

  test('[S7.5] a contact removed under such a rule sees the user leave now, and nothing newer', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    stage.relate('ann', 'contact', 'cara');
    stage.settings('ann', { onlineRule: 'contacts' });
    stage.advance(1_000);
    stage.step({ type: 'alive', session, of: 'page' });
    const seen = stage.see('ann', as('cara')).lastSeenAt;
    stage.relate('ann', 'contact', 'cara', false);
    stage.advance(9_000);
    stage.step({ type: 'alive', session, of: 'page' });
    expect(stage.see('ann', as('cara'))).toMatchObject({ status: 'offline', lastSeenAt: seen });
  });

  test('[S7.5] relations that change nothing are no change', () => {
    const stage = new Stage();
    stage.load('ann');
    stage.relate('ann', 'contact', 'bob');
    stage.told();
    stage.relate('ann', 'contact', 'bob');
    stage.relate('ann', 'block', 'bob', false);
    expect(stage.told()).toEqual([]);
  });

  test('[S7.8] the app’s back end sees everything, in its own tenant only', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.settings('ann', { availability: 'invisible', lastSeenRule: 'nobody' });
    stage.relate('ann', 'block', 'bob');
    expect(stage.see('ann', { tenant: APP, user: null, all: true })).toMatchObject({ status: 'online', lastSeenAt: START_AT });
    expect(stage.see('ann', { tenant: 'other', user: null, all: true })).toBe(UNKNOWN_VIEW);
  });

  test('[S7.9] whoever is not signed in sees what everyone may see', () => {
    const stage = new Stage();
    stage.open('ann');
    expect(stage.see('ann', as(null)).status).toBe('online');
    stage.relate('ann', 'contact', 'cara');
    stage.settings('ann', { onlineRule: 'contacts' });
    expect(stage.see('ann', as(null)).status).toBe('offline');
  });
});

describe('opting out of tracking', () => {
  test('[S7.6] takes every time back, here and in the store, and records nothing while it lasts', () => {
    const stage = new Stage();
    const session = stage.open('ann');
    const outcome = stage.settings('ann', { optedOut: true });
    expect(outcome.forgotten.map(({ id }) => id)).toEqual(['ann']);
    stage.advance(1_000);
    stage.step({ type: 'alive', session, of: 'page' });
    stage.step({ type: 'activity', session, idleMs: 0 });
    stage.open('ann');
    stage.step({ type: 'leave', session, reason: 'left' });
    for (const viewer of [as('bob'), as(null), as('bob', 'other')]) expect(stage.see('ann', viewer)).toBe(UNKNOWN_VIEW);
    expect(stage.see('ann', as('ann'))).toMatchObject({ status: 'offline', lastSeenAt: null, lastActiveAt: null });
    expect(stage.user('ann')).toMatchObject({ seenAt: null, activeAt: null, slot: null });
    expect(stage.engine.roster.tenant(APP)?.count(as('bob'))).toBe(0);
  });

  test('[S7.7] opting in again counts what is connected from now on, and knows nothing of before', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.settings('ann', { optedOut: true });
    stage.advance(70_000);
    stage.settings('ann', { optedOut: false });
    expect(stage.see('ann')).toMatchObject({ status: 'online', lastSeenAt: stage.now, onlineSinceAt: stage.now });
  });
});
