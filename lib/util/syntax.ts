// The syntax of values in messages: tokens (RFC 6750, section 2.1; RFC 6749, appendix A.12 and A.17), headers, dates.

const MAX_TOKEN_LENGTH = 32_768

/** Whether a value can be an access token in a header: visible ASCII without spaces, up to 32 KiB. Servers use more than RFC 6750 allows. */
export function isAccessToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOKEN_LENGTH && /^[!-~]+$/.test(value)
}

/** Whether a value can be a refresh token: printable ASCII, spaces included, up to 32 KiB. */
export function isRefreshToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOKEN_LENGTH && /^[ -~]+$/.test(value)
}

/** Whether a value can be the name of an authentication scheme or of a header. @see RFC 9110, section 5.6.2 */
export function isHttpToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(value)
}

/** Whether a value can be that of a header. @see RFC 9110, section 5.5 */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}

// Characters: longer text is no date, and would take long to look at.
const MAX_DATE_LENGTH = 64

// Dates are read into epoch milliseconds. Date.parse alone makes a date of nearly anything, and takes a time without a zone as local time.

/** Reads a date of an HTTP header; NaN for any other text. @see RFC 9110, section 5.6.7 */
export function httpDate(text: string): number {
  return /^[A-Z][a-z]+, .{1,40} GMT$/.test(text) ? Date.parse(text) : NaN
}

/** Reads an ISO 8601 date; NaN for any other text. A time without a zone is UTC, and may be separated from the date by a space. */
export function isoDate(text: string): number {
  if (text.length > MAX_DATE_LENGTH || !/^\d{4}-\d\d-\d\d/.test(text)) return NaN
  return Date.parse(text.replace(/^(.{10})[ Tt]([\d:.]+)$/, '$1T$2Z'))
}
