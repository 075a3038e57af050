import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { ERROR_CODES } from '@porchlight/protocol';
import { PorchlightError, publicError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { createCors } from './cors.ts';
import { dialectRoutes } from './dialect-routes.ts';
import { sendRefusal } from './http-answer.ts';
import type { HttpApp, HttpRoutes } from './http-app.ts';
import { refusalFor } from './http-caller.ts';
import type { HttpEnv } from './http-env.ts';
import { pathOf } from './http-query.ts';

export type { HttpApp, HttpRoutes } from './http-app.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Everything that the server answers over HTTP, as a listener for `node:http`. */
export function createHttpListener(
  node: PresenceNode,
  routes: readonly HttpRoutes[],
): (request: IncomingMessage, response: ServerResponse) => void {
  const { app, direct } = createHttpApp(node, routes);
  const answeredByCors = createCors(node.parts.options.corsOrigins);
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    overrideGlobalObjects: false,
    errorHandler: refuseUnreadable,
  });
  return (request, response) => {
    if (answeredByCors(request, response)) return;
    const answer = direct.get(`${request.method} ${pathOf(request)}`);
    if (answer !== undefined) return void answer(request, response);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    void listener(request, response);
  };
}

// A request whose path or host is none reaches no route.
function refuseUnreadable(error: unknown): Response {
  const unreadable = error instanceof Error && error.name === 'RequestError';
  const { code, message } = unreadable
    ? new PorchlightError('INVALID_PAYLOAD', 'The request line or its Host header cannot be read.')
    : publicError(error);
  const { http: status, retry } = ERROR_CODES[code];
  return Response.json({ error: { code, message, retry } }, { status });
}

/** The app behind the listener, and the routes that are answered in front of it. */
export function createHttpApp(node: PresenceNode, routes: readonly HttpRoutes[]) {
  const app: HttpApp = new OpenAPIHono<HttpEnv>();
  const direct = dialectRoutes(app, node);
  for (const add of routes) add(app, node);
  app.notFound(({ req, env: { incoming, outgoing } }) => {
    // A path that answers some method says which, to whoever asks for that; anything else is not there.
    const allowed = METHODS.filter((method) => app.router.match(method, req.path)[0].length > 0);
    if (req.method !== 'OPTIONS' || allowed.length === 0)
      return sendRefusal(outgoing, refusalFor(new PorchlightError('NOT_FOUND'), incoming, node));
    const methods = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    return new Response(null, { status: 204, headers: { Allow: [...methods, 'OPTIONS'].join(', ') } });
  });
  app.onError((error, { env: { incoming, outgoing } }) => sendRefusal(outgoing, refusalFor(error, incoming, node)));
  return { app, direct };
}
