import { readFileSync } from 'node:fs';
import { z } from '@hono/zod-openapi';
import type { PresenceNode } from '../node.ts';
import { sendText } from '../transports/http-answer.ts';
import type { HttpApp } from '../transports/http-app.ts';
import { accountRoutes } from './account.ts';
import { Callers } from './caller.ts';
import { documentDialects, documentOf, documentOther } from './document.ts';
import { heartbeatRoutes } from './heartbeat.ts';
import { mount } from './mount.ts';
import { onlineRoutes } from './online.ts';
import { presenceRoutes } from './presence.ts';
import { relationRoutes } from './relations.ts';
import { runningRoutes } from './running.ts';
import { sessionRoutes } from './sessions.ts';
import { ME, type SubjectPath, USER } from './subject.ts';

/** The API under `/v1`, health and metrics, and the document that describes all that is answered over HTTP. */
export function apiRoutes(app: HttpApp, node: PresenceNode): void {
  const callers = new Callers(node);
  const about = (path: SubjectPath) => [
    ...accountRoutes(node, path),
    ...relationRoutes(node, path, 'contact'),
    ...relationRoutes(node, path, 'block'),
    ...sessionRoutes(node, path),
  ];
  mount(app, node, callers, [...presenceRoutes(node), ...onlineRoutes(node), ...about(ME), ...heartbeatRoutes(node), ...about(USER)]);
  documentDialects(app, node.parts.dialects);
  runningRoutes(app, node, callers);
  serveDocument(app);
}

function serveDocument(app: HttpApp): void {
  documentOther(app, {
    path: '/openapi.json',
    summary: 'This document.',
    mayCall: 'anyone',
    contentType: 'application/json',
    answers: z.looseObject({ openapi: z.string() }),
    codes: [],
  });
  let text: string | undefined;
  app.get('/openapi.json', ({ env }) => {
    text ??= JSON.stringify(documentOf(app, ownVersion()));
    return sendText(env.outgoing, 'application/json', text);
  });
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String((manifest as { version: unknown }).version);
}
