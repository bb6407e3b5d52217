// A token of another manager as a credential: for token exchange (RFC 8693) and on-behalf-of.
import { RENEW, type RenewableCredential } from '../definitions/credentials.ts'
import { invalidOption, OAuthError, type TokenError } from '../errors.ts'
import type { Token } from '../token/token.ts'
import type { TokenSource } from '../token/token-source.ts'
import { isObject } from '../util/objects.ts'

/** Codes of a refusal that may be about the token: it is invalid, expired or revoked. @see RFC 8693, section 2.2.2; RFC 6749, section 5.2 */
const REFUSALS: readonly string[] = ['invalid_request', 'invalid_grant', 'invalid_token']

/**
 * Gives the token of another manager, as the credential `subjectToken` or `actorToken` of the grant `token_exchange`, or as the `assertion`
 * of `jwt_bearer`. It is read for each request; where the server refuses it, it is renewed, and the request is sent once more.
 * @throws `TypeError` for a value that is neither a manager nor another `TokenSource`
 * @see RFC 8693, section 2.1
 */
export function tokenOf(tokens: TokenSource): RenewableCredential {
  if (!isObject(tokens) || typeof tokens.token !== 'function' || typeof tokens.renew !== 'function')
    throw invalidOption('tokens', 'a manager, or another TokenSource', tokens)
  let given: Token | undefined
  const read = async (): Promise<string> => {
    given = await tokens.token()
    return given.accessToken
  }
  const renew = async (refusal: TokenError): Promise<boolean> => {
    if (!given || !(refusal instanceof OAuthError && REFUSALS.includes(refusal.error))) return false
    const { accessToken } = given
    const token = await tokens.renew(given).catch(() => undefined)
    return token !== undefined && token.accessToken !== accessToken
  }
  return Object.assign(read, { [RENEW]: renew } as const)
}
