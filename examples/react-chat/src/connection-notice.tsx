import { useConnection } from '@porchlight/react';

const WORDS = {
  connecting: 'Connecting …',
  open: 'Connected',
  waiting: 'No connection: trying again. What you see is from before.',
  closed: 'Signed out.',
} as const;

/** Says how the link to the server is; always there, so that changes of it are read aloud. */
export function ConnectionNotice() {
  const { name } = useConnection();
  return (
    <p className="notice" role="status" data-connection={name}>
      {WORDS[name]}
    </p>
  );
}
