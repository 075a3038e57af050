import { expect, test } from 'vitest';
import { isOriginAllowed } from './origin.ts';

const allowed = (origin: string | undefined, host: string | undefined = 'app.example', corsOrigins: readonly string[] = []) =>
  isOriginAllowed(origin, host, { corsOrigins });

test('[S13.5] [T31] pages of this server and of listed origins may connect, and what is no page', () => {
  expect(allowed(undefined)).toBe(true);
  expect(allowed('https://app.example')).toBe(true);
  expect(allowed('http://app.example:3000', 'APP.example:3000')).toBe(true);
  expect(allowed('https://ally.example', 'app.example', ['https://ally.example'])).toBe(true);
  expect(allowed('https://anybody.example', 'app.example', ['*'])).toBe(true);
});

test('[S13.5] [T31] no other page may, however it is spelled', () => {
  const origins = [
    '',
    'null',
    'file://',
    'app.example',
    '//app.example',
    'https://evil.example',
    'https://app.example.evil',
    'https://evil.example/app.example',
    'https://app.example@evil.example',
    'https://app.example:444',
    'https://xapp.example',
    'javascript:app.example',
    'https://ally.example.evil',
  ];
  for (const origin of origins) expect(allowed(origin, 'app.example', ['https://ally.example']), origin).toBe(false);
  expect(isOriginAllowed('https://app.example', undefined, { corsOrigins: [] })).toBe(false);
});
