import { z } from '@porchlight/server';
import type { Random } from '../random.ts';
import { FUZZ_USERS, nastyText, someId } from './values.ts';

/** The little of JSON Schema that routes and events are described with. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly $ref?: string;
}

/** What an event or a route reads, as a schema; of what is prepared before it is read, what it is then read by. */
export function schemaOf(reads: z.ZodType): Schema {
  let inner: unknown = reads;
  while (inner instanceof z.ZodPipe) inner = inner.def.in instanceof z.ZodTransform ? inner.def.out : inner.def.in;
  return z.toJSONSchema(inner as z.ZodType, { io: 'input', unrepresentable: 'any' }) as Schema;
}

const isIdName = (name: string) => /(^|_)id$|ids$|user|session|contact|recipient|requester|other|^(set|add|remove)$/i.test(name);

/** A value that fits the schema, mostly: names of fields say what they are likely to mean. `resolve` follows `$ref`. */
export function valueFor(schema: Schema, random: Random, self: string, name = '', resolve?: (ref: string) => Schema): unknown {
  const again = (inner: Schema, innerName = name) => valueFor(inner, random, self, innerName, resolve);
  if (schema.$ref !== undefined) return resolve === undefined ? {} : again(resolve(schema.$ref));
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return random.pick(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (isIdName(name) && schema.items === undefined && schema.properties === undefined)
    return random.chance(0.6) ? self : random.chance(0.7) ? random.pick(FUZZ_USERS) : someId(random);
  if (choices !== undefined) return again(random.pick(choices));
  const type = typeof schema.type === 'string' ? schema.type : schema.type === undefined ? undefined : random.pick(schema.type);
  switch (type) {
    case 'object': {
      const members = Object.entries(schema.properties ?? {}).filter(
        ([key]) => schema.required?.includes(key) === true || random.chance(0.7),
      );
      return Object.fromEntries(members.map(([key, member]) => [key, again(member, key)]));
    }
    case 'array':
      return Array.from({ length: random.chance(0.1) ? random.below(200) : random.below(5) }, () => again(schema.items ?? {}));
    case 'integer':
    case 'number': {
      const low = Math.max(schema.minimum ?? 0, -1_000);
      return random.chance(0.1)
        ? (schema.maximum ?? 2 ** 53)
        : low + random.below(Math.min(100_000, (schema.maximum ?? 100_000) - low + 1));
    }
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    case 'string':
      return random.chance(0.2) ? nastyText(random).slice(0, schema.maxLength ?? 5_000) : `text ${random.below(50)}`;
    default:
      return random.chance(0.5) ? {} : { note: random.below(50) };
  }
}
