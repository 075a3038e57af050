import type { OpenAPIHono } from '@hono/zod-openapi';
import type { PresenceNode } from '../node.ts';
import type { HttpEnv } from './http-env.ts';

/** The server's one HTTP app, and the register of what it answers. */
export type HttpApp = OpenAPIHono<HttpEnv>;

/** Adds routes to the server's one HTTP app. */
export type HttpRoutes = (app: HttpApp, node: PresenceNode) => void;
