// ID tokens of the generic server, and the key that verifies them. @see OpenID Connect Core 1.0, section 2
import { generateKeyPairSync, sign } from 'node:crypto'
import type { PublicJsonWebKey } from './assertions.ts'

/** The claims that differ. */
interface IdTokenClaims {
  readonly sub: string
  readonly aud: string
  readonly nonce?: string | undefined
}

export class IdTokens {
  readonly #issuer: string
  readonly #now: () => number
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  constructor(issuer: string, now: () => number) {
    this.#issuer = issuer
    this.#now = now
  }

  /** The public key, as a JSON Web Key Set. @see RFC 7517, section 5 */
  get keySet(): { readonly keys: readonly PublicJsonWebKey[] } {
    const key = this.#keys.publicKey.export({ format: 'jwk' })
    return { keys: [{ ...key, kid: 'id-tokens', alg: 'ES256', use: 'sig' }] }
  }

  /** Valid for five minutes. */
  issue(claims: IdTokenClaims): string {
    const iat = Math.floor(this.#now() / 1_000)
    const header = { alg: 'ES256', kid: 'id-tokens', typ: 'JWT' }
    const content = [header, { iss: this.#issuer, ...claims, iat, exp: iat + 300 }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const key = { key: this.#keys.privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`
  }
}
