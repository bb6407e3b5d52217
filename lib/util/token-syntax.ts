// The characters and the length of tokens (RFC 6750, section 2.1; RFC 6749, appendix A.12 and A.17).

const MAX_TOKEN_LENGTH = 32_768

/** Whether a text is visible ASCII without spaces, as an access token in a header must be. Servers use more than RFC 6750 allows. */
export function isVisibleAscii(text: string): boolean {
  return /^[!-~]+$/.test(text)
}

/** Whether a value can be an access token: visible ASCII, up to 32 KiB. */
export function isAccessToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOKEN_LENGTH && isVisibleAscii(value)
}

/** Whether a value can be a refresh token: printable ASCII, spaces included, up to 32 KiB. */
export function isRefreshToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOKEN_LENGTH && /^[ -~]+$/.test(value)
}

/** Whether a value can be the name of an authentication scheme (RFC 9110, section 5.6.2). */
export function isScheme(value: unknown): value is string {
  return typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(value)
}
