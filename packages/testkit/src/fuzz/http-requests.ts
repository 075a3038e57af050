import type { Random } from '../random.ts';
import { type Conversation, type Step, wireText } from './conversation.ts';
import { type Persona, persona, type Vocabulary } from './grammar.ts';
import type { HttpRoute } from './http-routes.ts';
import { valueFor } from './schema-value.ts';
import { mutatedJson, mutatedText, nastyJson, nastyText, someId } from './values.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'G\u0000T', 'CONNECT'] as const;

const NASTY_HEADERS: readonly string[] = [
  'Content-Length: -1',
  'Content-Length: 5, 5',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked\r\nContent-Length: 4',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: xchunked',
  'Expect: 100-continue',
  'Expect: something',
  'Connection: Upgrade\r\nUpgrade: h2c',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Connection: close, keep-alive',
  'Host: ',
  'Host: a\r\nHost: b',
  'Origin: null',
  'Origin: http://evil.example',
  'Access-Control-Request-Method: DELETE',
  'Cookie: jwt=; jwt=%; jwt',
  'X-Forwarded-For: 1.2.3.4, ::1, garbage',
  'X-Api-Key: ',
  'Accept-Encoding: gzip, br, *;q=0',
  'Content-Type: multipart/form-data; boundary=x',
  'Content-Encoding: gzip',
  ': no name',
  'No colon',
  ' Folded: header',
  'Range: bytes=0-0,5-1',
  'If-None-Match: *',
  'Sec-WebSocket-Key: short',
];

/** Where a route's parameters go, percent-encoded or, now and then, not. */
function targetOf(route: HttpRoute, random: Random, self: string): string {
  const encode = (value: string | number) => {
    const text = String(value).toWellFormed();
    return random.chance(0.9) ? encodeURIComponent(text) : wireText(text.replace(/[\r\n ]/g, '+'));
  };
  const path = route.path.replaceAll(/\{\w+\}/g, () => encode(random.chance(0.5) ? self : someId(random)));
  const fields = route.query.flatMap((name) => (random.chance(0.4) ? [`${name}=${encode(queryValue(name, random))}`] : []));
  if (random.chance(0.05)) fields.push(`${encode(nastyText(random))}=${encode(nastyText(random))}`);
  const target = `${path}${fields.length > 0 ? `?${fields.join('&')}` : ''}`;
  if (random.chance(0.95)) return target;
  return random.pick([
    () => `http://other.example${target}`,
    () => `/${target}`,
    () => '*',
    () => `${target}${'/a'.repeat(random.below(5_000))}`,
    () => mutatedText(target, random).replace(/[\r\n ]/g, '+'),
  ])();
}

function queryValue(name: string, random: Random): string | number {
  if (name === 'tz') return random.pick(['Europe/Berlin', 'UTC', 'Nowhere/Land', '+99:99']);
  return random.chance(0.6) ? random.below(300) : someId(random);
}

function credential(vocabulary: Vocabulary, { token }: Persona, path: string, random: Random): string {
  const among = random.next();
  if (path.startsWith('/v1/users') && among < 0.7) return `X-Api-Key: ${vocabulary.apiKey}\r\n`;
  if (among < 0.8) return `Authorization: Bearer ${token}\r\n`;
  if (among < 0.85) return `Cookie: a=b; jwt=${token}\r\n`;
  if (among < 0.9)
    return `Authorization: ${random.pick(['bearer', 'Basic', 'Bearer  '])} ${mutatedText(token, random).replace(/[\r\n]/g, '')}\r\n`;
  return '';
}

function chunked(body: string, random: Random): string {
  let framed = '';
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.below(Math.max(1, body.length));
    const chunk = body.slice(at, at + size);
    framed += `${chunk.length.toString(16)}${random.chance(0.1) ? ';ext="1"' : ''}\r\n${chunk}\r\n`;
    at += size;
  }
  const whole = `${framed}0\r\n${random.chance(0.1) ? 'Trailer: x\r\n' : ''}\r\n`;
  return random.chance(0.85) ? whole : mutatedText(whole, random);
}

function bodyOf(route: HttpRoute, random: Random, self: string): string {
  const value = valueFor(route.body ?? {}, random, self, '', route.resolve);
  const among = random.next();
  const text = among < 0.55 ? JSON.stringify(value) : among < 0.85 ? mutatedJson(value, random) : nastyJson(random);
  return wireText(random.chance(0.97) ? text : mutatedText(text, random));
}

/** One request as bytes. Whole requests are well-framed; of the others anything may be broken. */
function request(vocabulary: Vocabulary, random: Random, isWhole: boolean): string {
  const route = random.pick(vocabulary.routes);
  const someone = persona(vocabulary, random);
  const method = random.chance(0.92) ? route.method : random.pick(METHODS);
  const isSafe = isWhole && /^[A-Z]+$/.test(method) && method !== 'CONNECT';
  const body = route.body !== undefined || (method !== 'GET' && random.chance(0.2)) ? bodyOf(route, random, someone.user) : '';
  const isChunked = body !== '' && random.chance(0.2);
  let head = `${isSafe ? method : random.pick([method, 'PRI'])} ${targetOf(route, random, someone.user)} HTTP/1.${random.chance(0.98) ? 1 : 0}\r\n`;
  head += `Host: 127.0.0.1\r\n${credential(vocabulary, someone, route.path, random)}`;
  if (body !== '') head += `Content-Type: ${random.chance(0.9) ? 'application/json' : 'text/plain'}\r\n`;
  if (isChunked) head += 'Transfer-Encoding: chunked\r\n';
  else if (body !== '') head += `Content-Length: ${isWhole || random.chance(0.8) ? body.length : random.below(100_000)}\r\n`;
  if (!isWhole) for (let more = random.below(3); more > 0; more -= 1) head += `${random.pick(NASTY_HEADERS)}\r\n`;
  if (!isWhole && random.chance(0.05)) head += `X-Long: ${'z'.repeat(random.below(40_000))}\r\n`;
  const text = `${head}\r\n${isChunked ? chunked(body, random) : body}`;
  return isWhole || random.chance(0.6) ? text : mutatedText(text, random);
}

/** Requests one after the other, or all at once, on one connection; a broken one is the last, since it usually closes. */
export function httpConversation(vocabulary: Vocabulary, random: Random, index: number): Conversation {
  const steps: Step[] = [];
  const count = 1 + random.below(24);
  const isPipelined = random.chance(0.5);
  for (let number = 1; number <= count; number += 1) {
    const send = request(vocabulary, random, number < count || random.chance(0.3));
    const cuts = random.chance(0.15) ? [random.below(send.length), random.below(send.length)].sort((a, b) => a - b) : undefined;
    steps.push({ on: 0, send, ...(cuts && { cuts }) });
    if (!isPipelined) steps.push({ on: 0, await: true });
  }
  if (random.chance(0.1)) steps.push({ on: 0, end: random.chance(0.5) ? 'reset' : 'finish' });
  return { surface: 'http', index, steps };
}
