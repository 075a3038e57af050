import type { IncomingMessage } from 'node:http';
import { PorchlightError } from '../errors.ts';
import { readJson } from '../read-json.ts';

interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly jsonDepthMax: number;
}

/** A JSON object; an absent body is an empty one. Rejects with INVALID_PAYLOAD or PAYLOAD_TOO_LARGE. */
export async function readJsonObject(request: IncomingMessage, limits: BodyLimits): Promise<Record<string, unknown>> {
  const text = await readText(request, limits.bodyBytesMax);
  if (text.trim() === '') return {};
  const body = readJson(text, { depthMax: limits.jsonDepthMax });
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new PorchlightError('INVALID_PAYLOAD', 'The body must be a JSON object.');
  return body as Record<string, unknown>;
}

// What is beyond the limit is never kept; Node discards the rest of the request once it is answered.
function readText(request: IncomingMessage, bytesMax: number): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(new PorchlightError('PAYLOAD_TOO_LARGE'));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else reject(new PorchlightError('PAYLOAD_TOO_LARGE'));
    });
    request.on('end', () => {
      // Nearly every body is one chunk.
      resolve(chunks.length === 1 ? (chunks[0] as Buffer).toString() : Buffer.concat(chunks).toString());
    });
    request.on('error', () => reject(new PorchlightError('INVALID_PAYLOAD', 'The request broke off.')));
  });
}
