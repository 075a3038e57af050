import { PresenceProvider } from '@porchlight/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Chat } from './chat.tsx';
import { fetchToken } from './fetch-token.ts';
import { personOf } from './people.ts';
import './style.css';

const me = personOf(location.search);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <PresenceProvider url="/" token={() => fetchToken(me)}>
      <Chat me={me} />
    </PresenceProvider>
  </StrictMode>,
);
