// The only module that imports jose. It is loaded when the first token is decoded.

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
