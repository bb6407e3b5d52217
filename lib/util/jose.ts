// The only module that imports jose, and only when a token has to be decoded.

type Claims = Readonly<Record<string, unknown>>

/** The claims of a JSON Web Token; undefined for what is none. Its signature is the resource server's business. */
export async function jwtClaims(token: unknown): Promise<Claims | undefined> {
  if (typeof token !== 'string') return undefined
  const { decodeJwt } = await import('jose/jwt/decode')
  try {
    return { ...decodeJwt<Claims>(token) }
  } catch {
    return undefined
  }
}
