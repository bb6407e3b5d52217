// JSON Web Tokens that the client signs: client assertions, assertions of the JWT bearer grant, and access tokens of its own.
import { invalidOption, invalidWord, TokenRequestError } from '../errors.ts'
import type { CredentialRequest } from '../definitions/credentials.ts'
import { type Check, checkAll, checkOne, object } from '../util/check-options.ts'
import { base64url, randomText } from '../util/encoding.ts'
import { importPrivateKey, type ImportedKey, signJwt } from '../util/jose.ts'
import { defined } from '../util/objects.ts'
import { algorithmsOf, derOf, isCryptoKey, pemOf, SIGNING_KEY, type SigningKey } from '../util/signing-key.ts'

/** A key, or a function that is called for each signature: for keys that are rotated. */
type KeyOption<Key> = Key | (() => Key | Promise<Key>)

interface JwtOptions {
  /** The algorithm of the signature. @default that of the key; RS256 for an RSA key that names none @see RFC 7518, section 3.1 */
  readonly alg?: string
  /** Further parameters of the header. @see RFC 7515, section 4.1 */
  readonly header?: Readonly<Record<string, unknown>>
  /** Claims that replace or supplement the usual ones; undefined removes one. @see RFC 7519, section 4.1 */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Seconds from `iat` to `exp`. @default 300 of `signedJwt`, 60 of client assertions */
  readonly expiresIn?: number
}

/** Options of {@link signedJwt}. */
export interface SignedJwtOptions extends JwtOptions {
  /** The private key, or a function that is called for each signature. */
  readonly key: KeyOption<SigningKey>
  /** Names the key to the server. @default `kid` of a JSON Web Key @see RFC 7515, section 4.1.4 */
  readonly kid?: string
  /** The certificate of the key, PEM: its SHA-256 thumbprint goes into the header. @see RFC 7515, section 4.1.8 */
  readonly certificate?: string
}

/** Options of {@link privateKeyJwt}. */
export interface PrivateKeyJwtOptions extends SignedJwtOptions {
  /** The claim `aud`, e.g. the issuer. @default the token endpoint @see RFC 7523, section 3 */
  readonly audience?: string
}

/** Options of {@link clientSecretJwt}. */
export interface ClientSecretJwtOptions extends JwtOptions {
  /** The client secret: 32 bytes or more; 48 for HS384, 64 for HS512. @see RFC 7518, section 3.2 */
  readonly secret: KeyOption<string>
  /** The claim `aud`, e.g. the issuer. @default the token endpoint @see RFC 7523, section 3 */
  readonly audience?: string
}

/**
 * Signs a new JSON Web Token at each call: a credential of a provider, or the `getToken` of a manager.
 * @throws `TokenRequestError` (`credentials`) where the key cannot sign, or a claim is missing
 */
export type JwtSigner = (request?: object) => Promise<string>

/**
 * Signs JSON Web Tokens with `iat`, `exp` after 5 minutes, a new `jti`, and the token endpoint as `aud` where there is one: the credential
 * `assertion` of the grant `jwt_bearer`, a `clientSecret` for Apple, or `getToken` for APIs that accept tokens signed by the client.
 * @throws `TypeError` for an invalid option
 * @see RFC 7523, section 2.1
 */
export function signedJwt(options: SignedJwtOptions): JwtSigner {
  checkJwt(options, 'signedJwt', SIGNED)
  return withKey(options, 'signedJwt', ({ tokenEndpoint }) => ({ aud: tokenEndpoint, ...lifetime(options, 300) }))
}

/**
 * Signs a client assertion for each request of a client that authenticates by `private_key_jwt`: the credential `clientAssertion`. It
 * expires after a minute.
 * @throws `TypeError` for an invalid option
 * @see RFC 7523, sections 2.2 and 3
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): JwtSigner {
  checkJwt(options, 'privateKeyJwt', { ...SIGNED, audience: text })
  return withKey(options, 'privateKeyJwt', clientClaims(options, 'privateKeyJwt'))
}

/**
 * Signs a client assertion for each request of a client that authenticates by `client_secret_jwt`: the credential `clientAssertion`. It
 * expires after a minute.
 * @throws `TypeError` for an invalid option
 * @see RFC 7523, sections 2.2 and 3; OpenID Connect Core 1.0, section 9
 */
export function clientSecretJwt(options: ClientSecretJwtOptions): JwtSigner {
  checkJwt(options, 'clientSecretJwt', { ...COMMON, secret: secretOrFunction, audience: text })
  const { alg = 'HS256', secret } = options
  const bytes = HMAC_BYTES[alg]
  if (bytes === undefined) throw invalidWord('clientSecretJwt.alg', Object.keys(HMAC_BYTES), alg)
  const expected = `text of ${String(bytes)} bytes or more for ${alg}, or a function`
  const isLong = (key: unknown): key is string => typeof key === 'string' && encode(key).length >= bytes
  if (typeof secret !== 'function' && !isLong(secret)) throw invalidOption('clientSecretJwt.secret', expected, secret)
  const claims = clientClaims(options, 'clientSecretJwt')
  return async (request = {}) => {
    const key = typeof secret === 'function' ? await secret() : secret
    if (!isLong(key)) throw unusable(request, `clientSecretJwt.secret: expected ${expected}`)
    return signJwt({ ...options.header, alg }, defined({ ...claims(request), ...options.claims }), encode(key))
  }
}

const text: Check = ['text', (value) => typeof value === 'string' && value !== '']
const secretOrFunction: Check = [
  'text or a function',
  (value) => typeof value === 'string' || typeof value === 'function',
]
const seconds: Check = ['seconds, more than 0', (value) => Number.isFinite(value) && Number(value) > 0]
const key: Check = [
  `${SIGNING_KEY}, or a function`,
  (value) => typeof value === 'function' || algorithmsOf(value).length > 0,
]
const certificate: Check = [
  'PEM that begins with BEGIN CERTIFICATE',
  (value) => typeof value === 'string' && derOf(value, 'CERTIFICATE') !== undefined,
]

const COMMON = { alg: text, header: object, claims: object, expiresIn: seconds }
const SIGNED = { ...COMMON, key, kid: text, certificate }

const HMAC_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 }

function checkJwt(options: object, name: string, checks: Readonly<Record<string, Check>>): void {
  checkOne(name, options, object)
  checkAll(options, checks, `${name}.`)
  if ('key' in checks) checkOne(`${name}.key`, (options as Partial<SignedJwtOptions>).key, key)
}

function lifetime({ expiresIn }: JwtOptions, usual: number): Readonly<Record<string, unknown>> {
  const iat = Math.floor(Date.now() / 1_000)
  return { iat, exp: iat + (expiresIn ?? usual), jti: randomText(16) }
}

type Request = Partial<CredentialRequest>

type ClaimsOf = (request: Request) => Readonly<Record<string, unknown>>

/** @see RFC 7523, section 3 */
function clientClaims(options: PrivateKeyJwtOptions | ClientSecretJwtOptions, name: string): ClaimsOf {
  return (request) => {
    const { clientId, tokenEndpoint } = request
    const claims = { iss: clientId, sub: clientId, aud: options.audience ?? tokenEndpoint, ...options.claims }
    const missing = (['iss', 'sub', 'aud'] as const).find((claim) => claims[claim] === undefined)
    if (missing) throw unusable(request, `${name}: neither the provider nor claims.${missing} says ${missing}`)
    return { ...claims, ...lifetime(options, 60) }
  }
}

/** Signs with a private key, which is imported once. */
function withKey(options: SignedJwtOptions, name: string, claimsOf: ClaimsOf): JwtSigner {
  const { header, claims, certificate } = options
  if (typeof options.key !== 'function')
    algorithmOf(options.key, options, (expected) =>
      invalidOption(`${name}.alg`, expected, options.alg, JSON.stringify(options.alg)),
    )
  let last: { readonly key: SigningKey; readonly imported: Promise<ImportedKey> } | undefined
  let thumbprint: Promise<string> | undefined
  return async (request: Request = {}) => {
    const key = typeof options.key === 'function' ? await options.key() : options.key
    const alg = algorithmOf(key, options, (expected) => unusable(request, `${name}.key: expected ${expected}`))
    const own = claimsOf(request)
    const kid = options.kid ?? (typeof key === 'object' && 'kid' in key ? key.kid : undefined)
    try {
      if (last?.key !== key) last = { key, imported: importKey(key, alg) }
      if (certificate !== undefined) thumbprint ??= thumbprintOf(certificate)
      const [imported, x5t] = await Promise.all([last.imported, thumbprint])
      const parameters = defined({ kid, 'x5t#S256': x5t, ...header })
      return await signJwt({ ...parameters, alg }, defined({ ...own, ...claims }), imported)
    } catch {
      // The thrown error may quote the key.
      throw unusable(request, `${name}: the key cannot sign by ${alg}`)
    }
  }
}

/** The algorithm that is asked for, or the usual one of the key. */
function algorithmOf(key: unknown, { alg }: JwtOptions, wrong: (expected: string) => Error): string {
  const algorithms = algorithmsOf(key)
  const [usual] = algorithms
  if (usual === undefined) throw wrong(SIGNING_KEY)
  if (alg !== undefined && !algorithms.includes(alg))
    throw wrong(`an algorithm that the key can do: ${algorithms.join(', ')}`)
  return alg ?? usual
}

function importKey(key: SigningKey, alg: string): Promise<ImportedKey> {
  if (isCryptoKey(key)) return Promise.resolve(key as CryptoKey)
  return importPrivateKey(typeof key === 'string' ? pemOf(key) : key, alg)
}

async function thumbprintOf(certificate: string): Promise<string> {
  const der = Uint8Array.from(derOf(certificate, 'CERTIFICATE') ?? '', (character) => character.charCodeAt(0))
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', der)))
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function unusable({ provider = 'tokenflight' }: Request, message: string): TokenRequestError {
  return new TokenRequestError(provider, message, { reason: 'credentials' })
}
