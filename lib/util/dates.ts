// Moments as text, in epoch milliseconds. Date.parse alone makes a date of nearly anything, and takes a time without a zone as local time.

// Characters: longer text is no date, and would take long to look at.
const MAX_LENGTH = 64

/** Reads a date of an HTTP header; NaN for any other text. @see RFC 9110, section 5.6.7 */
export function httpDate(text: string): number {
  return /^[A-Z][a-z]+, .{1,40} GMT$/.test(text) ? Date.parse(text) : NaN
}

/** Reads an ISO 8601 date; NaN for any other text. A time without a zone is UTC, and may be separated from the date by a space. */
export function isoDate(text: string): number {
  if (text.length > MAX_LENGTH || !/^\d{4}-\d\d-\d\d/.test(text)) return NaN
  return Date.parse(text.replace(/^(.{10})[ Tt]([\d:.]+)$/, '$1T$2Z'))
}
