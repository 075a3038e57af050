import type { Random } from '../random.ts';
import type { Ingredients } from './sample.ts';

interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  minimum?: number;
}

interface Operation {
  security?: Record<string, unknown>[];
  parameters?: { name: string; in: string; required?: boolean; schema?: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
}

/** What an OpenAPI document says, as far as it is used here. */
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, JsonSchema> };
}

/** One route that a person, or nobody in particular, may call. */
export interface DocumentedRoute {
  method: string;
  path: string;
  signedIn: boolean;
  operation: Operation;
}

export interface Api {
  routes: DocumentedRoute[];
  document: Document;
}

/** Every route of an OpenAPI document that needs no back end's key. */
export function routesOf(text: string): Api {
  const document = JSON.parse(text) as Document;
  const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const security = operation.security ?? [];
      const signedIn = security.some((each) => 'token' in each);
      if (security.length > 0 && !signedIn) return [];
      return [{ method: method.toUpperCase(), path, signedIn, operation }];
    }),
  );
  return { routes, document };
}

interface RequestIngredients extends Ingredients {
  /** Names that the server made, by the path that listed them. */
  listed: ReadonlyMap<string, readonly string[]>;
}

/** Makes up a request to a route from what the document says of it. What is named in a path is mostly something that was listed above it. */
export function requestTo({ method, path, signedIn, operation }: DocumentedRoute, document: Document, ingredients: RequestIngredients) {
  const { random, token, listed } = ingredients;
  const query = new URLSearchParams();
  let url = path;
  for (const { name, in: place, required = false, schema = {} } of operation.parameters ?? []) {
    const names = place === 'path' ? listed.get(path.slice(0, path.indexOf(`/{${name}}`))) : undefined;
    const value = names !== undefined && random.chance(0.8) ? random.pick(names) : String(sampleJson(schema, document, ingredients, name));
    if (place === 'path') url = url.replace(`{${name}}`, encodeURIComponent(value));
    else if (place === 'query' && (required || random.chance(0.5))) query.set(name, value);
  }
  const schema = operation.requestBody?.content['application/json']?.schema;
  return {
    method,
    url: query.size === 0 ? url : `${url}?${query}`,
    ...(signedIn ? { token } : null),
    ...(schema === undefined ? null : { body: sampleJson(schema, document, ingredients, '') }),
  };
}

function sampleJson(schema: JsonSchema, document: Document, ingredients: Ingredients, field: string): unknown {
  const { random } = ingredients;
  if (schema.$ref !== undefined) {
    const named = document.components?.schemas?.[schema.$ref.split('/').at(-1) as string] ?? {};
    return sampleJson(named, document, ingredients, field);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return random.pick(schema.enum);
  const [choice] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (choice !== undefined) return sampleJson(choice, document, ingredients, field);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).filter(() => random.chance(0.8));
      return Object.fromEntries(fields.map(([name, inner]) => [name, sampleJson(inner, document, ingredients, name)]));
    }
    case 'array':
      return Array.from({ length: 1 + random.below(4) }, () => sampleJson(schema.items ?? {}, document, ingredients, field));
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, random.below(20));
    case 'boolean':
      return random.chance(0.5);
    default:
      return textFor(field, ingredients, random);
  }
}

function textFor(field: string, { ids }: Ingredients, random: Random): string {
  if (field === 'tz' || field === 'timeZone') return 'Europe/Berlin';
  return /status/i.test(field) ? 'online' : random.pick(ids);
}
