import type { Dialect } from '@porchlight/server';
import type { Random } from '../random.ts';
import { type Api, type DocumentedRoute, requestTo } from './routes.ts';
import { IDS, Stage, VIEWER } from './stage.ts';

interface Act {
  readonly name: string;
  does(): Promise<boolean> | boolean;
}

/** How often a route is asked in a way that it does not expect. */
const ODD = 0.15;
/** Of what a route lists, the first are tried: those that are still there. */
const NEWEST = 3;

const routeName = ({ method, path }: DocumentedRoute) => `${method} ${path}`;
const eventName = (dialect: Dialect, event: string) => `${dialect.name} ${event}`;

/** Everything that a viewer can do: every route of the document that a person may call, and every event of every dialect. */
export function everythingIn({ routes }: Api): string[] {
  return [
    ...routes.map(routeName),
    ...Stage.dialects.flatMap((dialect) => Object.keys(dialect.hears).map((event) => eventName(dialect, event))),
  ];
}

/** Somebody who tries everything there is, again and again, each time in another order. */
export class Curious {
  /** What was tried with success at least once. */
  readonly succeeded = new Set<string>();
  readonly #stage: Stage;
  readonly #api: Api;
  readonly #random: Random;
  readonly #note: (text: string) => void;
  /** Names in earlier answers, by the path that listed them. */
  readonly #listed = new Map<string, string[]>();
  #deck: Act[] = [];

  constructor(stage: Stage, api: Api, random: Random, note: (text: string) => void) {
    this.#stage = stage;
    this.#api = api;
    this.#random = random;
    this.#note = note;
  }

  /** Does the next thing. */
  async act(): Promise<void> {
    if (this.#deck.length === 0) this.#deck = this.#shuffled();
    const act = this.#deck.pop();
    if (act !== undefined && (await act.does())) this.succeeded.add(act.name);
  }

  #shuffled(): Act[] {
    const acts = this.#everything();
    for (let last = acts.length - 1; last > 0; last -= 1) {
      const other = this.#random.below(last + 1);
      [acts[last], acts[other]] = [acts[other] as Act, acts[last] as Act];
    }
    return acts;
  }

  #everything(): Act[] {
    return [
      ...this.#api.routes.map((route) => ({ name: routeName(route), does: () => this.#ask(route) })),
      ...Stage.dialects.flatMap((dialect) => [
        ...Object.keys(dialect.hears).map((event) => ({
          name: eventName(dialect, event),
          does: () => this.#stage.say('default', VIEWER, dialect, event, this.#random),
        })),
        { name: `${dialect.name} goes`, does: () => this.#stage.part('default', VIEWER, dialect, this.#random.pick(['left', 'lost'])) },
      ]),
    ];
  }

  async #ask(route: DocumentedRoute): Promise<boolean> {
    const listing = this.#api.routes.find(({ method, path }) => method === 'GET' && route.path.startsWith(`${path}/{`));
    if (listing !== undefined) await this.#ask(listing);
    const token = this.#stage.token('default', VIEWER);
    const random = this.#random;
    const request = requestTo(route, this.#api.document, { random, self: VIEWER, ids: IDS, token, listed: this.#listed });
    if (random.chance(ODD))
      Object.assign(request, random.pick([{ method: 'HEAD' }, { method: 'OPTIONS' }, { token: undefined }, { body: [] }]));
    const answer = await this.#stage.http.ask(request);
    this.#note(`${request.method} ${request.url} ${answer}`);
    if (!answer.startsWith('HTTP/1.1 2') || request.method !== route.method) return false;
    const names = [...answer.matchAll(/"id":"([\w-]+)"/g)].map((match) => match[1] as string);
    if (names.length > 0) this.#listed.set(route.path, names.slice(0, NEWEST));
    return true;
  }
}
