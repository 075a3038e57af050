import { isUserId, readUserId } from '@porchlight/protocol';
import type { AuthenticatorOptions, Identity, Profile } from '../authenticate.ts';
import { PorchlightError } from '../errors.ts';

const DEFAULT_TENANT = 'default';
const PROFILE_TEXT_MAX = 256;
const ID_CLAIM_MAX = 256;
const SCOPES_MAX = 64;
/** The last moment of the year 9999, in epoch milliseconds: later times are mistakes (such as milliseconds for seconds), or tricks. */
const TIME_MAX = 253_402_300_799_999;

type ClaimOptions = Pick<
  AuthenticatorOptions,
  'jwtIssuer' | 'jwtAudience' | 'userClaim' | 'tenantClaim' | 'profileClaims' | 'tokenExpiryRequired' | 'tokenLifetimeMaxMs' | 'tokenSkewMs'
>;

type Claims = Readonly<Record<string, unknown>>;

function refuse(reason: string): never {
  throw new PorchlightError('UNAUTHENTICATED', reason);
}

/** Own members only: a claim called `constructor` must not be found in a token that has none. */
function claim(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** A NumericDate (seconds, fractions allowed) as epoch milliseconds; null when the claim is absent. */
function timeOf(claims: Claims, name: 'exp' | 'nbf' | 'iat'): number | null {
  const seconds = claim(claims, name);
  if (seconds === undefined) return null;
  if (typeof seconds === 'number' && seconds >= 0 && seconds * 1_000 <= TIME_MAX) return Math.floor(seconds * 1_000);
  return refuse(`The claim "${name}" must be a time in seconds.`);
}

function checkTimes(claims: Claims, options: ClaimOptions, now: number) {
  const [expiresAt, notBefore, issuedAt] = [timeOf(claims, 'exp'), timeOf(claims, 'nbf'), timeOf(claims, 'iat')];
  const latest = now + options.tokenSkewMs;
  if (expiresAt === null && options.tokenExpiryRequired) refuse('The token has no end ("exp").');
  if (expiresAt !== null && now >= expiresAt) refuse('The token has ended.');
  if (notBefore !== null && notBefore > latest) refuse('The token is not valid yet ("nbf").');
  if (issuedAt !== null && issuedAt > latest) refuse('The token was issued in the future ("iat").');
  const { tokenLifetimeMaxMs: lifetimeMax } = options;
  // Without an end, the lifetime is without end too.
  const lifetimeMs = (expiresAt ?? Number.POSITIVE_INFINITY) - Math.min(issuedAt ?? now, now);
  if (lifetimeMax > 0 && lifetimeMs > lifetimeMax) refuse('The token is valid for longer than is allowed here.');
  return { expiresAt, issuedAt };
}

function checkOrigin(claims: Claims, { jwtIssuer, jwtAudience }: ClaimOptions) {
  if (jwtIssuer !== null && claim(claims, 'iss') !== jwtIssuer) refuse('The token is from another issuer ("iss").');
  if (jwtAudience === null) return;
  const audience = claim(claims, 'aud');
  const isMeant = audience === jwtAudience || (Array.isArray(audience) && audience.includes(jwtAudience));
  if (!isMeant) refuse('The token is for another audience ("aud").');
}

function tenantOf(claims: Claims, { tenantClaim }: ClaimOptions): string {
  const tenant = claim(claims, tenantClaim);
  if (tenant === undefined) return DEFAULT_TENANT;
  return isUserId(tenant) ? tenant : refuse(`The claim "${tenantClaim}" is not a well-formed tenant id.`);
}

const controls = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** A text that is safe to show and to log, cut to its limit between characters. */
function profileText(value: unknown): string | undefined {
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : undefined;
  const text = value
    .slice(0, PROFILE_TEXT_MAX * 2)
    .toWellFormed()
    .replace(controls, ' ')
    .trim();
  if (text.length <= PROFILE_TEXT_MAX) return text === '' ? undefined : text;
  return text.slice(0, PROFILE_TEXT_MAX).replace(/[\ud800-\udbff]$/, '');
}

function profileOf(claims: Claims, { profileClaims }: ClaimOptions): Profile {
  const fields = profileClaims.map((name) => [name, profileText(claim(claims, name))] as const);
  return Object.freeze(Object.fromEntries(fields.filter(([name, text]) => text !== undefined && name !== '__proto__')));
}

function scopesOf(claims: Claims): string[] {
  const given = claim(claims, 'scope') ?? claim(claims, 'scp') ?? claim(claims, 'scopes');
  const words: unknown[] = typeof given === 'string' ? given.split(' ') : Array.isArray(given) ? given : [];
  const scopes = words.filter((word) => typeof word === 'string' && word !== '').slice(0, SCOPES_MAX);
  return Object.freeze(scopes) as string[];
}

/** An id by which something can be revoked. One that is not a short text is refused, as it could never be named in a revocation. */
function revocationId(claims: Claims, name: 'jti' | 'sid'): string | null {
  const id = claim(claims, name);
  if (id === undefined) return null;
  if (typeof id === 'string' && id.length > 0 && id.length <= ID_CLAIM_MAX && id.isWellFormed()) return id;
  return refuse(`The claim "${name}" must be a text of 1 to ${ID_CLAIM_MAX} characters.`);
}

/** Turns the payload of a token whose signature is right into an identity, or refuses with UNAUTHENTICATED and the reason. */
export function readClaims(payload: unknown, options: ClaimOptions, now: number, tokenDigest: string | null): Identity {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) refuse('The token holds no claims.');
  const claims = payload as Claims;
  const times = checkTimes(claims, options, now);
  checkOrigin(claims, options);
  const user = readUserId(claim(claims, options.userClaim)) ?? refuse(`The claim "${options.userClaim}" is not a well-formed user id.`);
  return Object.freeze({
    tenant: tenantOf(claims, options),
    user,
    profile: profileOf(claims, options),
    scopes: scopesOf(claims),
    ...times,
    tokenId: revocationId(claims, 'jti'),
    loginId: revocationId(claims, 'sid'),
    tokenDigest,
  });
}
