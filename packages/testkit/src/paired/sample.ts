import type { z } from '@porchlight/server';
import type { Random } from '../random.ts';

/** From what payloads are made up. */
export interface Ingredients {
  random: Random;
  self: string;
  /** Everybody, hidden or not, and ids that nobody has. */
  ids: readonly string[];
  token: string;
}

/** The little that is used of a schema's description. */
interface Description {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  options?: z.ZodType[];
  innerType?: z.ZodType;
  in?: z.ZodType;
  out?: z.ZodType;
  entries?: Record<string, string | number>;
  values?: unknown[];
}

const describe = (schema: z.ZodType) => (schema as unknown as { def: Description }).def;

/** Fields in which a client names itself; mostly it does not lie. */
const OWN = new Set(['sessionId', 'fromUserId', 'requesterId']);

/**
 * Makes up something that a schema accepts, so that an event described tomorrow is tried without anyone remembering it. Throws for a kind
 * of schema that it does not know, which is then to be taught here.
 */
export function sample(schema: z.ZodType, ingredients: Ingredients, field = ''): unknown {
  const { random } = ingredients;
  const description = describe(schema);
  switch (description.type) {
    case 'object':
      return Object.fromEntries(Object.entries(description.shape ?? {}).map(([name, inner]) => [name, sample(inner, ingredients, name)]));
    case 'array':
      return Array.from({ length: 1 + random.below(5) }, () => sample(description.element as z.ZodType, ingredients, field));
    case 'union':
      return sample(description.options?.[0] as z.ZodType, ingredients, field);
    case 'optional':
    case 'nullable':
      return random.chance(0.5) ? undefined : sample(description.innerType as z.ZodType, ingredients, field);
    case 'default':
    case 'prefault':
      return sample(description.innerType as z.ZodType, ingredients, field);
    case 'pipe':
      // Preprocessing comes first, and what it takes is not described; what follows it is.
      return sample(
        (describe(description.in as z.ZodType).type === 'transform' ? description.out : description.in) as z.ZodType,
        ingredients,
        field,
      );
    case 'custom':
      return /s$|set|add|remove/i.test(field) || field === '' ? idList(ingredients) : random.pick(ingredients.ids);
    case 'string':
      return sampleText(field, ingredients);
    case 'number':
      return random.below(3) * 1_000;
    case 'boolean':
      return random.chance(0.5);
    case 'enum':
      return random.pick(Object.values(description.entries ?? {}));
    case 'literal':
      return random.pick(description.values ?? []);
    case 'unknown':
    case 'any':
      return undefined;
    default:
      throw new Error(`Payloads of the kind ${description.type} cannot be made up yet.`);
  }
}

function sampleText(field: string, { random, self, ids, token }: Ingredients): string {
  if (field === 'token') return token;
  if (OWN.has(field)) return random.chance(0.8) ? self : random.pick(ids);
  if (/user|id$|recipient|contact/i.test(field)) return random.pick(ids);
  return random.pick(['a', 'b', 'c']);
}

function idList({ random, ids }: Ingredients): string[] {
  return Array.from({ length: 1 + random.below(ids.length) }, () => random.pick(ids));
}
