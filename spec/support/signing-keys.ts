// Signing keys of clients, generated for one run, and the contents of a JWT.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { PublicJsonWebKey } from '../../lib/testing.ts'

export interface KeyPair {
  readonly privateKey: KeyObject
  /** PEM, PKCS #8. */
  readonly pem: string
  /** The private key as a JSON Web Key. */
  readonly jwk: Readonly<Record<string, string>>
  readonly publicJwk: PublicJsonWebKey
}

function pairOf({ privateKey, publicKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): KeyPair {
  return {
    privateKey,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    jwk: privateKey.export({ format: 'jwk' }) as Record<string, string>,
    publicJwk: publicKey.export({ format: 'jwk' }),
  }
}

export const rsa = (modulusLength = 2048): KeyPair => pairOf(generateKeyPairSync('rsa', { modulusLength }))
export const ec = (namedCurve: string): KeyPair => pairOf(generateKeyPairSync('ec', { namedCurve }))
export const ed25519 = (): KeyPair => pairOf(generateKeyPairSync('ed25519'))
export const x25519 = (): KeyPair => pairOf(generateKeyPairSync('x25519'))

/** A PEM in a form that older tools write. */
export function traditionalPem({ privateKey }: KeyPair): string {
  return privateKey
    .export({ type: privateKey.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1', format: 'pem' })
    .toString()
}

/** A PEM that a passphrase protects. */
export function encryptedPem({ pem }: KeyPair): string {
  const passphrase = 'a passphrase'
  return createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString()
}

type Fields = Readonly<Record<string, unknown>>

export function readJwt(jwt: unknown): { readonly header: Fields; readonly claims: Fields } {
  const [header, claims] = String(jwt)
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Fields)
  return { header: header ?? {}, claims: claims ?? {} }
}
