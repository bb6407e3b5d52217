// Verifies JSON Web Tokens that a client has signed: client assertions, and assertions of the JWT bearer grant. @see RFC 7523, section 3
import { constants, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto'

/** A public key as a JSON Web Key. @see RFC 7517 */
export type PublicJsonWebKey = Readonly<
  Partial<Record<'kty' | 'kid' | 'alg' | 'use' | 'crv' | 'x' | 'y' | 'n' | 'e', string>>
>

/** The values that an assertion is verified against. */
export interface AssertionRules {
  /** The registered keys of the client. */
  readonly keys: readonly PublicJsonWebKey[]
  /** For HMAC in place of the keys. */
  readonly secret?: string
  /** The `aud` values by which the server knows itself. */
  readonly audiences: readonly string[]
  /** Whether each assertion must have a `jti`. */
  readonly requiresId: boolean
  /** Epoch milliseconds. */
  readonly now: number
  /** Those that were used, with the moment from which they may be used again. */
  readonly used: Map<string, number>
}

type Fields = Readonly<Record<string, unknown>>

/** The claims, or what is wrong. */
export type VerifiedAssertion =
  { readonly claims: Fields; readonly problem?: never } | { readonly claims?: never; readonly problem: string }

// Longer than any clock is off, shorter than any key is safe.
const LONGEST = 3_600
const SKEW = 30

/** Verifies the signature, then the claims; an assertion is good once. */
export function verifyAssertion(assertion: string, rules: AssertionRules): VerifiedAssertion {
  const parts = assertion.split('.')
  const [encodedHeader = '', encodedClaims = '', signature = ''] = parts
  const [header, claims] = [parse(encodedHeader), parse(encodedClaims)]
  if (parts.length !== 3 || !header || !claims) return { problem: 'The assertion is no JSON Web Token' }
  if (header['crit'] !== undefined) return { problem: 'The assertion has a critical header parameter' }
  const content = Buffer.from(`${encodedHeader}.${encodedClaims}`)
  const isSigned =
    rules.secret === undefined
      ? signedByKey(header, content, Buffer.from(signature, 'base64url'), rules.keys)
      : signedBySecret(header, content, signature, rules.secret)
  if (!isSigned) return { problem: 'The assertion is signed by no registered key' }
  const problem = wrongClaim(claims, rules)
  return problem === undefined ? { claims } : { problem }
}

function wrongClaim(claims: Fields, { audiences, requiresId, now, used }: AssertionRules): string | undefined {
  const { iss, sub, aud, exp, iat, nbf, jti } = claims
  if (typeof iss !== 'string' || typeof sub !== 'string') return 'The assertion lacks iss or sub'
  const given = Array.isArray(aud) ? (aud as unknown[]) : [aud]
  if (!given.some((each) => typeof each === 'string' && audiences.includes(each))) return 'aud is another server'
  const seconds = now / 1_000
  if (typeof exp !== 'number' || exp <= seconds) return 'The assertion has expired, or has no exp'
  if (exp > seconds + LONGEST) return 'The assertion is valid for more than an hour'
  if ([iat, nbf].some((moment) => moment !== undefined && (typeof moment !== 'number' || moment > seconds + SKEW)))
    return 'The assertion is of the future'
  if (jti === undefined) return requiresId ? 'The assertion has no jti' : undefined
  if (typeof jti !== 'string' || jti === '') return 'jti is no text'
  const id = JSON.stringify([iss, jti])
  if ((used.get(id) ?? 0) > seconds) return 'The assertion was used before'
  used.set(id, exp)
  return undefined
}

const HASH: Readonly<Record<string, string>> = { '256': 'sha256', '384': 'sha384', '512': 'sha512' }
const CURVE: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' }

function signedByKey(
  { alg, kid }: Fields,
  content: Buffer,
  signature: Buffer,
  keys: readonly PublicJsonWebKey[],
): boolean {
  const candidates = kid === undefined ? keys : keys.filter((key) => key.kid === kid)
  return candidates.some(
    (key) => typeof alg === 'string' && verifies(alg, createPublicKey({ key, format: 'jwk' }), content, signature),
  )
}

/** @see RFC 7518, sections 3.3 to 3.5; RFC 8037, section 3.1 */
function verifies(alg: string, key: KeyObject, content: Buffer, signature: Buffer): boolean {
  const hash = HASH[alg.slice(2)] ?? ''
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return /^(?:EdDSA|Ed25519)$/.test(alg) && verify(null, content, key, signature)
  if (type === 'ec')
    return (
      CURVE[alg] !== undefined &&
      CURVE[alg] === details?.namedCurve &&
      verify(hash, content, { key, dsaEncoding: 'ieee-p1363' }, signature)
    )
  if (type !== 'rsa' || !/^[RP]S(?:256|384|512)$/.test(alg) || (details?.modulusLength ?? 0) < 2048) return false
  const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants
  const padding = alg.startsWith('P')
    ? { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST }
    : { padding: RSA_PKCS1_PADDING }
  return verify(hash, content, { key, ...padding }, signature)
}

function signedBySecret({ alg }: Fields, content: Buffer, signature: string, secret: string): boolean {
  if (typeof alg !== 'string' || !/^HS(?:256|384|512)$/.test(alg)) return false
  const expected = createHmac(HASH[alg.slice(2)] ?? '', secret)
    .update(content)
    .digest('base64url')
  return expected.length === signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(signature))
}

function parse(part: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}
