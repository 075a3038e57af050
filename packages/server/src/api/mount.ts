import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { z } from 'zod';
import { notAsDescribed } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { RESPONSE_ALREADY_SENT, sendJson, sendNothing, sendRefusal } from '../transports/http-answer.ts';
import type { HttpApp } from '../transports/http-app.ts';
import { refusalFor } from '../transports/http-caller.ts';
import type { HttpEnv } from '../transports/http-env.ts';
import { checkPath, queryOf } from '../transports/http-query.ts';
import { readJsonObject } from '../transports/request-body.ts';
import type { Callers } from './caller.ts';
import { documentRoute } from './document.ts';
import type { ApiRoute } from './route.ts';

/** Adds routes of `/v1` to the app and to its document. */
export function mount(app: HttpApp, node: PresenceNode, callers: Callers, routes: readonly ApiRoute[]): void {
  for (const route of routes) {
    documentRoute(app, route);
    app.on(route.method.toUpperCase(), route.path.replaceAll(/\{(\w+)\}/g, ':$1'), answerTo(node, callers, route));
  }
}

function answerTo(node: PresenceNode, callers: Callers, route: ApiRoute): (context: Context<HttpEnv>) => Promise<Response> {
  const messages = node.parts.metrics.messages.labels('http');
  return async ({ req, env: { incoming, outgoing } }) => {
    messages.inc();
    try {
      // Who may not ask is told nothing of what would have been wrong with the question.
      const caller = await callers.admit(incoming, route.mayCall);
      const answer = await route.does(await readRequest(route, incoming, req.param(), node), caller);
      if (route.answers === null) sendNothing(outgoing);
      else sendJson(outgoing, 200, answer);
    } catch (error) {
      sendRefusal(outgoing, refusalFor(error, incoming, node));
    }
    return RESPONSE_ALREADY_SENT;
  };
}

async function readRequest(route: ApiRoute, incoming: IncomingMessage, params: Record<string, string>, node: PresenceNode) {
  checkPath(incoming);
  const body = route.body === undefined ? undefined : await readJsonObject(incoming, node.parts.options);
  return { params: read(route.params, params), query: read(route.query, queryOf(incoming)), body: read(route.body, body) };
}

function read(reads: z.ZodType | undefined, given: unknown): unknown {
  if (reads === undefined) return {};
  const { success, data, error } = reads.safeParse(given);
  if (success) return data;
  throw notAsDescribed(error.issues);
}
