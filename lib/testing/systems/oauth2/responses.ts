// Error responses of RFC 6749 and RFC 6750.
import { parseUrl } from '../../../util/url.ts'
import type { TokenStatus } from '../../server/issued-tokens.ts'
import type { EmulatedResponse } from '../../server/response.ts'

/** @see RFC 6749, section 5.2 */
export function refuse(error: string, description: string, status = 400): EmulatedResponse {
  return { status, headers: NO_STORE, body: { error, error_description: description } }
}

/** Whether text can be the parameter `resource`. @see RFC 8707, section 2 */
export function isTarget(text: string): boolean {
  return parseUrl(text) !== undefined && !text.includes('#')
}

/** @see RFC 6749, section 5.1 */
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' }

/** A refusal of the API, with what it asks for. @see RFC 6750, section 3 */
export function challenge(status: number, params: Readonly<Record<string, string>> = {}): EmulatedResponse {
  const text = Object.entries({ realm: 'emulator', ...params }).map(([name, value]) => `${name}="${value}"`)
  const { error = 'unauthorized', error_description = 'An access token is needed' } = params
  return { status, headers: { 'WWW-Authenticate': `Bearer ${text.join(', ')}` }, body: { error, error_description } }
}

/** The challenge for a request without a good token; without any at all it names no error. */
export function unauthorized(tokenStatus: TokenStatus, hasToken: boolean): EmulatedResponse {
  if (!hasToken) return challenge(401)
  const description = tokenStatus === 'unknown' ? 'The access token is invalid' : `The access token is ${tokenStatus}`
  return challenge(401, { error: 'invalid_token', error_description: description })
}
