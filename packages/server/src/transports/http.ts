import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { ERROR_CODES } from '@porchlight/protocol';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { PorchlightError, publicError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { dialectRoutes } from './dialect-routes.ts';
import type { HttpEnv } from './http-env.ts';

export type HttpApp = OpenAPIHono<HttpEnv>;

/** Adds routes to the server's one HTTP app. */
export type HttpRoutes = (app: HttpApp, node: PresenceNode) => void;

/** Everything that the server answers over HTTP, as a listener for `node:http`. */
export function createHttpListener(
  node: PresenceNode,
  routes: readonly HttpRoutes[],
): (request: IncomingMessage, response: ServerResponse) => void {
  const { options, log } = node.parts;
  const app: HttpApp = new OpenAPIHono<HttpEnv>();
  if (options.corsOrigins.length > 0)
    app.use(
      '*',
      cors({ origin: options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins], credentials: !options.corsOrigins.includes('*') }),
    );
  app.use('*', async (context, next) => {
    await next();
    context.header('X-Content-Type-Options', 'nosniff');
  });
  app.use(
    '*',
    bodyLimit({ maxSize: options.bodyBytesMax, onError: (context) => refuse(context, new PorchlightError('PAYLOAD_TOO_LARGE')) }),
  );
  dialectRoutes(app, node);
  for (const add of routes) add(app, node);
  app.notFound((context) => refuse(context, new PorchlightError('NOT_FOUND')));
  app.onError((error, context) => {
    if (!(error instanceof PorchlightError)) log.error({ err: error, path: context.req.path }, 'A request could not be answered.');
    return refuse(context, error);
  });
  const listener = getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false });
  return (request, response) => void listener(request, response);
}

/** The form in which `/v1` and unknown routes refuse. */
export function refuse(context: Context, error: unknown): Response {
  const { code, message, retryAfterMs } = publicError(error);
  if (retryAfterMs !== undefined) context.header('Retry-After', String(Math.ceil(retryAfterMs / 1_000)));
  const { http, retry } = ERROR_CODES[code];
  return context.json({ error: { code, message, retry, ...(retryAfterMs === undefined ? null : { retryAfterMs }) } }, http);
}
