import { isUserId } from '@porchlight/protocol';
import type { Context } from 'hono';
import { z } from 'zod';
import { signToken } from '../authenticate.ts';
import { notAsDescribed, PorchlightError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { readJson } from '../read-json.ts';
import { tokenSecret } from '../secrets.ts';
import { createTokenBuckets } from '../token-buckets.ts';
import type { HttpApp } from '../transports/http.ts';
import type { HttpEnv } from '../transports/http-env.ts';
import { namesLoopback, whyNotOwnPage } from './own-page.ts';
import { readPageFiles } from './page-files.ts';

/** Long enough to look around; the page asks for a new one whenever somebody connects. */
const TOKEN_MS = 3_600_000;
/** A page signs in a handful of people at once, and again after every restart of the server. */
const TOKENS = { burst: 60, perMinute: 120, keysMax: 10_000 };

// No inline code, nothing from elsewhere, no frame around it, and no text that could become markup.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const tokenRequest = z.object({
  user: z.string().refine(isUserId, 'must be 1 to 128 characters without controls or outer white space'),
  name: z.string().min(1).max(64).optional(),
  role: z.string().min(1).max(64).optional(),
});

/**
 * The playground: a page at `/` and a route that hands out tokens for anybody. It is mounted only when `options.playground` is on, which the
 * options refuse in production and beyond loopback.
 */
export function playgroundRoutes(app: HttpApp, node: PresenceNode): void {
  servePage(app, node);
  handOutTokens(app, node);
}

function servePage(app: HttpApp, node: PresenceNode): void {
  const { options } = node.parts;
  const files = readPageFiles();
  const serve = (path: string) => (context: Context<HttpEnv>) => {
    const file = files.get(path);
    const ownName = options.playgroundHandsOutTokensToAnyone || namesLoopback(context.env.incoming.headers.host);
    if (file === undefined || !ownName) throw new PorchlightError('NOT_FOUND');
    return context.body(file.body, 200, {
      'Content-Type': file.contentType,
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      // A newer server comes with a newer page.
      'Cache-Control': 'no-cache',
    });
  };
  app.get('/', serve('index.html'));
  for (const path of files.keys()) app.get(`/playground/${path}`, serve(path));
  app.get('/playground/facts', (context) =>
    context.json({
      auth: options.auth,
      dialects: ['native', ...node.parts.dialects.map(({ name }) => name)],
      graceMs: options.graceMs,
      awayAfterMs: options.awayAfterMs,
      leaseMs: options.leaseMs,
    }),
  );
}

function handOutTokens(app: HttpApp, node: PresenceNode): void {
  const { options, clock } = node.parts;
  const buckets = createTokenBuckets({ ...TOKENS, clock });
  const jwtSecret = tokenSecret(options);
  const lifetimeMs = options.tokenLifetimeMaxMs > 0 ? Math.min(TOKEN_MS, options.tokenLifetimeMaxMs) : TOKEN_MS;

  app.post('/playground/token', async (context) => {
    context.header('Cache-Control', 'no-store');
    const { incoming } = context.env;
    const stranger = whyNotOwnPage(incoming.headers, options.playgroundHandsOutTokensToAnyone);
    if (stranger !== undefined) throw new PorchlightError('FORBIDDEN', stranger);
    const retryAfterMs = buckets.take(node.addressOf(incoming));
    if (retryAfterMs > 0) throw new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs });
    const { user, ...profile } = readRequest(await context.req.text(), options.jsonDepthMax);
    // In open mode a client only claims an id.
    if (options.auth === 'open') return context.json({ token: null, expiresAt: null });
    if (jwtSecret === null)
      throw new PorchlightError(
        'FORBIDDEN',
        'Tokens come from the issuer of --jwks-url or --jwt-public-key; the playground cannot make any.',
      );
    const texts = Object.fromEntries(Object.entries(profile).filter((field): field is [string, string] => field[1] !== undefined));
    const token = signToken({ user, profile: texts, lifetimeMs }, { ...options, jwtSecret, clock });
    return context.json({ token, expiresAt: clock.now() + lifetimeMs });
  });
}

function readRequest(text: string, depthMax: number): z.infer<typeof tokenRequest> {
  const read = tokenRequest.safeParse(readJson(text, { depthMax }));
  if (read.success) return read.data;
  throw notAsDescribed(read.error.issues, 'The body');
}
