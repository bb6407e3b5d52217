// The one door to jose for reading a token: loaded only for a provider whose tokens tell their own end.

/** The `exp` of a JSON Web Token in epoch milliseconds; undefined for what is none. The signature is the resource server's business. */
export async function jwtExpiry(token: string): Promise<number | undefined> {
  const { decodeJwt } = await import('jose/jwt/decode')
  try {
    const { exp } = decodeJwt(token)
    return exp === undefined ? undefined : exp * 1000
  } catch {
    return undefined
  }
}
