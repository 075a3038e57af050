import type { HttpBindings } from '@hono/node-server';

/** What Hono's contexts carry here: Node's own request and response. */
export interface HttpEnv {
  Bindings: HttpBindings;
}
