// Private keys for signing: their kinds, and the algorithms that each can do (RFC 7518, section 3.1; RFC 8037, section 3.1).
import { isObject } from './objects.ts'

/** A private key as a JSON Web Key. @see RFC 7517; RFC 7518, section 6 */
interface PrivateJsonWebKey {
  readonly kty?: string
  readonly alg?: string
  readonly kid?: string
  readonly use?: string
  readonly key_ops?: readonly string[]
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly d?: string
  readonly n?: string
  readonly e?: string
  readonly p?: string
  readonly q?: string
  readonly dp?: string
  readonly dq?: string
  readonly qi?: string
}

/** A private key of WebCrypto: a `CryptoKey`. */
interface PrivateCryptoKey {
  readonly type: string
  readonly algorithm: { readonly name: string }
  readonly usages: readonly string[]
}

/** A private key: a `CryptoKey`, a JSON Web Key, or text in PEM (PKCS #8, not encrypted). */
export type SigningKey = PrivateCryptoKey | PrivateJsonWebKey | string

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const EDDSA = ['EdDSA', 'Ed25519'] as const

const CURVES: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: EDDSA,
}

/** Object identifiers as DER has them, RSA first: no other key has them in its first bytes. */
const IDENTIFIERS: readonly (readonly [der: string, algorithms: readonly string[]])[] = [
  ['\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01', RSA],
  ['\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07', ['ES256']],
  ['\x06\x05\x2b\x81\x04\x00\x22', ['ES384']],
  ['\x06\x05\x2b\x81\x04\x00\x23', ['ES512']],
  ['\x06\x03\x2b\x65\x70', EDDSA],
]

// 2048 bits, the least of RFC 7518, section 3.3: in base64url, and as DER with the rest of the key.
const MIN_MODULUS = 342
const MIN_RSA_DER = 1_100

export const SIGNING_KEY =
  'a private key for signatures (RSA from 2048 bits, P-256, P-384, P-521 or Ed25519): a CryptoKey, a JSON Web Key, or PEM that begins with BEGIN PRIVATE KEY (openssl pkcs8 -topk8 -nocrypt makes it)'

/** The algorithms that a key can do, the usual one first; none for anything else than a private key for signatures. */
export function algorithmsOf(key: unknown): readonly string[] {
  if (typeof key === 'string') return algorithmsOfPem(key)
  if (!isObject(key)) return []
  return isCryptoKey(key) ? algorithmsOfCryptoKey(key) : algorithmsOfJwk(key)
}

export function isCryptoKey(key: unknown): key is PrivateCryptoKey {
  return isObject(key) && isObject(key['algorithm']) && Array.isArray(key['usages'])
}

/** The text of a PEM. Line breaks that an environment variable holds as `\n` are made what they were. */
export function pemOf(text: string): string {
  return text.replaceAll('\\n', '\n').trim()
}

/** The bytes between the first pair of marks, one character each; undefined for text of another kind. @see RFC 7468 */
export function derOf(text: string, label: string): string | undefined {
  const mark = `-----BEGIN ${label}-----`
  const pem = pemOf(text)
  const end = pem.indexOf(`-----END ${label}-----`)
  if (!pem.startsWith(mark) || end < 0) return undefined
  try {
    return atob(pem.slice(mark.length, end).replaceAll(/\s/g, ''))
  } catch {
    return undefined
  }
}

function algorithmsOfPem(text: string): readonly string[] {
  const der = derOf(text, 'PRIVATE KEY')
  const [, algorithms = []] = IDENTIFIERS.find(([identifier]) => der?.slice(0, 40).includes(identifier)) ?? []
  return algorithms === RSA && (der?.length ?? 0) < MIN_RSA_DER ? [] : algorithms
}

function algorithmsOfJwk({ kty, crv, d, n, alg, use, key_ops: operations }: PrivateJsonWebKey): readonly string[] {
  const forOthers = (use !== undefined && use !== 'sig') || operations?.includes('sign') === false
  if (forOthers || typeof d !== 'string') return []
  const isLong = (n?.length ?? 0) >= MIN_MODULUS
  const algorithms = kty === 'RSA' ? (isLong ? RSA : []) : (CURVES[crv ?? ''] ?? [])
  return alg === undefined ? algorithms : algorithms.filter((each) => each === alg)
}

function algorithmsOfCryptoKey({ type, algorithm, usages }: PrivateCryptoKey): readonly string[] {
  if (type !== 'private' || !usages.includes('sign')) return []
  const { name, hash, namedCurve, modulusLength = 0 } = algorithm as Partial<RsaHashedKeyAlgorithm & EcKeyAlgorithm>
  const family = name === 'RSA-PSS' ? 'PS' : 'RS'
  if (hash) return modulusLength < 2048 ? [] : RSA.filter((each) => each === family + hash.name.slice(-3))
  return CURVES[namedCurve ?? name ?? ''] ?? []
}
