// The only module that imports jose. It is loaded when the first token is decoded or signed, or the first record sealed.

type Claims = Readonly<Record<string, unknown>>

/** The claims of a JSON Web Token; undefined for any other value. The signature is not verified: the resource server does that. */
export async function jwtClaims(token: unknown): Promise<Claims | undefined> {
  if (typeof token !== 'string') return undefined
  const { decodeJwt } = await import('jose/jwt/decode')
  try {
    return { ...decodeJwt<Claims>(token) }
  } catch {
    return undefined
  }
}

/** A key that WebCrypto has imported, or the bytes of a shared secret. */
export type ImportedKey = CryptoKey | Uint8Array

/** Imports a private key, PEM (PKCS #8) or a JSON Web Key. */
export async function importPrivateKey(key: object | string, alg: string): Promise<ImportedKey> {
  const { importJWK, importPKCS8 } = await import('jose/key/import')
  return typeof key === 'string' ? importPKCS8(key, alg) : importJWK(key, alg)
}

/** Signs a JSON Web Token, in JWS compact serialization. @see RFC 7515, section 3.1 */
export async function signJwt(
  header: Claims & { readonly alg: string },
  claims: Claims,
  key: ImportedKey,
): Promise<string> {
  const { SignJWT } = await import('jose/jwt/sign')
  return new SignJWT(claims).setProtectedHeader(header).sign(key)
}

/** A key for AES-GCM of 256 bits. */
export type SealingKey = CryptoKey | Uint8Array

/** Encrypts a text, in JWE compact serialization, bound to the name it is kept under. @see RFC 7516, section 3.1 */
export async function sealText(text: string, name: string, key: SealingKey): Promise<string> {
  const { CompactEncrypt } = await import('jose/jwe/compact/encrypt')
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', record: name })
    .encrypt(key)
}

/** The text that {@link sealText} encrypted; undefined for another key, another name, and what it did not make. */
export async function openText(sealed: string, name: string, key: SealingKey): Promise<string | undefined> {
  const { compactDecrypt } = await import('jose/jwe/compact/decrypt')
  try {
    const algorithms = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, algorithms)
    return protectedHeader['record'] === name ? new TextDecoder().decode(plaintext) : undefined
  } catch (error) {
    // Any other error says nothing about the text.
    if (String((error as { readonly code?: unknown }).code).startsWith('ERR_J')) return undefined
    throw error
  }
}
