// Form encoding, HTTP Basic and base64url.

/** Encodes a value for a form: `a b&c` becomes `a+b%26c`. @see RFC 6749, appendix B */
export function formEncode(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1)
}

/** The credentials after `Basic`: base64 of the UTF-8 of `user:password`. @see RFC 7617, section 2 */
export function basicOf(user: string, password: string): string {
  return btoa(Array.from(new TextEncoder().encode(`${user}:${password}`), (byte) => String.fromCharCode(byte)).join(''))
}

/** @see RFC 4648, section 5 */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
