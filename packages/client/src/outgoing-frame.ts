import type { ClientFrame } from '@porchlight/protocol';

type Loose<Frame> = Frame extends unknown
  ? { [Key in keyof Frame]: Frame[Key] | (undefined extends Frame[Key] ? undefined : never) }
  : never;

/** A frame whose optional fields may also be undefined: JSON leaves those out. */
export type OutgoingFrame = Loose<ClientFrame>;
