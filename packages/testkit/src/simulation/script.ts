import { createRandom, type Random } from '../random.ts';

/** What people do, and how often beside each other. */
const BEHAVIOUR = {
  connect: 7,
  leave: 3,
  activity: 8,
  ask: 12,
  availability: 2,
  rules: 1.5,
  block: 1.5,
  contact: 1.5,
  show: 2,
  heartbeat: 3,
  logout: 0.7,
  impersonate: 1,
} as const;

/** What goes wrong. Each world has about half of these. */
const FAULTS = {
  cut: 4,
  'half-open': 2.5,
  closing: 1.5,
  elsewhere: 2.5,
  'late close': 2,
  'duplicate close': 2,
  'slow reader': 1.2,
  'token ends': 1,
  'signed out': 0.6,
  'opted out': 0.5,
  crash: 0.8,
  pause: 1,
  'clock step': 0.7,
  'store slow': 0.8,
  'store failing': 0.8,
  'store full': 0.5,
} as const;

/** What goes wrong between nodes; only where there are several. */
const CLUSTER_FAULTS = {
  'message lost': 1,
  'message duplicated': 1,
  'message reordered': 1,
  'ambiguous reply': 1,
  'cluster emptied': 0.4,
  'cluster rolled back': 0.4,
  'partition both ways': 0.6,
  'partition one way': 0.6,
} as const;

export type StepKind = keyof typeof BEHAVIOUR | keyof typeof FAULTS | keyof typeof CLUSTER_FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as (keyof typeof FAULTS)[];
export const CLUSTER_FAULT_NAMES = Object.keys(CLUSTER_FAULTS) as (keyof typeof CLUSTER_FAULTS)[];

/** One thing that happens. Its numbers say to whom and how, so that it means the same whatever other steps are left out. */
export interface Step {
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly kind: StepKind;
  /** Four numbers from 0 up to 1. */
  readonly who: number;
  readonly whom: number;
  readonly how: number;
  readonly long: number;
}

/** Everything that a seed decides before a world begins. */
export interface Script {
  readonly seed: number;
  readonly nodes: number;
  readonly durationMs: number;
  readonly steps: readonly Step[];
}

export interface ScriptOptions {
  seed: number;
  /** 1 to 4. */
  nodes: number;
  durationMs: number;
}

/** Half of the faults, chosen by the seed: with all of them at once some situations never come about. */
export function writeScript({ seed, nodes, durationMs }: ScriptOptions): Script {
  const random = createRandom(seed, 'script');
  const weights: [StepKind, number][] = Object.entries(BEHAVIOUR) as [StepKind, number][];
  for (const [kind, weight] of Object.entries(nodes > 1 ? { ...FAULTS, ...CLUSTER_FAULTS } : FAULTS))
    if (random.chance(0.5)) weights.push([kind as StepKind, weight]);
  const pauseMs = 1_500 + random.below(5_000);
  const steps: Step[] = [];
  for (let at = 0; at < durationMs; at += gapMs(random, pauseMs)) {
    steps.push({
      at,
      kind: pickWeighted(weights, random),
      who: random.next(),
      whom: random.next(),
      how: random.next(),
      long: random.next(),
    });
  }
  return { seed, nodes, durationMs, steps };
}

// Mostly some seconds, sometimes at once, seldom a long silence: what goes wrong does so in bursts and after quiet.
function gapMs(random: Random, pauseMs: number): number {
  const kind = random.next();
  if (kind < 0.25) return random.below(50);
  if (kind < 0.97) return random.below(pauseMs * 2);
  return random.below(60_000);
}

function pickWeighted(weights: readonly [StepKind, number][], random: Random): StepKind {
  let left = random.next() * weights.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of weights) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'ask';
}
