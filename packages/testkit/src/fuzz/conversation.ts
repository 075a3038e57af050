/** What is fuzzed. */
export const SURFACES = ['http', 'engine-io', 'socket-io', 'websocket-frames', 'native', 'tokens', 'configuration'] as const;
export type Surface = (typeof SURFACES)[number];

/**
 * One thing that a fuzzing client does on one of its connections. Bytes are written as latin-1 text, so that a conversation can be kept
 * as JSON and played again; `{sid}` in them becomes the last Engine.IO session id that the server gave out.
 */
export type Step =
  | {
      readonly on: number;
      readonly send: string;
      /** Writes the bytes in pieces that end at these offsets. */
      readonly cuts?: readonly number[];
      /** How many inputs this is: none for what only prepares, such as a valid handshake. */
      readonly inputs?: number;
    }
  /** Waits for bytes from the server, or for new ones that match this expression, for a moment. */
  | { readonly on: number; readonly await: true | string }
  /** Reads nothing more on this connection. */
  | { readonly on: number; readonly stopReading: true }
  | { readonly on: number; readonly end: 'finish' | 'reset' };

/** A sequence of inputs over connections of its own. */
export interface Conversation {
  readonly surface: Surface;
  /** Which one of its run. */
  readonly index: number;
  readonly steps: readonly Step[];
  /** Every credential in it is forged, so an answer of 200 to it is a hole. */
  readonly forged?: true;
  /** It begins with a whole, well-formed request or handshake, so something must come back. */
  readonly answered?: true;
}

/** Bytes as the text of a step, and back. */
export const bytesToText = (bytes: Buffer) => bytes.toString('latin1');
export const textToBytes = (text: string) => Buffer.from(text, 'latin1');
/** Text as it is on the wire, as the text of a step. */
export const wireText = (text: string) => bytesToText(Buffer.from(text));

export const inputsOf = (conversation: Conversation) =>
  conversation.steps.reduce((sum, step) => sum + ('send' in step ? (step.inputs ?? 1) : 0), 0);
